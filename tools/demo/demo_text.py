"""What the demo recordings say, and what is asked."""

SENTENCES = """\
I left my umbrella on the morning train.
My bicycle needs a new front wheel.
We picked strawberries behind the old barn.
The library closes early on Friday.
That photograph hangs above the stairs.
The elevator is out of order again.
A thunderstorm kept the children awake.
Grandma hides the chocolate in a blue tin.
Your passport must be signed in ink.
Her brother plays the violin at weddings.
The kettle is boiling over.
Could you close the kitchen window?
We had soup and bread for supper.
The bus was late because of the snow.
My sister lives near the harbor.
Turn left after the second bridge.
The dog barked at the postman all day.
I would like two tickets to the coast.
It rained from breakfast until noon.
He painted the fence on Saturday.
Somebody took the wrong umbrella by mistake.
She rides her bicycle to work in summer.
There were strawberries and cream for everyone.
He found the map in the village library.
Please send me the photograph of your garden.
Take the elevator to the seventh floor.
The thunderstorm moved slowly out to sea.
He bought hot chocolate for the whole team.
I cannot find my passport anywhere.
An old violin was leaning against the wall.
Nobody answered when I knocked.
The baby finally fell asleep.
They are building a school across the road.
Put the glasses on the top shelf.
Our cat sleeps on the radio.
The milk has gone sour.
I forgot to water the tomatoes.
The market opens at seven o'clock.
She wrote a letter to her cousin.
The lights went out during dinner.
Bring a warm jacket and good boots.
The river is too cold for swimming.
He reads the newspaper every evening.
We are meeting at the station at noon.
The doctor told me to rest for a week.
There is a hole in my left pocket.
Mind the step when you come in.
The farmer sold two of his horses.
I can hear music from next door.
The stew needs a little more salt.
They danced until the band went home.
My watch stopped at half past nine.
The boy threw a stone into the pond.
Leave the parcel with the woman downstairs.
We missed the ferry by two minutes.
The carpet smells of wet wool.
Please speak up, the line is bad.
He counted the coins twice.
A fox ran across the frozen field.
She keeps bees at the end of the lane.
""".splitlines()

# The word asked for, and what is spoken to make its clip: the word is cut out of it, or it is spoken alone.
QUERIES = {
    "umbrella": "Is this your umbrella over there?",
    "bicycle": "They gave him a bicycle last year.",
    "strawberries": "strawberries",
    "library": "I work in a library these days.",
    "photograph": "photograph",
    "elevator": "Wait for me by the elevator downstairs.",
    "thunderstorm": "We were caught in a thunderstorm yesterday.",
    "chocolate": "chocolate",
    "passport": "Show me your passport before you go.",
    "violin": "I never heard a violin sound like that.",
}
