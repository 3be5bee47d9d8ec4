//! Sentences end where readers see them end, and letters that look the same are the same; subtitles have times.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, text};
use serde_json::Value;

/// The sentences of a text, in their order.
fn sentences_of(bytes: impl AsRef<[u8]>) -> Vec<(u64, String)> {
    let place = Place::new();
    place.file("t.txt", bytes);
    let model = place.text_model();
    place.ok(["embed", "--text", "t.txt", "--text-model", model, "--out", "v.npy"]);
    let lines = std::fs::read_to_string(place.join("v.jsonl")).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| (line["start"].as_u64().unwrap(), text(&line, "text"))).collect()
}

/// Each text, and what its sentences are, separated by bars.
fn check(cases: &[(&str, &str)]) {
    for (written, expected) in cases {
        let found: Vec<String> = sentences_of(written).into_iter().map(|(_, sentence)| sentence).collect();
        assert_eq!(found.join(" | "), *expected);
    }
}

fn ask(place: &Place, sentence: &str) -> Value {
    place.ok(["query", "--json", "-k", "1", "--text", sentence]).json().remove(0)
}

#[test]
fn the_same_letters_are_the_same_sentence() {
    let place = Place::new();
    let lines = [
        "Don’t forget the keeper’s lamp.",
        "The cafe\u{301} sells cre\u{300}me bru\u{302}le\u{301}e.",
        "“Quiet,” she said — “the ofﬁce is closed…”",
        "The soft\u{AD}ened light\u{200B}house stands at 5–7 High\u{A0}Street.",
        "MY BICYCLE NEEDS A NEW FRONT WHEEL.",
        "« Oui », dit la reine.",
        "„Ja“, sagte der König.",
    ];
    place.file("t.txt", lines.join("\n"));
    let model = place.text_model();
    place.ok(["index", "t.txt", "--sentences", "lines", "--text-model", model]);
    for (asked, line) in [
        ("Don't forget the keeper's lamp.", 0),
        ("DON’T FORGET THE KEEPER’S LAMP.", 0),
        ("The café sells crème brûlée.", 1),
        ("\"Quiet,\" she said - \"the office is closed...\"", 2),
        ("\"quiet,\" she said -- \"the office is closed...\"", 2),
        ("The softened lighthouse stands at 5-7 High Street.", 3),
        ("My bicycle needs a new front wheel.", 4),
        ("\"Oui\", dit la reine.", 5),
        ("\"Ja\", sagte der König.", 6),
    ] {
        let hit = ask(&place, asked);
        assert_eq!(hit["start"].as_u64().unwrap(), line + 1, "{asked}: {hit}");
        assert!(hit["score"].as_f64().unwrap() > 0.999, "{asked}: {hit}");
        // White space of any kind is shown as one space, all else as written.
        assert_eq!(text(&hit, "text"), lines[line as usize].replace('\u{a0}', " "), "what is shown stays as written");
    }
    let others = place.ok(["query", "--no-self", "--json", "--text", "don't forget the keeper's lamp."]).json();
    assert!(others.iter().all(|hit| hit["start"] != 1), "the very same sentence, whatever its quotes");
}

#[test]
fn direct_speech_is_no_end() {
    check(&[
        ("“Are you cold?” asked the girl. Nobody answered.", "“Are you cold?” asked the girl. | Nobody answered."),
        (
            "\"Stop!\" he cried. \"Who is there?\" No one came.",
            "\"Stop!\" he cried. | \"Who is there?\" | No one came.",
        ),
        ("“Are you cold?” Anna asked. He nodded.", "“Are you cold?” Anna asked. | He nodded."),
        ("—¿Tienes frío? —preguntó la niña. Nadie habló.", "—¿Tienes frío? —preguntó la niña. | Nadie habló."),
        ("« As-tu froid ? » demanda-t-elle. Rien.", "« As-tu froid ? » demanda-t-elle. | Rien."),
        ("»Halt!« rief er. Dann lief er weg.", "»Halt!« rief er. | Dann lief er weg."),
        ("She (who else?) was late. It rained.", "She (who else?) was late. | It rained."),
        (
            "他说：“我走了。”她哭了。“你去哪儿？”他问。没有人回答。",
            "他说：“我走了。” | 她哭了。 | “你去哪儿？”他问。 | 没有人回答。",
        ),
        (
            "「行こう。」と彼は言った。雨が降った。「はい。」「いいえ。」",
            "「行こう。」と彼は言った。 | 雨が降った。 | 「はい。」 | 「いいえ。」",
        ),
    ]);
}

#[test]
fn text_without_capitals_has_sentences() {
    check(&[
        ("hello there. how are you today. i am fine.", "hello there. | how are you today. | i am fine."),
        (
            "i met mr. smith in the u.s. senate at 5 p.m. and left. then... maybe.",
            "i met mr. smith in the u.s. senate at 5 p.m. and left. | then... maybe.",
        ),
        (
            "it rained. i saw x.org/a.php?b=c and 3.5 cats! ok?",
            "it rained. | i saw x.org/a.php?b=c and 3.5 cats! | ok?",
        ),
        (
            "i told John about Paris yesterday. he was fine. you know.",
            "i told John about Paris yesterday. | he was fine. | you know.",
        ),
        ("\"are you cold?\" asked the girl. nobody answered.", "\"are you cold?\" asked the girl. | nobody answered."),
        (
            "am 3. oktober war es kalt. der 2. weltkrieg war vorbei.",
            "am 3. oktober war es kalt. | der 2. weltkrieg war vorbei.",
        ),
    ]);
}

#[test]
fn abbreviations_end_nothing_but_at_the_end() {
    check(&[
        (
            "He moved to the U.S. Senate in May. It is No. 5 Downing Lane. Gov. North left on Jan. 5.",
            "He moved to the U.S. Senate in May. | It is No. 5 Downing Lane. | Gov. North left on Jan. 5.",
        ),
        ("He lives in the U.S. She does not.", "He lives in the U.S. | She does not."),
        (
            "Sen. Lee met Lt. Col. Fox at 5 p.m. Then they left.",
            "Sen. Lee met Lt. Col. Fox at 5 p.m. | Then they left.",
        ),
        (
            "See Fig. 3 and pp. 12–14. He sold pears, etc. The rest rotted.",
            "See Fig. 3 and pp. 12–14. | He sold pears, etc. | The rest rotted.",
        ),
        (
            "J.R.R. Tolkien and L. van Beethoven met. So did I. Then we left.",
            "J.R.R. Tolkien and L. van Beethoven met. | So did I. | Then we left.",
        ),
        (
            "Das ist z. B. Unsinn. Prof. Dr. h. c. Weber kam. Er aß Brot usw. Das war alles.",
            "Das ist z. B. Unsinn. | Prof. Dr. h. c. Weber kam. | Er aß Brot usw. | Das war alles.",
        ),
        ("M. Dupont vit av. Foch. Mme. Curie aussi.", "M. Dupont vit av. Foch. | Mme. Curie aussi."),
        ("El Sr. López y la Sra. Gómez. Véase pág. 5.", "El Sr. López y la Sra. Gómez. | Véase pág. 5."),
        ("Il dott. Bianchi, cioè lui, ecc. Poi andò via.", "Il dott. Bianchi, cioè lui, ecc. | Poi andò via."),
        (
            "Dhr. Jansen en mevr. De Vries kwamen. Bijv. Jan bleef.",
            "Dhr. Jansen en mevr. De Vries kwamen. | Bijv. Jan bleef.",
        ),
        (
            "Он жил на ул. Ленина. Т. е. Анна ушла. А. С. Пушкин писал.",
            "Он жил на ул. Ленина. | Т. е. Анна ушла. | А. С. Пушкин писал.",
        ),
    ]);
}

#[test]
fn ordinals_and_addresses_end_nothing() {
    check(&[
        (
            "Am 3. Oktober war es kalt. Der 2. Weltkrieg war vorbei.",
            "Am 3. Oktober war es kalt. | Der 2. Weltkrieg war vorbei.",
        ),
        (
            "Im 19. Jahrhundert war das so. Es steht in Kapitel 3. Danach kam nichts.",
            "Im 19. Jahrhundert war das so. | Es steht in Kapitel 3. | Danach kam nichts.",
        ),
        (
            "Den 2. Verdenskrig var slut. Det var den 3. Maj. Han kom.",
            "Den 2. Verdenskrig var slut. | Det var den 3. Maj. | Han kom.",
        ),
        (
            "It happened in chapter 3. John left. There were 5. Peter stayed.",
            "It happened in chapter 3. | John left. | There were 5. | Peter stayed.",
        ),
        ("Open https://example.org/a.php?B=c now. Then wait.", "Open https://example.org/a.php?B=c now. | Then wait."),
        (
            "Ask me@Site.org or www.Site.org/?Q=!a! Thanks. What?!Nothing.",
            "Ask me@Site.org or www.Site.org/?Q=!a! | Thanks. | What?!Nothing.",
        ),
        (
            "It ended.¹ Then it began.[2] Next came this.[a][12] He said “it ended.”3 Over and away.12 Done.",
            "It ended.¹ | Then it began.[2] | Next came this.[a][12] | He said “it ended.”3 | Over and away.12 | Done.",
        ),
        (
            "Well... I think so. It was late… Nobody came. Wait… what?",
            "Well... I think so. | It was late… | Nobody came. | Wait… what?",
        ),
    ]);
}

#[test]
fn every_line_end_is_one() {
    let expected = ["The first line is here.", "The second one follows.", "A third line ends it."];
    for end in ["\r", "\n", "\r\n", "\r\r\n"] {
        let found = sentences_of(expected.map(|line| format!("{line}{end}")).concat());
        let numbered: Vec<(u64, String)> = (1..).zip(expected.map(str::to_owned)).collect();
        assert_eq!(found, numbered, "{end:?}");
    }
    let mixed = sentences_of("One is here.\r\nTwo is here.\rThree is here.\n\rFive is here.\r\rSeven is here.");
    let lines: Vec<u64> = mixed.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 2, 3, 5, 7]);
    let wrapped = "The boat left the harbor long before the sun came up over the light-\rhouse, and nobody on the pier said a word about the \
                   well-known cap-\rtain. Mr. Adams counted the crates twice with his mother-in-\rlaw. Then he went home, because there was \
                   nothing else to do for self-\rrespecting men, and pre- and post-war boats were there on the sea-\rboard.\r";
    let found = sentences_of(wrapped);
    let whole: String = found.iter().map(|(_, sentence)| sentence.as_str()).collect::<Vec<_>>().join(" ");
    for word in ["lighthouse", "captain", "mother-in-law", "self-respecting", "pre- and post-war", "seaboard"] {
        assert!(whole.contains(word), "{word}: {whole}");
    }
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn subtitles_are_texts_with_times() {
    let place = Place::new();
    place.file(
        "film/a.srt",
        "\u{feff}1\r\n00:00:01,000 --> 00:00:03,500\r\n<i>The harbour was quiet</i>\r\nthat morning. Nobody had seen\r\n\r\n2\r\n\
         00:00:03,600 --> 00:00:05,000\r\nthe old fisherman.\r\n\r\n3\r\n00:01:12,400 --> 00:01:13,200\r\n{\\an8}Who is there?\r\n",
    );
    place.file(
        "film/b.vtt",
        "WEBVTT\n\nNOTE no text\n\nintro\n00:01.000 --> 00:02.500 align:start\n<v Anna>so we went down\n\n00:02.500 --> 00:04.000\n\
         so we went down\nto the &amp; harbour\n",
    );
    place.file("film/c.srt", "1\n00:00:01,000 --> later\nThis cue has no times.\n");
    place.file("film/d.srt", "Plain text that is called subtitles.\n");
    let model = place.text_model();
    let ran = place.run(["index", "film", "--text-model", model]);
    ran.complains(&["film/d.srt", "no cue"]);
    assert!(ran.stderr.contains("film/c.srt:2: the times of this cue"), "{}", ran.stderr);
    let place_of = |sentence: &str| {
        let hit = ask(&place, sentence);
        assert_eq!(text(&hit, "text"), sentence);
        (text(&hit, "path"), hit["start"].as_f64().unwrap(), hit["end"].as_f64().unwrap())
    };
    assert_eq!(place_of("The harbour was quiet that morning."), ("film/a.srt".into(), 1.0, 3.5));
    assert_eq!(place_of("Nobody had seen the old fisherman."), ("film/a.srt".into(), 1.0, 5.0));
    assert_eq!(place_of("Who is there?"), ("film/a.srt".into(), 72.4, 73.2));
    assert_eq!(place_of("so we went down"), ("film/b.vtt".into(), 1.0, 2.5));
    assert_eq!(place_of("to the & harbour"), ("film/b.vtt".into(), 2.5, 4.0));
    assert_eq!(place_of("This cue has no times.").0, "film/c.srt");
    let table = place.ok(["query", "--text", "Who is there?", "-k", "1"]).stdout;
    assert!(table.contains("72.40 s"), "{table}");
}
