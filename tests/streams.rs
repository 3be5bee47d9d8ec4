//! Streams without a clock of their own, and codecs that are not what their container says: what is lost is told and keeps its time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use audiosearch::audio::AudioError;
use common::{decoded, fixture};

fn message(bytes: &[u8]) -> String {
    decoded(bytes).1.expect("an error").to_string()
}

/// Replaces every place where some bytes stand.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len() - old.len()).filter(|&at| bytes[at..].starts_with(old)).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|&at| bytes[at..at + new.len()].copy_from_slice(new));
    bytes
}

/// Where the frames of an ADTS stream begin.
fn adts_frames(bytes: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut places = Vec::new();
    while at + 7 <= bytes.len() {
        assert_eq!(bytes[at], 0xff);
        places.push(at);
        at += usize::from(bytes[at + 3] & 3) << 11 | usize::from(bytes[at + 4]) << 3 | usize::from(bytes[at + 5] >> 5);
    }
    places
}

#[test]
fn damage_in_adts_is_told_and_keeps_the_time() {
    let good = fixture("tone.aac");
    let (whole, error) = decoded(&good);
    assert!(error.is_none());
    let frames = adts_frames(&good);
    // a frame has 1,024 samples at 22,050 Hz
    let frame = 1_024.0 / 22_050.0;
    let middle = frames.len() / 2;
    let (from, to) = (frames[middle], frames[middle + 4]);
    let mut zeros = good.clone();
    zeros[from..to].fill(0);
    let mut noise = good.clone();
    noise[from..to].iter_mut().enumerate().for_each(|(at, byte)| *byte = (at * 73 + 41) as u8 & 0x7f);
    let mut header = good.clone();
    header[from..from + 7].fill(0x11);
    for (what, bytes, lost) in [("zeros", zeros, 4.0), ("noise", noise, 4.0), ("a header", header, 1.0)] {
        let (found, error) = decoded(&bytes);
        let Some(AudioError::Gaps { missing, places: 1, .. }) = error else { panic!("{what}: {error:?}") };
        assert!((missing - lost * frame).abs() < 1.1 * frame, "{what}: {missing}");
        assert!(found.len().abs_diff(whole.len()) as f64 <= 1.1 * frame * 16_000.0, "{what}: {}", found.len());
    }
    // an end inside a frame
    let (found, error) = decoded(&good[..frames[middle] + 9]);
    assert!(matches!(error, Some(AudioError::Truncated { .. })), "{error:?}");
    assert!((found.len() as f64 / 16_000.0 - middle as f64 * frame).abs() < frame, "{}", found.len());
    // tags and padding around the frames are no damage
    let tag = [b"TAG".to_vec(), vec![0x20; 125]].concat();
    for (what, bytes) in [
        ("a tag in front", [b"ID3\x04\0\0\0\0\0\x05abcde", good.as_slice()].concat()),
        ("a tag behind", [good.as_slice(), &tag].concat()),
        ("padding behind", [good.as_slice(), &[0; 500]].concat()),
    ] {
        let (found, error) = decoded(&bytes);
        assert!(error.is_none() && found == whole, "{what}: {error:?}");
    }
}

/// Where the frames of the untagged mp3 begin: 32 kbit/s at 22,050 Hz, 104 bytes and one of padding where it says so.
fn mpeg_frames(bytes: &[u8]) -> Vec<usize> {
    let mut at = 0;
    let mut places = Vec::new();
    while at + 4 < bytes.len() {
        assert_eq!(bytes[at], 0xff);
        places.push(at);
        at += 104 + usize::from(bytes[at + 2] >> 1 & 1);
    }
    places
}

#[test]
fn what_is_decoded_to_no_sound_is_silence_and_told() {
    let good = fixture("untagged.mp3");
    let (whole, error) = decoded(&good);
    assert!(error.is_none());
    let frames = mpeg_frames(&good);
    let mut loud = good.clone();
    // the gain of its granule, behind the pointer to the data, a private bit and two lengths
    let at = frames[20] + 4;
    loud[at + 3] |= 0b11;
    loud[at + 4] |= 0b1111_1100;
    let (found, error) = decoded(&loud);
    assert!(matches!(error, Some(AudioError::Gaps { missing, .. }) if missing < 0.2), "{error:?}");
    assert_eq!(found.len(), whole.len());
    let peak = found.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!(peak < 2.0, "{peak}");
}

#[test]
fn a_beginning_that_cannot_be_decoded_is_silence() {
    let good = fixture("untagged.mp3");
    let (whole, _) = decoded(&good);
    let frames = mpeg_frames(&good);
    // the first frames point to data that lies before the beginning
    for count in [1, 3, 8] {
        let mut early = good.clone();
        for &at in &frames[..count] {
            // a length of the data that is longer than what there is
            early[at + 5] |= 0x7f;
            early[at + 6] |= 0xff;
        }
        let (found, error) = decoded(&early);
        assert!(found.len().abs_diff(whole.len()) < 32, "{count}: {} of {}", found.len(), whole.len());
        let last = found.len() - 4_000;
        let worst = found[last..].iter().zip(&whole[last..]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.05, "{count}: {worst}");
        // a few are those of every stream that was cut out of another
        assert_eq!(matches!(error, Some(AudioError::Gaps { .. })), count > 3, "{count}: {error:?}");
    }
}

#[test]
fn a_frame_knows_its_layer_better_than_the_container() {
    let good = fixture("mp3.mkv");
    let wrong = replaced(&good, b"A_MPEG/L3", b"A_MPEG/L2");
    let ((expected, _), (found, error)) = (decoded(&good), decoded(&wrong));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(found, expected);
}

#[test]
fn what_a_decoder_would_get_wrong_is_refused_by_name() {
    let mut surround = fixture("tone.mka");
    let header = surround.windows(7).position(|bytes| bytes == b"\x01vorbis").unwrap();
    surround[header + 11] = 6;
    let text = message(&surround);
    assert!(text.contains("Matroska") && text.contains("Vorbis with 6 channels"), "{text}");
    assert!(text.contains("--decoder ffmpeg"), "{text}");
}

#[test]
fn sound_in_films_and_broadcasts_is_named() {
    let mut packet = vec![0xff; 188];
    packet[..4].copy_from_slice(&[0x47, 0x40, 0, 0x10]);
    let timed = [vec![0; 4], packet.clone()].concat();
    let movie = fixture("ima.mov");
    for (bytes, names) in [
        (packet.repeat(8), &["MPEG transport stream"][..]),
        (timed.repeat(8), &["MPEG transport stream"]),
        (b"\0\0\x01\xba\x44\0\x04".to_vec(), &["MPEG programme stream"]),
        (b"FLV\x01\x05\0\0\0\x09".to_vec(), &["Flash"]),
        (replaced(&movie, b"ima4", b"ms\0\x11"), &["MP4", "ADPCM in QuickTime"]),
        (replaced(&movie, b"ima4", b"ms\0\x02"), &["MP4", "ADPCM in QuickTime"]),
        (replaced(&movie, b"ima4", b"agsm"), &["MP4", "GSM 06.10"]),
        (replaced(&movie, b"ima4", b"ac-3"), &["MP4", "AC-3"]),
        (replaced(&movie, b"ima4", b"samr"), &["MP4", "AMR"]),
        (replaced(&movie, b"ima4", b"QDM2"), &["MP4", "QDesign"]),
        (replaced(&movie, b"ima4", b"what"), &["MP4", "unknown kind", "what"]),
        (replaced(&fixture("mp3.mkv"), b"A_MPEG/L3", b"A_DTS\0\0\0\0"), &["Matroska", "DTS"]),
        (replaced(&fixture("mp3.mkv"), b"A_MPEG/L3", b"A_TRUEHD\0"), &["Matroska", "TrueHD"]),
    ] {
        let text = message(&bytes);
        assert!(names.iter().all(|name| text.contains(name)), "{names:?}: {text}");
        assert!(text.starts_with("recording: cannot be decoded: "), "{text}");
    }
}
