//! Sound stands at the time that its container gives it: edit lists, late tracks, damage in the middle.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use audiosearch::audio::AudioError;
use common::{decoded, fixture};

fn boxed(kind: &[u8], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes(), kind, content].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// Thousands of a second of sound, each with its own value, so that what is heard tells where it comes from.
fn ramp(thousands: u32) -> Vec<i16> {
    (0..thousands).flat_map(|thousand| [(thousand as i16) * 10 + 5; 16]).collect()
}

/// A film's sound track: PCM of 16 kHz in samples of 160 frames, with edits (duration in thousandths of a second, first sample of the media).
fn film(samples: &[i16], edits: &[(u32, i32)], gapless: Option<&str>) -> Vec<u8> {
    film_of(&[(samples, true)], edits, gapless)
}

/// A film with several sound tracks, each of which is enabled or not.
fn film_of(tracks: &[(&[i16], bool)], edits: &[(u32, i32)], gapless: Option<&str>) -> Vec<u8> {
    let head = boxed(b"ftyp", b"qt  \0\0\0\0qt  ");
    let data: Vec<u8> =
        tracks.iter().flat_map(|(samples, _)| *samples).flat_map(|sample| sample.to_le_bytes()).collect();
    let mdat = boxed(b"mdat", &data);
    let mvhd = boxed(b"mvhd", &[numbers(&[0, 0, 0, 1_000, 0]), vec![0; 80]].concat());
    let mut place = head.len() as u32 + 8;
    let mut traks = Vec::new();
    for (number, &(samples, enabled)) in (1..).zip(tracks) {
        traks.extend(trak(number, enabled, samples, place, edits));
        place += 2 * samples.len() as u32;
    }
    let udta = gapless.map_or(Vec::new(), |text| {
        let data = boxed(b"data", &[numbers(&[1, 0]), text.as_bytes().to_vec()].concat());
        let name = boxed(b"name", &[numbers(&[0]), b"iTunSMPB".to_vec()].concat());
        boxed(
            b"udta",
            &boxed(b"meta", &[numbers(&[0]), boxed(b"ilst", &boxed(b"----", &[name, data].concat()))].concat()),
        )
    });
    let moov = boxed(b"moov", &[mvhd, traks, udta].concat());
    [head, mdat, moov].concat()
}

/// One of its tracks, whose samples lie at a place of the file.
fn trak(number: u32, enabled: bool, samples: &[i16], place: u32, edits: &[(u32, i32)]) -> Vec<u8> {
    let tkhd = boxed(b"tkhd", &[numbers(&[u32::from(enabled), 0, 0, number]), vec![0; 68]].concat());
    let mdhd = boxed(b"mdhd", &numbers(&[0, 0, 0, 16_000, samples.len() as u32, 0]));
    let hdlr = boxed(b"hdlr", &[numbers(&[0, 0]), b"soun".to_vec(), vec![0; 13]].concat());
    let mut entry = vec![0, 0, 0, 0, 0, 0, 0, 1];
    entry.extend([0; 8]);
    entry.extend([0, 1, 0, 16, 0, 0, 0, 0]);
    entry.extend(numbers(&[16_000 << 16]));
    let stsd = boxed(b"stsd", &[numbers(&[0, 1]), boxed(b"sowt", &entry)].concat());
    let count = (samples.len() / 160) as u32;
    let stts = boxed(b"stts", &numbers(&[0, 1, count, 160]));
    let stsc = boxed(b"stsc", &numbers(&[0, 1, 1, count, 1]));
    let stsz = boxed(b"stsz", &numbers(&[0, 320, count]));
    let stco = boxed(b"stco", &numbers(&[0, 1, place]));
    let stbl = boxed(b"stbl", &[stsd, stts, stsc, stsz, stco].concat());
    let mdia = boxed(b"mdia", &[mdhd, hdlr, boxed(b"minf", &stbl)].concat());
    let list: Vec<u32> = edits.iter().flat_map(|&(duration, from)| [duration, from as u32, 0x1_0000]).collect();
    let elst = boxed(b"elst", &[numbers(&[0, edits.len() as u32]), numbers(&list)].concat());
    let edts = if edits.is_empty() { Vec::new() } else { boxed(b"edts", &elst) };
    boxed(b"trak", &[tkhd, edts, mdia].concat())
}

/// What is heard at thousands of a second: 0 for silence.
fn heard(samples: &[f32], thousands: &[usize]) -> Vec<i32> {
    thousands.iter().map(|at| samples.get(at * 16 + 8).map_or(-1, |s| (s * 32_768.0 / 10.0).round() as i32)).collect()
}

#[test]
fn edit_lists_are_followed_in_full() {
    let media = ramp(3_000);
    let whole = |edits: &[(u32, i32)]| decoded(&film(&media, edits, None)).0;
    assert_eq!(whole(&[]).len(), 48_000);
    // a start that is trimmed by two seconds, and an end
    let cut = whole(&[(500, 32_000)]);
    assert_eq!((cut.len(), heard(&cut, &[0, 100, 499])), (8_000, vec![2_001, 2_101, 2_500]));
    // to the end
    assert_eq!(whole(&[(0, 32_000)]).len(), 16_000);
    // a track that begins late
    let late = whole(&[(2_000, -1), (3_000, 0)]);
    assert_eq!((late.len(), heard(&late, &[0, 1_999, 2_000, 4_999])), (80_000, vec![0, 0, 1, 3_000]));
    // late, with the delay of an encoder
    let both = whole(&[(250, -1), (1_000, 1_024)]);
    assert_eq!(heard(&both, &[0, 249, 250, 1_249]), [0, 0, 65, 1_064]);
    // pieces in another order, one twice, with a pause
    let pieces = whole(&[(300, 16_000), (200, -1), (300, 32_000), (300, 16_000)]);
    let expected = vec![1_001, 1_300, 0, 0, 2_001, 2_300, 1_001, 1_300];
    assert_eq!((pieces.len(), heard(&pieces, &[0, 299, 300, 499, 500, 799, 800, 1_099])), (17_600, expected));
    // pieces cut in the middle of samples
    let uneven = whole(&[(5, 8), (5, 1_000)]);
    assert_eq!(uneven.len(), 160);
    // lists that leave nothing are not believed
    assert_eq!(whole(&[(1_000, 64_000)]).len(), 48_000);
    assert_eq!(whole(&[(500, -1)]).len(), 56_000);
}

#[test]
fn of_several_tracks_the_enabled_one_is_heard() {
    let (one, two) = (ramp(1_000), ramp(2_000));
    let length = |tracks: &[(&[i16], bool)]| decoded(&film_of(tracks, &[], None)).0.len();
    assert_eq!(length(&[(&one, true), (&two, false)]), 16_000);
    assert_eq!(length(&[(&one, false), (&two, true)]), 32_000);
    assert_eq!(length(&[(&one, true), (&two, true)]), 16_000);
    assert_eq!(length(&[(&one, false), (&two, false)]), 16_000);
}

#[test]
fn fragments_go_on_where_the_tables_end() {
    let media = ramp(3_000);
    // a recorder lists the first second in its tables, with an edit list of just that, and the rest in fragments
    for edits in [&[][..], &[(1_000, 0)], &[(980, 320)]] {
        let mut bytes = film(&media[..16_000], edits, None);
        for second in [1, 2] {
            let data: Vec<u8> =
                media[second * 16_000..(second + 1) * 16_000].iter().flat_map(|sample| sample.to_le_bytes()).collect();
            let tfhd = boxed(b"tfhd", &numbers(&[0x02_0000 | 8 | 16, 1, 160, 320]));
            // 100 samples, whose bytes begin behind the fragment and the header of its data
            let trun = |offset: u32| boxed(b"trun", &numbers(&[1, 100, offset]));
            let length = boxed(b"moof", &boxed(b"traf", &[tfhd.clone(), trun(0)].concat())).len() as u32;
            let moof = boxed(b"moof", &boxed(b"traf", &[tfhd, trun(length + 8)].concat()));
            bytes = [bytes, moof, boxed(b"mdat", &data)].concat();
        }
        let (found, error) = decoded(&bytes);
        assert!(error.is_none(), "{edits:?}: {error:?}");
        let early = if edits == [(980, 320)] { 20 } else { 0 };
        assert_eq!(found.len(), 48_000 - early * 16, "{edits:?}");
        assert_eq!(heard(&found, &[0, 1_500 - early, 2_999 - early]), [1 + early as i32, 1_501, 3_000], "{edits:?}");
    }
    // a list that ends within the tables means what it says
    let mut short = film(&media[..16_000], &[(500, 0)], None);
    short.extend(boxed(b"moof", &[]));
    assert_eq!(decoded(&short).0.len(), 8_000);
}

#[test]
fn the_gapless_tag_of_itunes_tells_what_is_heard() {
    let media = ramp(2_000);
    let tag = " 00000000 00000840 00000100 0000000000007000 00000000 00000000";
    let found = decoded(&film(&media, &[], Some(tag))).0;
    assert_eq!(found.len(), 0x7000);
    assert_eq!(heard(&found, &[0]), [133]);
    // an edit list that says something comes first
    assert_eq!(decoded(&film(&media, &[(1_000, 160)], Some(tag))).0.len(), 16_000);
    assert_eq!(decoded(&film(&media, &[], Some("no numbers"))).0.len(), 32_000);
}

#[test]
fn samples_that_are_not_there_are_silence_and_told() {
    let mut lost = film(&ramp(2_000), &[], None);
    // the second half of the samples lies beyond the end
    let place = lost.windows(4).position(|kind| kind == b"stco").unwrap() + 12;
    let far = lost.len() as u32 - 16_000;
    lost[place..place + 4].copy_from_slice(&far.to_be_bytes());
    let (found, error) = decoded(&lost);
    assert!((7_000..=8_000).contains(&found.len()), "{}", found.len());
    assert!(matches!(error, Some(AudioError::Truncated { .. })), "{error:?}");
}

/// Where pages begin.
fn pages(ogg: &[u8]) -> Vec<usize> {
    (0..ogg.len() - 4).filter(|&at| &ogg[at..at + 4] == b"OggS").collect()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_bad_page_leaves_what_follows_at_its_time() {
    for name in ["pages.ogg", "pages.opus"] {
        let good = fixture(name);
        let (whole, error) = decoded(&good);
        assert!(error.is_none() && whole.len().abs_diff(48_000) < 200, "{name}: {}", whole.len());
        let places = pages(&good);
        assert!(places.len() > 8, "{name}: {} pages", places.len());
        let (from, to) = (places[5], places[6]);
        let mut flipped = good.clone();
        flipped[(from + to) / 2] ^= 16;
        let mut header = good.clone();
        header[from + 1] = b'x';
        let removed = [&good[..from], &good[to..]].concat();
        let overwritten = [&good[..from], &vec![0x41; places[8] - from], &good[places[8]..]].concat();
        for (what, bytes) in
            [("flipped", flipped), ("its header", header), ("removed", removed), ("three overwritten", overwritten)]
        {
            let (found, error) = decoded(&bytes);
            assert_eq!(found.len(), whole.len(), "{name}, {what}");
            let Some(AudioError::Gaps { missing, places: 1, .. }) = error else { panic!("{name}, {what}: {error:?}") };
            assert!((0.1..1.0).contains(&missing), "{name}, {what}: {missing}");
            // the last second is as it was
            assert!(difference(&found[33_000..], &whole[33_000..]) < 0.02, "{name}, {what}");
            assert!(difference(&found[..8_000], &whole[..8_000]) < 1e-3, "{name}, {what}");
        }
    }
}

#[test]
fn a_chain_goes_on_after_each_link() {
    let (opus, vorbis) = (fixture("pages.opus"), fixture("tone.ogg"));
    let lengths = |bytes: &[u8]| decoded(bytes).0.len() as i64;
    for chain in [[&opus, &vorbis], [&vorbis, &opus]] {
        let expected = lengths(chain[0]) + lengths(chain[1]);
        let joined = [chain[0].as_slice(), chain[1]].concat();
        assert!((lengths(&joined) - expected).abs() <= 2);
    }
}

#[test]
fn damage_in_flac_leaves_what_follows_at_its_time() {
    for name in ["tone.flac", "flac.ogg", "flac.mka", "flac.mp4"] {
        let good = fixture(name);
        let (whole, _) = decoded(&good);
        let mut bad = good.clone();
        let at = bad.len() / 2;
        for byte in &mut bad[at..at + 40] {
            *byte ^= 0x5a;
        }
        let (found, error) = decoded(&bad);
        assert!(found.len().abs_diff(whole.len()) < 16, "{name}: {} of {}", found.len(), whole.len());
        let last = whole.len() - 1_600;
        assert!(difference(&found[last..last + 1_500], &whole[last..last + 1_500]) < 1e-3, "{name}");
        // Matroska and MP4 have no checksum of their own: what the decoder makes of it is heard
        if !name.ends_with("mka") && !name.ends_with("mp4") {
            assert!(matches!(error, Some(AudioError::Gaps { .. })), "{name}: {error:?}");
        }
    }
}

#[test]
fn tracks_of_matroska_begin_when_they_begin() {
    let webm = fixture("tone.webm");
    let (whole, _) = decoded(&webm);
    // the first cluster: its time, and a block of another track before the first of this one
    let place = webm.windows(4).position(|id| id == [0x1f, 0x43, 0xb6, 0x75]).unwrap();
    let clock = place + webm[place..].iter().position(|&byte| byte == 0xe7).unwrap();
    let size = usize::from(webm[clock + 1] & 0x7f);
    let first = clock + 2 + size;
    assert_eq!(webm[first], 0xa3);
    // open the length of the cluster, so that a block can be put in
    let mut late = webm[..place + 4].to_vec();
    late.extend([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    late.extend([0xe7, 0x81, 0]);
    late.extend([0xa3, 0x85, 0x82, 0, 0, 0, 7]);
    late.extend([0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    late.extend([0xe7, 0x82, (2_000_u16 >> 8) as u8, 2_000_u16 as u8]);
    late.extend(&webm[first..]);
    let (found, error) = decoded(&late);
    assert!(error.is_none(), "{error:?}");
    assert!(found.len().abs_diff(whole.len() + 32_000) < 200, "{}", found.len());
    let heard = found.iter().position(|sample| sample.abs() > 1e-3);
    assert!(heard.is_some_and(|heard| (31_800..32_200).contains(&heard)), "{heard:?}");
    // a recording that was made from the middle of another begins at once
    let mut middle = webm[..place + 4].to_vec();
    middle.extend([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    middle.extend([0xe7, 0x84, 0, 0x36, 0xee, 0x80]);
    middle.extend(&webm[first..]);
    assert_eq!(decoded(&middle).0.len(), whole.len());
    // damage between blocks: what follows it is found again at the next cluster, and told
    let mut broken = late.clone();
    let at = broken.len() - (webm.len() - first) + 200;
    broken[at..at + 60].fill(0);
    let (found, error) = decoded(&broken);
    assert!(!found.is_empty() && error.is_some(), "{} {error:?}", found.len());
}

#[test]
fn every_wrapper_of_a_codec_gives_the_same_sound() {
    let opus = decoded(&fixture("tone.opus")).0;
    for name in ["tone.webm", "opus.mp4"] {
        let other = decoded(&fixture(name)).0;
        assert!(difference(&other[..15_000], &opus[..15_000]) < 0.01, "{name}");
    }
    let flac = decoded(&fixture("flac.mka")).0;
    for name in ["flac.ogg", "flac.mp4", "alac.caf"] {
        assert!(difference(&decoded(&fixture(name)).0, &flac) < 1e-4, "{name}");
    }
    let ima = decoded(&fixture("ima.mov")).0;
    assert!(difference(&decoded(&fixture("ima.caf")).0, &ima) < 1e-6);
    let law = decoded(&fixture("mulaw.wav")).0;
    assert!(difference(&decoded(&fixture("ulaw.mov")).0, &law) < 1e-6);
}
