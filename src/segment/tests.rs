#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

const SECOND: u64 = 16_000;
const MODES: [SegmentMode; 4] = [SegmentMode::Auto, SegmentMode::Windows, SegmentMode::Pauses, SegmentMode::Whole];

/// Pseudo-random noise in ±1.
fn noise(samples: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..samples).map(next).collect()
}

/// Noise whose amplitude at a time in seconds is given.
fn sound(seconds: f64, amplitude: impl Fn(f64) -> f32) -> Vec<f32> {
    let mut samples = noise((seconds * SECOND as f64) as usize);
    samples.iter_mut().enumerate().for_each(|(i, sample)| *sample *= amplitude(i as f64 / SECOND as f64));
    samples
}

fn spans_of(mode: SegmentMode, samples: &[f32]) -> Vec<Span> {
    let mut spans = Vec::new();
    let (mut segmenter, _) = SegmentConfig::default().segmenter(mode, None);
    segmenter.push(&energy_db(samples), &mut spans);
    segmenter.finish(samples.len() as u64, &mut spans);
    spans
}

/// The share of the samples from `start` to `end` seconds that some span holds.
fn covered(spans: &[Span], start: f64, end: f64) -> f64 {
    let at = |seconds: f64| (seconds * SECOND as f64) as u64;
    let probes: Vec<u64> = (at(start)..at(end)).step_by(80).collect();
    let held = probes.iter().filter(|&&probe| spans.iter().any(|span| span.start <= probe && probe < span.end()));
    held.count() as f64 / probes.len() as f64
}

#[test]
fn silence_has_no_spans_in_any_mode() {
    let quiet = sound(20.0, |_| 1e-4);
    let offset = vec![0.3; 20 * SECOND as usize];
    for mode in MODES {
        for samples in [&vec![0.0; 20 * SECOND as usize], &quiet, &offset, &quiet[..8_000].to_vec()] {
            assert_eq!(spans_of(mode, samples), [], "{mode}");
        }
    }
}

#[test]
fn steady_sounds_are_covered_in_every_mode() {
    let hum: Vec<f32> = (0..30 * SECOND).map(|i| 0.02 * (i as f32 * 0.0393).sin()).collect();
    for samples in [sound(30.0, |_| 0.01), sound(30.0, |t| 0.05 + 0.03 * (t as f32).sin()), hum] {
        for mode in MODES {
            assert!(covered(&spans_of(mode, &samples), 0.0, 30.0) > 0.999, "{mode}");
        }
    }
}

#[test]
fn what_is_quiet_beside_the_rest_of_the_recording_has_no_windows() {
    // Two seconds of words, three of room noise, and so on.
    let samples = sound(30.0, |t| if t % 5.0 < 2.0 { 0.2 } else { 0.002 });
    for mode in [SegmentMode::Windows, SegmentMode::Pauses] {
        let spans = spans_of(mode, &samples);
        for i in 0..6 {
            let from = f64::from(i) * 5.0;
            assert!(covered(&spans, from, from + 2.0) > 0.999, "{mode}");
            assert_eq!(covered(&spans, from + 3.0, from + 4.0), 0.0, "{mode}");
        }
    }
}

#[test]
fn windows_reach_the_end_of_the_recording() {
    for length in [20_000_u64, 20_080, 23_456, 100_001] {
        let spans = spans_of(SegmentMode::Windows, &noise(length as usize));
        for window in [6_400, 12_800] {
            let ends = |span: &&Span| span.end() == length && (window..window + 160).contains(&u64::from(span.len));
            assert_eq!(spans.iter().filter(ends).count(), 1, "{window} in {length}");
        }
    }
}

#[test]
fn an_hour_of_sound_has_some_twenty_thousand_windows() {
    let spans = spans_of(SegmentMode::Windows, &noise(60 * SECOND as usize));
    assert!((330..370).contains(&spans.len()), "{}", spans.len());
}

#[test]
fn a_recording_shorter_than_a_window_is_one_span_and_shorter_than_a_frame_none() {
    for mode in MODES {
        let whole = |length: usize| vec![Span { start: 0, len: length as u32 }];
        for length in [400, 401, 1_000, 4_799] {
            assert_eq!(spans_of(mode, &noise(length)), whole(length), "{mode}");
        }
        for length in [0, 1, 399] {
            assert_eq!(spans_of(mode, &noise(length)), [], "{mode}");
        }
    }
}

#[test]
fn auto_takes_short_recordings_whole_and_cuts_longer_ones_whether_told_the_duration_or_not() {
    for length in [400_u64, 8_000, 19_199, 19_200, 19_201, 19_300, 19_360, 20_000, 64_000] {
        let samples = noise(length as usize);
        let mode = if length <= 19_200 { SegmentMode::Whole } else { SegmentMode::Windows };
        let expected = spans_of(mode, &samples);
        assert!(!expected.is_empty());
        for duration in [None, Some(length as f64 / SECOND as f64)] {
            let mut spans = Vec::new();
            let (mut segmenter, _) = SegmentConfig::default().segmenter(SegmentMode::Auto, duration);
            segmenter.push(&energy_db(&samples), &mut spans);
            segmenter.finish(length, &mut spans);
            assert_eq!(spans, expected, "{length}");
        }
    }
}

#[test]
fn pauses_divide_words_and_short_gaps_do_not() {
    // Words at 1.0, 2.0 and 4.0 s of 0.6 s each; the second has a gap of 0.1 s inside.
    let word = |t: f64| [1.0, 2.0, 4.0].iter().any(|&at| t >= at && t < at + 0.6) && !(2.25..2.35).contains(&t);
    let spans = spans_of(SegmentMode::Pauses, &sound(6.0, |t| if word(t) { 0.2 } else { 1e-3 }));
    assert_eq!(spans.len(), 3);
    for (span, at) in spans.iter().zip([1.0, 2.0, 4.0]) {
        let (start, end) = (span.start as f64 / SECOND as f64, span.end() as f64 / SECOND as f64);
        assert!((at - 0.08..=at).contains(&start), "{start} for {at}");
        assert!((at + 0.6..=at + 0.7).contains(&end), "{end} for {at}");
    }
}

#[test]
fn long_stretches_are_split_where_they_are_quietest() {
    // Louder and softer in turn, softest at 4 s and at 8.5 s.
    let dip = |t: f64| (t - 4.0).abs() < 0.05 || (t - 8.5).abs() < 0.05;
    let spans = spans_of(SegmentMode::Pauses, &sound(12.0, |t| if dip(t) { 0.08 } else { 0.2 }));
    assert_eq!(spans.len(), 3);
    for (pair, cut) in spans.windows(2).zip([4.0, 8.5]) {
        assert_eq!(pair[0].end(), pair[1].start);
        assert!((pair[1].start as f64 / SECOND as f64 - cut).abs() < 0.1);
    }
    assert_eq!(covered(&spans, 0.0, 12.0), 1.0);
}

#[test]
fn the_settings_line_and_serde_tell_settings_apart() {
    let config = SegmentConfig::default();
    let text = serde_json::to_string(&config).unwrap();
    assert_eq!(serde_json::from_str::<SegmentConfig>(&text).unwrap(), config);
    assert_eq!(serde_json::from_str::<SegmentConfig>("{}").unwrap(), config);
    let other = SegmentConfig { hangover: 0.3, ..config.clone() };
    assert_ne!(other.to_string(), config.to_string());
    assert_ne!(config.describe(SegmentMode::Auto), config.describe(SegmentMode::Pauses));
}

/// Energies of a recording: parts of so many frames at a level, with some unrest.
fn energies() -> impl Strategy<Value = Vec<f32>> {
    let part = (1..400_usize, -100.0..0.0_f32, 0.0..8.0_f32);
    prop::collection::vec(part, 0..12).prop_map(|parts| {
        let part = |(frames, level, unrest): (usize, f32, f32)| {
            (0..frames).map(move |i| (level + unrest * (i as f32 * 2.3).sin()).max(SILENCE_DB))
        };
        parts.into_iter().flat_map(part).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn spans_do_not_depend_on_the_pushes_and_keep_their_promises(
        energy in energies(),
        cuts in prop::collection::vec(0..5_000_usize, 0..20),
        extra in 0..160_u64,
    ) {
        let samples = if energy.is_empty() { extra } else { (energy.len() as u64 - 1) * SHIFT + LENGTH + extra };
        let config = SegmentConfig::default();
        for mode in MODES {
            let (mut segmenter, _) = config.segmenter(mode, None);
            let mut expected = Vec::new();
            segmenter.push(&energy, &mut expected);
            segmenter.finish(samples, &mut expected);

            let mut cuts: Vec<usize> = cuts.iter().map(|&cut| cut.min(energy.len())).collect();
            cuts.extend([0, energy.len()]);
            cuts.sort_unstable();
            let (mut segmenter, reach) = config.segmenter(mode, None);
            let (mut spans, mut pushed) = (Vec::new(), 0);
            for pair in cuts.windows(2) {
                for block in energy[pair[0]..pair[1]].chunks(7) {
                    pushed += block.len() as u64;
                    let before = spans.len();
                    segmenter.push(block, &mut spans);
                    for span in &spans[before..] {
                        prop_assert!(span.end() <= (pushed - 1) * SHIFT + LENGTH, "{mode}: {span:?} not yet read");
                        prop_assert!(pushed * SHIFT <= span.start.saturating_add(reach), "{mode}: {span:?} too late");
                    }
                }
            }
            segmenter.finish(samples, &mut spans);
            prop_assert_eq!(&spans, &expected, "{}", mode);
            prop_assert!(spans.iter().all(|span| span.end() <= samples && u64::from(span.len) >= LENGTH), "{mode}");
            prop_assert!(spans.is_sorted_by_key(|span| span.end()), "{mode}");
            if energy.iter().all(|&energy| energy <= config.floor_db) {
                prop_assert!(spans.is_empty(), "{mode}");
            }
        }
    }
}
