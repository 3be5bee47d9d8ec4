//! What must be known of a language to see where its sentences end.

/// A language: whether it writes ordinals as a number and a full stop, and words that are frequent in it and often begin sentences.
struct Language {
    ordinals: bool,
    words: &'static str,
}

const LANGUAGES: [Language; 24] = [
    // English
    Language {
        ordinals: false,
        words: "the a an he she it they we you i his her its their our my this that these those there then in on at by for from with of to but and or so if when while \
            after before as not no yes what who where why how is was are were has have had do does did will would can could may all many most some each every both \
            another later now here once only even still yet however although because since until during though meanwhile today yesterday tomorrow",
    },
    // German
    Language {
        ordinals: true,
        words: "der die das den dem des ein eine einen einem einer er sie es wir ihr ich man sein seine ihre mein dieser diese dieses am im in an auf aus bei mit nach von vor \
            zu zum zur und oder aber denn doch dann da dort hier heute gestern wenn weil als wie was wer wo warum nicht kein keine ist war sind waren hat hatte wird nun jetzt alle auch noch nur so",
    },
    // French
    Language {
        ordinals: false,
        words: "le la les un une des du de il elle ils elles on nous vous je tu ce cette ces cet son sa ses leur leurs mon ma et ou mais donc or ni car dans sur sous avec sans pour par à au aux en \
            quand comme si que qui où est était sont puis alors ainsi après avant pas c'est l'on",
    },
    // Spanish
    Language {
        ordinals: false,
        words: "el la los las un una unos unas y o pero en de del al a con sin por para se su sus mi tu este esta estos esto ese esa yo él ella ellos nosotros no sí que cuando como donde \
            si es era fue son hay después entonces luego aquí ahora también muy más lo le les",
    },
    // Italian
    Language {
        ordinals: false,
        words: "il lo la i gli le un uno una di a da in con su per tra fra e o ma che non è era sono si ci mi suo sua questo questa quello quella io lui lei noi loro quando dove come se poi allora \
            dopo prima della del nel nella al alla dal più anche",
    },
    // Portuguese
    Language {
        ordinals: false,
        words: "o a os as um uma uns umas e ou mas em no na nos nas de do da dos das ao à com sem por para que se não é era foi são eu ele ela eles nós seu sua este esta isso quando como onde \
            depois então ainda também muito mais já",
    },
    // Dutch
    Language {
        ordinals: false,
        words: "de het een hij zij ze wij we ik je jij u zijn haar hun mijn dit dat deze die er in op aan met van voor naar bij uit en of maar want dus toen dan daar hier nu als wanneer wat wie \
            waar hoe niet geen is was werd heeft had ook nog maar",
    },
    // Swedish
    Language {
        ordinals: false,
        words: "den det de en ett han hon vi jag du ni som att i på av med för från till och eller men när där här nu sedan då om inte är var har hade ska kan hans hennes deras min detta dessa också",
    },
    // Danish
    Language {
        ordinals: true,
        words: "den det de en et han hun vi jeg du i på af med for fra til og eller men når da der her nu så om ikke er var har havde skal kan hans hendes deres min dette disse også efter blev",
    },
    // Norwegian
    Language {
        ordinals: true,
        words: "den det de en et ei han hun vi jeg du i på av med for fra til og eller men når da der her nå så om ikke er var har hadde skal kan hans hennes deres min dette disse også etter ble",
    },
    // Icelandic
    Language {
        ordinals: true,
        words: "og að í á er var sem hann hún það þeir þær við ég þú ekki en um með af til frá þá nú hér þar eftir fyrir",
    },
    // Finnish
    Language {
        ordinals: true,
        words: "ja on oli hän se ne he me minä sinä ei että mutta kun jos niin nyt sitten siellä täällä tämä nämä myös vain kuin joka mitä missä hänen",
    },
    // Estonian
    Language {
        ordinals: true,
        words: "ja on oli ta see nad me ma sa ei et aga kui siis nüüd siin seal ka ning kes mis kus tema oma pärast",
    },
    // Polish
    Language {
        ordinals: true,
        words: "i w na z do że się nie jest był była to on ona oni ono my ja ty ale lub albo gdy kiedy jak co kto gdzie potem teraz tu tam jego jej ich ten ta te po przed już także",
    },
    // Czech
    Language {
        ordinals: true,
        words: "a v na z do že se ne je byl byla bylo to on ona oni my já ty ale nebo když jak co kdo kde pak teď tady tam jeho její jejich ten ta po před už také dne",
    },
    // Slovak
    Language {
        ordinals: true,
        words: "a v na z do že sa nie je bol bola bolo to on ona oni my ja ty ale alebo keď ako čo kto kde potom teraz tu tam jeho jej ich ten tá po pred už tiež dňa",
    },
    // Slovene
    Language {
        ordinals: true,
        words: "in v na z do da se ne je bil bila bilo to on ona oni mi jaz ti ali ko kot kaj kdo kje potem zdaj tukaj tam njegov njen po pred že tudi",
    },
    // Croatian, Serbian and Bosnian
    Language {
        ordinals: true,
        words: "i u na s iz do da se ne je bio bila bilo to on ona oni mi ja ti ali ili kad kada kao što tko ko gdje gde onda sada ovdje tamo njegov njezin po prije već također",
    },
    // Hungarian
    Language {
        ordinals: true,
        words: "a az és egy ő ők mi én te nem hogy de vagy ha mint akkor most itt ott volt van lesz is csak már még után előtt ez ezt azt",
    },
    // Turkish
    Language {
        ordinals: true,
        words: "ve bir bu şu o da de ama için ile gibi çok daha ne kim nerede sonra şimdi burada orada değil var yok oldu ben sen biz onlar",
    },
    // Latvian
    Language {
        ordinals: true,
        words: "un ir bija viņš viņa viņi tas tā mēs es tu ne ka bet vai kad ja tad tagad šeit tur arī par pēc no uz ar",
    },
    // Lithuanian
    Language {
        ordinals: false,
        words: "ir yra buvo jis ji jie tai mes aš tu ne kad bet ar kai jei tada dabar čia ten taip pat po iš į su",
    },
    // Russian and Ukrainian
    Language {
        ordinals: false,
        words: "и в на с из до что не он она оно они мы я ты но или когда как где потом теперь там здесь его её их это эти этот эта после а у по за все так в і та що не він вона вони ми але коли як де потім це",
    },
    // Greek
    Language {
        ordinals: false,
        words: "ο η το οι τα του της των και σε με από για να θα δεν είναι ήταν που πως αλλά ή αν όταν εκεί εδώ τώρα μετά αυτός αυτή αυτό ένας μια ένα",
    },
];

/// Whether a word, with a capital, begins sentences rather than names in one of the languages.
pub(super) fn starts_sentences(word: &str) -> bool {
    let lower = word.to_lowercase();
    let stem = lower.split(['\'', '’']).next().unwrap_or_default();
    let listed = |word: &str| LANGUAGES.iter().any(|language| language.words.split_whitespace().any(|own| own == word));
    // "It's", "They'll", "L'été".
    listed(&lower) || stem.len() < lower.len() && (listed(stem) || stem.chars().count() == 1)
}

/// Whether the language that most words agree with writes ordinals as a number and a full stop; where languages agree alike, one
/// that does.
pub(super) fn writes_ordinals<'a>(words: impl Iterator<Item = &'a str>) -> bool {
    let mut votes = [0_u32; LANGUAGES.len()];
    for word in words {
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
        if word.is_empty() {
            continue;
        }
        for (language, votes) in LANGUAGES.iter().zip(&mut votes) {
            *votes += u32::from(language.words.split_whitespace().any(|own| own == word));
        }
    }
    let most = |ordinals: bool| {
        LANGUAGES
            .iter()
            .zip(votes)
            .filter(|(own, _)| own.ordinals == ordinals)
            .map(|(_, votes)| votes)
            .max()
            .unwrap_or(0)
    };
    most(true) > 0 && most(true) >= most(false)
}
