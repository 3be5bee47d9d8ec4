#![allow(clippy::unwrap_used)]
use std::{fs, ops::ControlFlow};

use proptest::prelude::*;

use super::*;

/// Sentences with their lines, of a file of this name.
fn sentences(name: &str, bytes: impl AsRef<[u8]>, mode: SentenceMode) -> (Vec<(String, u64, u64)>, Outline) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    let mut all = Vec::new();
    let outline = read(&path, mode, &mut |sentence| {
        all.push((sentence.text, sentence.first, sentence.last));
        ControlFlow::Continue(())
    });
    (all, outline.unwrap())
}

fn plain(text: &str) -> Vec<(String, u64, u64)> {
    sentences("a.txt", text, SentenceMode::Auto).0
}

fn texts(found: &[(String, u64, u64)]) -> Vec<&str> {
    found.iter().map(|(text, ..)| text.as_str()).collect()
}

fn error(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    read(&path, SentenceMode::Auto, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string()
}

const WRAPPED: &str = "\
The boat left the harbor long before the sun came up over the
hills, and nobody on the pier said a word. Mr. Adams counted the
crates twice. Then he went home, because there was nothing else
that he could have done.

The second day was colder.
";

#[test]
fn wrapped_prose_is_joined_and_split_by_sentences() {
    let found = plain(WRAPPED);
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(
        found[0],
        (
            "The boat left the harbor long before the sun came up over the hills, and nobody on the pier said a word."
                .into(),
            1,
            2
        )
    );
    assert_eq!(found[1], ("Mr. Adams counted the crates twice.".into(), 2, 3));
    assert_eq!((found[2].1, found[2].2), (3, 4));
    assert_eq!(found[3], ("The second day was colder.".into(), 6, 6));
}

#[test]
fn lines_broken_by_hand_are_wrapped_too() {
    let found = plain(
        "The path follows the river as far as the mill, where\na bridge was built in the year of the flood. It is the\n\
         oldest one in the valley and still carries all of\nthe carts that bring hay down from the meadows in the\nsummer.\n",
    );
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].0.ends_with("in the summer.") && (found[1].1, found[1].2) == (2, 5));
}

#[test]
fn a_sentence_a_line_stays_a_sentence_a_line() {
    // Without full stops, and of any length.
    let lines = "the cat sat on the mat\nwe bought apples and bread at the market on the hill yesterday\nit rains\n\
                 my brother lives in another town and visits us when the trains go\nno\n";
    let found = plain(lines);
    assert_eq!(texts(&found), lines.lines().collect::<Vec<_>>());
    assert!(found.iter().enumerate().all(|(at, (_, first, last))| *first == at as u64 + 1 && first == last));
    // With full stops, all lines of about one length.
    let lines = "The kettle is boiling over in the small kitchen.\nThe library closes early on Fridays in winter.\n\
                 Her brother plays the violin at many weddings.\nWe picked strawberries behind the old red barn.\n";
    assert_eq!(texts(&plain(lines)), lines.lines().collect::<Vec<_>>());
}

#[test]
fn a_paragraph_a_line_is_split_within_its_line() {
    let found = plain("One is here. Two is there.\nThree is gone! Is four?\n");
    assert_eq!(texts(&found), ["One is here.", "Two is there.", "Three is gone!", "Is four?"]);
    assert_eq!(found[3].1, 2);
}

#[test]
fn modes_overrule_what_the_lines_look_like() {
    let (found, _) = sentences("a.txt", WRAPPED, SentenceMode::Lines);
    assert_eq!(found.len(), 5);
    assert!(found[1].0.starts_with("hills, and nobody"));
    let (found, _) = sentences("a.txt", "it rains\nand pours. \nthe sun\nis gone\n", SentenceMode::Prose);
    assert_eq!(texts(&found), ["it rains and pours.", "the sun is gone"]);
    let (found, _) = sentences("a.txt", "One. Two.\n", SentenceMode::Lines);
    assert_eq!(texts(&found), ["One. Two."]);
}

#[test]
fn items_of_a_list_stand_alone_and_keep_their_numbers() {
    let text = format!("{WRAPPED}\n1. Buy milk and bread\n2. Call the plumber about\n   the kitchen\n- and so on\n");
    let found = plain(&text);
    let tail = &texts(&found)[4..];
    assert_eq!(tail[..2], ["1. Buy milk and bread", "2. Call the plumber about"]);
    assert_eq!(tail.last(), Some(&"- and so on"));
}

#[test]
fn a_short_line_in_wrapped_text_is_no_part_of_the_next() {
    let text = format!("THE FIRST CHAPTER\n{WRAPPED}");
    let found = plain(&text);
    assert_eq!(found[0], ("THE FIRST CHAPTER".into(), 1, 1));
    assert!(found[1].0.starts_with("The boat left"));
}

#[test]
fn abbreviations_and_initials_end_nothing() {
    let found = plain("Dr. Weiss met J. R. Smith, e.g. Bob. They spoke. So did I. The end.\n");
    assert_eq!(texts(&found), ["Dr. Weiss met J. R. Smith, e.g. Bob.", "They spoke.", "So did I.", "The end."]);
}

#[test]
fn other_scripts_have_their_own_full_stops() {
    assert_eq!(texts(&plain("我喜欢茶。你呢？他走了。\n")), ["我喜欢茶。", "你呢？", "他走了。"]);
    let arabic = "ذهب الولد إلى المدرسة. هل عاد؟ نعم.";
    assert_eq!(texts(&plain(arabic)), ["ذهب الولد إلى المدرسة.", "هل عاد؟", "نعم."]);
    // Wrapped without spaces: joined without spaces.
    let line = "昨天我们一起去了山上的老图书馆看书然后在河边吃了晚饭最后坐火车回到了家";
    let (found, _) = sentences("a.txt", format!("{line}\n{line}\n{line}。\n"), SentenceMode::Prose);
    assert_eq!(texts(&found), [format!("{line}{line}{line}。")]);
    assert_eq!((found[0].1, found[0].2), (1, 3));
}

#[test]
fn blank_lines_rulers_and_control_characters_are_no_sentences() {
    let found = plain("\n\n  \t \n=====\n***\n\u{7}\n…\nA\u{7}b\tc\u{1b}[0m.\n\n");
    assert_eq!(found, [("A b c [0m.".into(), 8, 8)]);
    assert!(plain("").is_empty());
    assert_eq!(plain("1984\n"), [("1984".into(), 1, 1)]);
}

#[test]
fn line_ends_of_windows_and_a_missing_last_one_count_as_lines() {
    let (found, outline) = sentences("a.txt", "\u{feff}One.\r\n\r\nTwo.", SentenceMode::Auto);
    assert_eq!(found, [("One.".into(), 1, 1), ("Two.".into(), 3, 3)]);
    assert_eq!((outline.lines, outline.damage, outline.stopped), (3, None, false));
}

#[test]
fn utf_16_is_read_by_its_mark() {
    for big in [false, true] {
        let units = "\u{feff}Ein Käse.\nZwei Füße.\n".encode_utf16();
        let bytes: Vec<u8> = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        let (found, _) = sentences("a.txt", bytes, SentenceMode::Auto);
        assert_eq!(found, [("Ein Käse.".into(), 1, 1), ("Zwei Füße.".into(), 2, 2)]);
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_replaced_and_counted_by_line() {
    let (found, outline) =
        sentences("a.txt", b"Good.\nCaf\xe9 closed.\nFine.\n\xff\xfe\xfd bad.\n", SentenceMode::Auto);
    assert_eq!(found[1].0, "Caf\u{fffd} closed.");
    assert_eq!(outline.damage, Some(Damage { first: 2, lines: 2 }));
}

#[test]
fn what_is_no_text_is_refused_by_line() {
    let message = error("b.txt", b"one\ntwo\0three\n");
    assert!(message.contains("b.txt:2") && message.contains("NUL"), "{message}");
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("d.txt")).unwrap();
    let refused = read(&dir.path().join("d.txt"), SentenceMode::Auto, &mut |_| ControlFlow::Continue(()));
    assert!(refused.unwrap_err().to_string().contains("folder"));
}

#[test]
fn ten_thousand_words_are_several_sentences_cut_between_words() {
    let words: Vec<String> = (0..10_000).map(|number| format!("word{number}")).collect();
    for mode in [SentenceMode::Auto, SentenceMode::Lines, SentenceMode::Prose] {
        let (found, _) = sentences("a.txt", words.join(" "), mode);
        assert!(found.len() > 10 && found.iter().all(|(text, ..)| text.len() <= LONGEST_SENTENCE));
        assert_eq!(texts(&found).join(" "), words.join(" "), "nothing is lost");
        let (found, _) = sentences("a.txt", words.join("\n"), mode);
        assert_eq!(found.last().unwrap().2, 10_000);
    }
}

#[test]
fn a_line_longer_than_any_buffer_keeps_its_number_and_its_letters() {
    let long = "äöü".repeat(100_000);
    let (found, outline) = sentences("a.txt", format!("One.\n{long}\nThree.\n"), SentenceMode::Auto);
    assert_eq!((outline.lines, outline.damage), (3, None));
    assert_eq!(found.last(), Some(&("Three.".into(), 3, 3)));
    let middle: String = found[1..found.len() - 1].iter().map(|(text, ..)| text.as_str()).collect();
    assert_eq!(middle, long);
    assert!(found[1..found.len() - 1].iter().all(|(_, first, last)| (*first, *last) == (2, 2)));
}

#[test]
fn markdown_is_read_as_its_text() {
    let text = "---\ntitle: Not a sentence\n---\n# A *small* guide\n\nThe [first](http://x.example) sentence is\nwrapped here. \
                The `second` one.\n\n```sh\nrm -rf everything\n```\n\n- buy milk\n- call **Anna**\n\n\
                <div>markup</div>\n\n| left | right |\n|---|---|\n| one cell | another |\n\n![badge](b.png)\n\n> Quoted words.\n\
                Tea &amp; cake\n";
    let (found, _) = sentences("a.MD", text, SentenceMode::Auto);
    let expected = [
        ("A small guide", 4, 4),
        ("The first sentence is wrapped here.", 6, 7),
        ("The second one.", 7, 7),
        ("buy milk", 13, 13),
        ("call Anna", 14, 14),
        ("left", 18, 18),
        ("right", 18, 18),
        ("one cell", 20, 20),
        ("another", 20, 20),
        ("Quoted words.", 24, 24),
        ("Tea & cake", 25, 25),
    ];
    assert_eq!(found, expected.map(|(text, first, last)| (text.to_owned(), first, last)));
}

#[test]
fn a_reader_that_has_enough_ends_the_reading() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a.txt", "a.md"] {
        let path = dir.path().join(name);
        fs::write(&path, "One.\n\nTwo.\n\nThree.\n").unwrap();
        let mut seen = 0;
        let outline = read(&path, SentenceMode::Auto, &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert!(outline.unwrap().stopped && seen == 1);
    }
}

#[test]
fn names_tell_what_is_text() {
    for name in ["a.txt", "b.MD", "c.markdown"] {
        assert!(is_text_path(Path::new(name)), "{name}");
    }
    for name in ["LICENSE", "a.wav", "a.rst", ".txt"] {
        assert!(!is_text_path(Path::new(name)), "{name}");
    }
}

#[test]
fn a_query_is_written_as_the_sentences_are() {
    assert_eq!(one_line("  two\twords\n here\u{7} "), "two words here");
    assert_eq!(one_line(" \n"), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever stands in a file, its sentences are on one line, within their bounds and in the order of the file.
    #[test]
    fn any_text_becomes_sentences_in_order(text in "(\\PC|\n|\n\n|\\. |\u{2029}|[a-zA-Z. ]{0,80}){0,60}", name in 0..2usize) {
        for mode in [SentenceMode::Auto, SentenceMode::Lines, SentenceMode::Prose] {
            let (found, outline) = sentences(["a.txt", "a.md"][name], text.replace('\0', ""), mode);
            for (sentence, first, last) in &found {
                prop_assert!(!sentence.contains(char::is_control) && sentence.trim() == sentence);
                prop_assert!(sentence.contains(char::is_alphanumeric) && sentence.len() <= LONGEST_SENTENCE);
                prop_assert!(*first >= 1 && first <= last && *last <= outline.lines);
            }
            prop_assert!(found.is_sorted_by_key(|(_, first, _)| *first));
        }
    }
}
