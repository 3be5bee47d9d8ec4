//! What is written comes back, whatever the names, the labels and the times are.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use proptest::{collection::vec, option, prelude::*};

use super::*;

/// Formats that hold whole milliseconds and nothing finer.
const MILLISECONDS: [Format; 3] = [Format::Eaf, Format::Srt, Format::Vtt];

/// Text that has upset readers of one format or another, and any other.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{1,20}",
        prop::sample::select(vec![
            "\"",
            "\"\"",
            "a \"b\" c",
            "a,b;c",
            "<b>bold</b>",
            "&amp;",
            "]]>",
            "a --> b",
            "00:00:01,000 --> 00:00:02,000",
            "1",
            "-",
            "!",
            "NOTE x",
            "WEBVTT",
            "北京",
            "שלום",
            "à la\u{301}",
            "🎈",
            "\\",
            "\\\t1\t2",
            "#",
            "=1+1",
            "a\r\nb",
            "\u{85}",
            "\u{2028}x",
            "%41",
            "NULL",
            "<exists>",
            "\u{feff}x",
            "\u{7f}x",
        ])
        .prop_map(str::to_owned),
    ]
}

/// A stretch in whole milliseconds, now and then a point.
fn stretch() -> impl Strategy<Value = (u64, u64)> {
    (0..90_000_000_u64, prop_oneof![1 => Just(0_u64), 8 => 1..20_000_u64])
}

fn recording_name() -> impl Strategy<Value = String> {
    text().prop_map(|name| {
        let name: String = name
            .chars()
            .filter(|c| {
                !c.is_control() && !matches!(c, '/' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' | '\u{feff}')
            })
            .collect();
        let name = name.trim();
        format!("/rec/{}.wav", if name.is_empty() || name == "." { "x" } else { name })
    })
}

/// A tier's name; names that end as those do that are made for what overlaps are not told from them.
fn tier() -> impl Strategy<Value = Option<String>> {
    let plain = |name: &String| !name.trim_end().ends_with(')');
    option::of(prop_oneof![
        Just("words".to_owned()),
        Just("words confidence".to_owned()),
        text().prop_filter("numbered", plain)
    ])
}

fn annotation() -> impl Strategy<Value = Annotation> {
    let details = (
        option::of(-1.0_f32..=1.0),
        option::of(0.0_f32..=1.0),
        option::of(2_u16..64),
        0..3_usize,
        option::of(0_i64..4_000_000_000),
    );
    (text(), stretch(), tier(), details).prop_filter_map("no label", |(label, (start, length), tier, details)| {
        let (score, confidence, channel, origin, created) = details;
        let seconds = |milliseconds: u64| milliseconds as f64 / 1000.0;
        let mut one = Annotation::new("/rec/x.wav", seconds(start), seconds(start + length), &label).ok()?;
        one = one.with_origin([Origin::Imported, Origin::User, Origin::Model][origin]);
        if let Some(tier) = tier {
            one = one.with_tier(&tier);
        }
        if let Some(score) = score {
            one = one.with_score(score).ok()?;
        }
        if let Some(confidence) = confidence {
            one = one.with_confidence(confidence).ok()?;
        }
        if let Some(channel) = channel {
            one = one.with_channel(channel).ok()?;
        }
        if let Some(created) = created {
            one = one.with_created(jiff::Timestamp::from_second(created).ok()?);
        }
        Some(one)
    })
}

/// What of an annotation a format has room for.
fn kept(one: &Annotation, format: Format) -> Annotation {
    let has_tier = matches!(format, Format::TextGrid | Format::Eaf | Format::Raven | Format::Csv | Format::Jsonl);
    let has_confidence = matches!(format, Format::Eaf | Format::Raven | Format::Csv | Format::Jsonl);
    let has_all = !format.of_one_recording();
    // Nothing that is shown has no length.
    let end = match format {
        Format::Eaf | Format::Srt | Format::Vtt => one.end().max(((one.start() * 1000.0).round() + 1.0) / 1000.0),
        Format::Raven if one.start() == one.end() => one.start() + 0.001,
        _ => one.end(),
    };
    let mut same = Annotation::new(one.path(), one.start(), end, one.label()).unwrap();
    let named = matches!(format, Format::TextGrid | Format::Eaf);
    if let Some(tier) = one.tier().filter(|_| has_tier).or(named.then_some("labels")) {
        same = same.with_tier(tier);
    }
    if let Some(confidence) = one.confidence().filter(|_| has_confidence) {
        same = same.with_confidence(confidence).unwrap();
    }
    if let Some(channel) = one.channel().filter(|_| has_all || format == Format::Raven) {
        same = same.with_channel(channel).unwrap();
    }
    if has_all {
        same = same.with_origin(one.origin());
        if let Some(score) = one.score() {
            same = same.with_score(score).unwrap();
        }
        if let Some(created) = one.created() {
            same = same.with_created(created);
        }
    }
    same
}

/// Order is that of the format; what counts is that all of them are there.
fn sorted(mut all: Vec<Annotation>) -> Vec<Annotation> {
    all.sort_by_cached_key(|one| format!("{one:?}"));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_format_goes_out_and_comes_in_again(name in recording_name(), all in vec(annotation(), 0..12), seconds in option::of(0.0..1e5_f64)) {
        let recording = Recording { path: name.clone().into(), seconds };
        let all: Vec<Annotation> = all.into_iter().map(|one| one.with_path(&name)).collect();
        for format in Format::ALL {
            let mut file = Vec::new();
            format.write(&mut file, &recording, &all).unwrap();
            let read = format.read(&file, Path::new(&name)).unwrap();
            prop_assert!(read.skipped.is_empty(), "{}: {:?}\n{}", format.name(), read.skipped, String::from_utf8_lossy(&file));
            let expected = sorted(all.iter().map(|one| kept(one, format)).collect());
            prop_assert_eq!(sorted(read.annotations), expected, "{}\n{}", format.name(), String::from_utf8_lossy(&file));
        }
    }

    #[test]
    fn times_are_kept_as_finely_as_a_format_can(start in 0.0..90_000.0_f64, length in 0.01..100.0_f64) {
        let one = Annotation::new("/rec/x.wav", start, start + length, "x").unwrap();
        let recording = Recording { path: "/rec/x.wav".into(), seconds: None };
        for format in Format::ALL {
            let mut file = Vec::new();
            format.write(&mut file, &recording, std::slice::from_ref(&one)).unwrap();
            let read = &format.read(&file, Path::new("/rec/x.wav")).unwrap().annotations[0];
            let off = if MILLISECONDS.contains(&format) { 0.000_500_1 } else { 0.0 };
            prop_assert!((read.start() - one.start()).abs() <= off && (read.end() - one.end()).abs() <= off, "{}: {read:?}", format.name());
        }
    }

    /// Whatever a file holds, reading ends in annotations or in words.
    #[test]
    fn no_file_upsets_a_reader(bytes in vec(any::<u8>(), 0..200), cut in 0..2_000_usize, flip in 0..2_000_usize, all in vec(annotation(), 1..4)) {
        let recording = Recording { path: "/rec/x.wav".into(), seconds: Some(9.0) };
        for format in Format::ALL {
            let _ = format.read(&bytes, Path::new("x.wav"));
            let mut file = Vec::new();
            format.write(&mut file, &recording, &all).unwrap();
            file.truncate(cut.max(1));
            let place = flip % file.len();
            file[place] ^= 1 << (flip % 8);
            let _ = format.read(&file, Path::new("x.wav"));
        }
    }
}

#[test]
fn all_of_utf16_is_read_as_well() {
    let recording = Recording { path: "/rec/x.wav".into(), seconds: Some(9.0) };
    let all = [Annotation::new("/rec/x.wav", 1.0, 2.0, "北 \"à\"").unwrap().with_tier("labels")];
    for format in Format::ALL {
        let mut file = Vec::new();
        format.write(&mut file, &recording, &all).unwrap();
        let text = format!("\u{feff}{}", String::from_utf8(file).unwrap());
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let read = format.read(&utf16, Path::new("/rec/x.wav")).unwrap();
        assert_eq!(read.annotations[0].label(), all[0].label(), "{}", format.name());
    }
}
