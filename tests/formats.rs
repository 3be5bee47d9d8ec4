//! Recordings as people have them: whole whatever their headers and tags say, and named where they are not read.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use audiosearch::audio::{AudioError, Clip, ClipStream, NameKind, kind_of_name};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

fn read(bytes: &[u8]) -> Result<Clip, AudioError> {
    Clip::from_bytes(bytes.to_vec(), Path::new("some/file"))
}

/// Seconds that are read, and what was wrong.
fn seconds(bytes: &[u8]) -> (f64, Option<AudioError>) {
    let mut stream = match ClipStream::from_bytes(bytes.to_vec(), Path::new("some/file")) {
        Ok(stream) => stream,
        Err(error) => return (0.0, Some(error)),
    };
    let mut samples = Vec::new();
    loop {
        match stream.next_block(&mut samples) {
            Ok(true) => {}
            Ok(false) => return (samples.len() as f64 / 16_000.0, None),
            Err(error) => return (samples.len() as f64 / 16_000.0, Some(error)),
        }
    }
}

#[track_caller]
fn assert_whole(what: &str, bytes: &[u8], expected: f64, tolerance: f64) {
    let (found, error) = seconds(bytes);
    assert!(error.is_none(), "{what}: {}", error.unwrap());
    assert!((found - expected).abs() <= tolerance, "{what}: {found} s instead of {expected} s");
}

fn tone(samples: usize) -> Vec<i16> {
    (0..samples).map(|n| (8_000.0 * (n as f64 * 0.2 + (n as f64 * 0.001).sin()).sin()) as i16).collect()
}

fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// The first 16 bytes of a format chunk: 16 kHz, one channel.
fn format(tag: u16, bits: u16, align: u16) -> Vec<u8> {
    let mut chunk = [tag, 1].map(u16::to_le_bytes).concat();
    chunk.extend([16_000, 16_000 * u32::from(align)].map(u32::to_le_bytes).concat());
    chunk.extend([align, bits].map(u16::to_le_bytes).concat());
    chunk
}

fn extensible(tag: u16, bits: u16, align: u16, valid: u16) -> Vec<u8> {
    let mut chunk = format(0xfffe, bits, align);
    chunk.extend([22, valid, 4, 0, tag].map(u16::to_le_bytes).concat());
    chunk.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    chunk
}

fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut bytes = [name, &(content.len() as u32).to_le_bytes(), content].concat();
    if content.len() % 2 == 1 {
        bytes.push(0);
    }
    bytes
}

/// A wav file that declares `length` bytes of sound.
fn wav(format: &[u8], data: &[u8], length: u32) -> Vec<u8> {
    let head = [b"RIFF\0\0\0\0WAVE".to_vec(), chunk(b"fmt ", format)].concat();
    [head, b"data".to_vec(), length.to_le_bytes().to_vec(), data.to_vec()].concat()
}

fn plain_wav(samples: &[i16]) -> Vec<u8> {
    wav(&format(1, 16, 2), &bytes_of(samples), 2 * samples.len() as u32)
}

#[test]
fn mp3_is_read_to_its_last_frame_whatever_its_beginning_suggests() {
    // the first half has four times the bit rate of the second, and no tag says how many frames there are
    assert_whole("vbr", &fixture("vbr.mp3"), 4.0, 0.09);
    assert_whole("twice", &fixture("vbr.mp3").repeat(2), 8.0, 0.18);
    let (found, _) = seconds(&fixture("vbr.mp3").repeat(40));
    assert!((found - 163.0).abs() < 1.0, "{found}");
}

#[test]
fn joined_mp3_are_heard_one_after_the_other() {
    let one = fixture("tone.mp3");
    let first = read(&one).unwrap();
    let tag = [b"TAG".to_vec(), vec![0x20; 125]].concat();
    for (what, joined) in [
        ("plain", one.repeat(2)),
        ("with a tag between", [one.clone(), tag.clone(), one.clone(), tag].concat()),
        ("with padding between", [one.clone(), vec![0; 700], one.clone()].concat()),
    ] {
        assert_whole(what, &joined, 2.0, 0.001);
        let joined = read(&joined).unwrap();
        let second = &joined.samples()[joined.samples().len() - 16_000..];
        let worst = first.samples().iter().zip(second).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.02, "{what}: off by {worst}");
    }
    assert_whole("three", &one.repeat(3), 3.0, 0.002);
    let other_rate = [one.clone(), fixture("mp3.wav")[70..].to_vec()].concat();
    assert_whole("of two rates", &other_rate, 2.07, 0.05);
    // a count of frames that is too small or zero is not believed
    let place = one.windows(4).position(|name| name == b"Xing" || name == b"Info").unwrap() + 8;
    for count in [0_u32, 3] {
        let mut stale = one.clone();
        stale[place..place + 4].copy_from_slice(&count.to_be_bytes());
        assert_whole("a stale count", &stale, 1.0, 0.04);
    }
}

#[test]
fn mp3_is_found_behind_junk() {
    let plain = fixture("untagged.mp3");
    let whole = seconds(&plain).0;
    let mut state = 7_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(5_000)
    .collect();
    for (what, junk) in [("zeros", vec![0; 1_000]), ("noise", noise), ("ones", vec![0xff; 333])] {
        assert_whole(what, &[junk, plain.clone()].concat(), whole, 0.001);
    }
    assert_whole("cut out of another", &plain[150..], whole, 0.08);
    assert_whole("junk behind", &[plain.clone(), vec![0x55; 3_000]].concat(), whole, 0.001);
    // a stretch that is overwritten keeps its time, and is told
    let mut hole = plain.clone();
    hole[2_000..2_900].fill(0);
    let (found, error) = seconds(&hole);
    assert!((found - whole).abs() < 0.03, "{found}");
    assert!(matches!(error, Some(AudioError::Gaps { missing, .. }) if missing > 0.2), "{error:?}");
}

#[test]
fn valid_bits_are_the_upper_ones_of_their_container() {
    let samples = tone(4_000);
    let plain = read(&plain_wav(&samples)).unwrap();
    let wide = |shift: u32, bytes: usize| -> Vec<u8> {
        samples.iter().flat_map(|&s| (i64::from(s) << shift).to_le_bytes()[..bytes].to_vec()).collect()
    };
    let float: Vec<u8> = samples.iter().flat_map(|&s| (f64::from(s) / 32_768.0).to_le_bytes()).collect();
    for (what, format, data) in [
        ("24 in 32", extensible(1, 32, 4, 24), wide(16, 4)),
        ("20 in 32", extensible(1, 32, 4, 20), wide(16, 4)),
        ("20 in 24", extensible(1, 24, 3, 20), wide(8, 3)),
        ("24 in 24", extensible(1, 24, 3, 24), wide(8, 3)),
        ("32 in 32", extensible(1, 32, 4, 32), wide(16, 4)),
        ("16 in 16", extensible(1, 16, 2, 16), wide(0, 2)),
        ("24 bits in blocks of four", format(1, 24, 4), wide(8, 4)),
        ("12 bits in two bytes", format(1, 12, 2), wide(0, 2)),
        ("20 bits in three bytes", format(1, 20, 3), wide(8, 3)),
        ("64 bits", format(1, 64, 8), wide(48, 8)),
        ("64-bit float", format(3, 64, 8), float.clone()),
        ("64-bit float, extensible", extensible(3, 64, 8, 64), float),
        ("an extension that is cut off", format(0xfffe, 16, 2), wide(0, 2)),
        ("a format of 14 bytes", format(1, 16, 2)[..14].to_vec(), wide(0, 2)),
        ("a format of 40 odd bytes", [format(1, 16, 2), vec![9; 25]].concat(), wide(0, 2)),
    ] {
        let found = read(&wav(&format, &data, data.len() as u32)).unwrap_or_else(|error| panic!("{what}: {error}"));
        let same = found.samples().iter().zip(plain.samples()).all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(same && found.samples().len() == 4_000, "{what}");
    }
    let eight: Vec<u8> = samples.iter().map(|&s| ((s >> 8) + 128) as u8).collect();
    let found = read(&wav(&extensible(1, 8, 1, 8), &eight, 4_000)).unwrap();
    assert!(found.samples().iter().zip(plain.samples()).all(|(a, b)| (a - b).abs() < 0.01));
}

#[test]
fn companded_wav_needs_no_more_than_sixteen_bytes_of_format() {
    for (name, tag) in [("mulaw.wav", 7), ("alaw.wav", 6)] {
        let whole = fixture(name);
        let data = &whole[whole.len() - 8_000..];
        let mut head = format(tag, 8, 1);
        head[4..8].copy_from_slice(&8_000_u32.to_le_bytes());
        for extra in [0, 2, 5, 24] {
            let format = [head.clone(), vec![0; extra]].concat();
            let found = read(&wav(&format, data, 8_000)).unwrap_or_else(|error| panic!("{name} {extra}: {error}"));
            assert_eq!(found, read(&whole).unwrap(), "{name} {extra}");
        }
    }
}

#[test]
fn lengths_that_cannot_be_are_open_ends_or_the_writers_own() {
    let samples = tone(16_000);
    let data = bytes_of(&samples);
    for length in [0, 0x7fff_ff00, 0x7fff_0000, 0x8000_0000, 0xffff_ffff, 0xffff_ffdb, 32_044, 32_700] {
        assert_whole(&format!("{length:#x}"), &wav(&format(1, 16, 2), &data, length), 1.0, 0.0);
    }
    // chunks before and behind, one of an odd length without its padding
    let junk = [b"RIFF\0\0\0\0WAVE".to_vec(), chunk(b"JUNK", &[0; 4_000]), chunk(b"fmt ", &format(1, 16, 2))].concat();
    let flat = [junk, chunk(b"FLLR", &[0; 500]), b"data\0\0\0\0".to_vec(), data.clone()].concat();
    assert_whole("size 0 behind padding", &flat, 1.0, 0.0);
    let list = chunk(b"LIST", b"INFOICMT\x04\0\0\0abc\0");
    let behind = [wav(&format(1, 16, 2), &data, 32_000), list.clone()].concat();
    assert_whole("a list behind", &behind, 1.0, 0.0);
    let empty = [wav(&format(1, 16, 2), &[], 0), list].concat();
    assert!(matches!(read(&empty), Err(AudioError::Empty { .. })));
    let unpadded = [b"RIFF\0\0\0\0WAVEodd \x05\0\0\0abcde".to_vec(), plain_wav(&samples)[12..].to_vec()].concat();
    assert_whole("an odd chunk without padding", &unpadded, 1.0, 0.0);
    // what is really cut short is still told
    for bytes in [wav(&format(1, 16, 2), &data, 64_000), plain_wav(&samples)[..30_000].to_vec()] {
        assert!(matches!(seconds(&bytes).1, Some(AudioError::Truncated { .. })));
    }
}

#[test]
fn long_wav_in_its_three_wrappers() {
    let samples = tone(16_000);
    let data = bytes_of(&samples);
    for magic in [b"RF64", b"BW64"] {
        let ds64 = [0_u64, 32_000, 16_000].map(u64::to_le_bytes).concat();
        let head = [&magic[..], b"\xff\xff\xff\xffWAVE", &chunk(b"ds64", &[ds64, vec![0; 4]].concat())].concat();
        let bytes = [head, wav(&format(1, 16, 2), &data, u32::MAX)[12..].to_vec()].concat();
        assert_eq!(read(&bytes).unwrap(), read(&plain_wav(&samples)).unwrap());
        assert!(matches!(seconds(&bytes[..20_000]).1, Some(AudioError::Truncated { .. })));
        assert_whole("behind it, what is no sound", &[bytes, chunk(b"axml", &[0; 4_000])].concat(), 1.0, 0.0);
    }
    let guid = |name: &[u8], rest: &[u8; 12]| [name, rest].concat();
    let acf = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
    let piece = |name: &[u8], content: &[u8]| {
        let mut bytes =
            [guid(name, acf), (24 + content.len() as u64).to_le_bytes().to_vec(), content.to_vec()].concat();
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    };
    let riff = guid(b"riff", b"\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00");
    let w64 = [riff, vec![0; 8], guid(b"wave", acf), piece(b"fmt ", &format(1, 16, 2)), piece(b"data", &data)].concat();
    assert_eq!(read(&w64).unwrap(), read(&plain_wav(&samples)).unwrap());
    let mut big =
        b"RIFX\0\0\0\0WAVEfmt \0\0\0\x10\0\x01\0\x01\0\0\x3e\x80\0\0\x7d\0\0\x02\0\x10data\0\0\x7d\0".to_vec();
    big.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
    assert_eq!(read(&big).unwrap(), read(&plain_wav(&samples)).unwrap());
}

/// AIFF or AIFF-C of 16 kHz, with further chunks behind.
fn aiff(kind: Option<&[u8; 4]>, bits: u16, frames: u32, data: &[u8], behind: &[u8]) -> Vec<u8> {
    let mut common = [&1_u16.to_be_bytes()[..], &frames.to_be_bytes(), &bits.to_be_bytes()].concat();
    common.extend(b"\x40\x0c\xfa\0\0\0\0\0\0\0");
    let form: &[u8] = if kind.is_some() { b"FORM\0\0\0\0AIFC" } else { b"FORM\0\0\0\0AIFF" };
    if let Some(kind) = kind {
        common.extend([&kind[..], b"\0\0"].concat());
    }
    let big = |name: &[u8], content: &[u8]| [name, &(content.len() as u32).to_be_bytes(), content].concat();
    [form, &big(b"COMM", &common), &big(b"SSND", &[&[0; 8], data].concat()), behind].concat()
}

#[test]
fn every_kind_of_aiff_gives_the_same_samples() {
    let samples = tone(4_000);
    let plain = read(&plain_wav(&samples)).unwrap();
    let each = |bytes: fn(i16) -> Vec<u8>| samples.iter().flat_map(|&s| bytes(s)).collect::<Vec<u8>>();
    for (kind, bits, data) in [
        (None, 16, each(|s| s.to_be_bytes().to_vec())),
        (None, 12, each(|s| s.to_be_bytes().to_vec())),
        (None, 24, each(|s| [&s.to_be_bytes()[..], &[0]].concat())),
        (None, 32, each(|s| [&s.to_be_bytes()[..], &[0; 2]].concat())),
        (Some(b"NONE"), 16, each(|s| s.to_be_bytes().to_vec())),
        (Some(b"twos"), 16, each(|s| s.to_be_bytes().to_vec())),
        (Some(b"sowt"), 16, each(|s| s.to_le_bytes().to_vec())),
        (Some(b"in24"), 24, each(|s| [&s.to_be_bytes()[..], &[0]].concat())),
        (Some(b"in32"), 32, each(|s| [&s.to_be_bytes()[..], &[0; 2]].concat())),
        (Some(b"fl32"), 32, each(|s| (f32::from(s) / 32_768.0).to_be_bytes().to_vec())),
        (Some(b"FL32"), 32, each(|s| (f32::from(s) / 32_768.0).to_be_bytes().to_vec())),
        (Some(b"fl64"), 64, each(|s| (f64::from(s) / 32_768.0).to_be_bytes().to_vec())),
    ] {
        let found = read(&aiff(kind, bits, 4_000, &data, &[])).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let same = found.samples().iter().zip(plain.samples()).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(same && found.samples().len() == 4_000, "{kind:?} {bits}");
    }
}

#[test]
fn wrong_descriptive_data_costs_nothing() {
    let samples: Vec<u8> = tone(16_000).iter().flat_map(|sample| sample.to_be_bytes()).collect();
    for behind in [&b"ID3 \0\0\0\0"[..], b"ID3 \xff\xff\xff\xff", b"ANNO\0\0\0\x01x", b"junk", &[0; 77]] {
        assert_whole("aiff", &aiff(None, 16, 16_000, &samples, behind), 1.0, 0.0);
    }
    for frames in [0, u32::MAX] {
        assert_whole("aiff with a wrong count", &aiff(None, 16, frames, &samples, &[]), 1.0, 0.0);
    }
    let flac = fixture("tone.flac");
    let plain = read(&flac).unwrap();
    let with = |block: &[u8]| [&flac[..42], block, &flac[42..]].concat();
    let cue = |length: u32| {
        let mut cue = vec![0; 396];
        cue[395] = 1;
        let mut track = [&11_u64.to_be_bytes()[..], &[1]].concat();
        track.resize(36, 0);
        let content = [cue, track].concat();
        [&(5 << 24 | length).to_be_bytes()[..], &content].concat()
    };
    for (what, bytes) in [
        ("an empty comment", with(b"\x04\0\0\0")),
        ("a comment that lies", with(b"\x04\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xff")),
        ("a cue sheet beside the frames of a CD", with(&cue(432))),
        ("a picture that is larger than its block", with(&[&b"\x06\0\0\x10"[..], &[0xff; 400]].concat())),
        ("a reserved block", with(b"\x2a\0\0\x04abcd")),
        ("a tag in front", [&b"ID3\x03\0\0\0\0\0\x05abcde"[..], &flac].concat()),
        ("ID3v1 behind", [&flac[..], b"TAG", &[0; 125]].concat()),
        ("an APE tag behind", [&flac[..], b"APETAGEX\xd0\x07\0\0", &[0; 300]].concat()),
        ("padding behind", [&flac[..], &[0; 5_000]].concat()),
    ] {
        let found = read(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(found, plain, "{what}");
    }
    // block sizes, frame sizes, total and checksum of STREAMINFO
    for (place, bytes) in
        [(8, &[0_u8; 4][..]), (8, &[0xff; 4]), (12, &[0; 6]), (12, &[0xff; 6]), (22, &[0; 4]), (26, &[7; 16])]
    {
        let mut wrong = flac.clone();
        wrong[place..place + bytes.len()].copy_from_slice(bytes);
        let found = read(&wrong).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(found, plain, "{place}");
    }
    let mut endless = flac.clone();
    endless[21] |= 15;
    endless[22..26].fill(0xff);
    assert_eq!(read(&endless).unwrap(), plain);
}

#[test]
fn what_is_cut_short_is_read_as_far_as_it_goes_and_told() {
    for (name, keeps) in [
        ("tone.m4a", 0.9),
        ("fragments.mp4", 0.5),
        ("flac.mka", 0.9),
        ("tone.webm", 0.6),
        ("tone.mka", 0.4),
        ("tone.flac", 0.7),
        ("flac.ogg", 0.5),
        ("pages.ogg", 0.4),
        ("pages.opus", 0.7),
        ("tone.aiff", 0.9),
        ("alac.caf", 0.0),
        ("ulaw.mov", 0.0),
    ] {
        let whole = fixture(name);
        let all = seconds(&whole).0;
        for share in [0.96, 0.9] {
            let cut = &whole[..(whole.len() as f64 * share) as usize];
            let (found, error) = seconds(cut);
            // where the tables stand at the end there is nothing to go by
            let told = matches!(&error, Some(AudioError::Truncated { .. } | AudioError::Malformed { .. }));
            // what is cut off may be no sound
            if found >= all {
                continue;
            }
            assert!(told, "{name} {share}: {found} s, {error:?}");
            assert!(found >= all * (share - 1.0 + keeps), "{name} {share}: {found} of {all} s");
            let message = error.unwrap().to_string();
            assert!(message.starts_with("some/file: is "), "{message}");
        }
    }
}

#[test]
fn channels_that_cancel_are_heard() {
    let samples = tone(16_000);
    let anti: Vec<u8> = samples.iter().flat_map(|&s| [s.to_le_bytes(), (-s).to_le_bytes()].concat()).collect();
    let mut stereo = format(1, 16, 4);
    stereo[2] = 2;
    let found = read(&wav(&stereo, &anti, anti.len() as u32)).unwrap();
    let plain = read(&plain_wav(&samples)).unwrap();
    assert!(found == plain || found.samples().iter().zip(plain.samples()).all(|(a, b)| (a + b).abs() < 1e-6));
}

#[test]
fn sun_sphere_and_caf_are_read() {
    let samples = tone(4_000);
    let plain = read(&plain_wav(&samples)).unwrap();
    let big: Vec<u8> = samples.iter().flat_map(|sample| sample.to_be_bytes()).collect();
    let little = bytes_of(&samples);
    let sun = |magic: &[u8], numbers: [u32; 5], to: fn(u32) -> [u8; 4], data: &[u8]| {
        [magic, &numbers.map(to).concat(), data].concat()
    };
    let header = |order: &str| {
        let text = format!(
            "NIST_1A\n   1024\nchannel_count -i 1\nsample_rate -i 16000\nsample_n_bytes -i 2\nsample_count -i 4000\n\
             sample_byte_format -s2 {order}\nsample_coding -s3 pcm\nend_head\n"
        );
        let mut bytes = text.into_bytes();
        bytes.resize(1_024, b' ');
        bytes
    };
    let caf = |flags: u32, data: &[u8], length: i64| {
        let mut bytes = b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20".to_vec();
        bytes.extend(16_000_f64.to_be_bytes());
        bytes.extend(b"lpcm");
        bytes.extend([flags, 2, 1, 1, 16].map(u32::to_be_bytes).concat());
        [bytes, b"data".to_vec(), length.to_be_bytes().to_vec(), vec![0; 4], data.to_vec()].concat()
    };
    for (what, bytes) in [
        ("au", sun(b".snd", [24, 8_000, 3, 16_000, 1], u32::to_be_bytes, &big)),
        ("au of unknown length", sun(b".snd", [24, u32::MAX, 3, 16_000, 1], u32::to_be_bytes, &big)),
        ("au the other way round", sun(b"dns.", [24, 8_000, 3, 16_000, 1], u32::to_le_bytes, &little)),
        ("sphere", [header("10"), big.clone()].concat()),
        ("sphere the other way round", [header("01"), little.clone()].concat()),
        ("caf", caf(0, &big, 8_004)),
        ("caf the other way round", caf(2, &little, 8_004)),
        ("caf of unknown length", caf(2, &little, -1)),
    ] {
        assert_eq!(read(&bytes).unwrap_or_else(|error| panic!("{what}: {error}")), plain, "{what}");
    }
}

#[test]
fn what_is_not_read_is_named() {
    let asf = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c".to_vec();
    let speex = [&b"OggS\0\x02"[..], &[0; 20], b"\x01\x50Speex   1.2", &[0; 80]].concat();
    let mut gsm = format(0x31, 0, 65);
    gsm.extend([2, 0, 64, 1]);
    let mut main = fixture("tone.aac");
    for at in 0..main.len() - 1 {
        if main[at] == 0xff && main[at + 1] & 0xf6 == 0xf0 {
            main[at + 2] &= 0x3f;
        }
    }
    let six = {
        let mut six = fixture("moov-last.m4a");
        let place = six.windows(2).rposition(|two| two == [0x13, 0x88]).unwrap();
        six[place + 1] = 0x80 | 6 << 3;
        six
    };
    for (bytes, names) in [
        (b"#!AMR\n<".to_vec(), &["AMR"][..]),
        (b"#!AMR-WB\n<".to_vec(), &["AMR"]),
        (asf, &["Windows Media"]),
        (b"\x0b\x77\x12\x34\x40\x40\x40\x40\x40".to_vec(), &["AC-3"]),
        (b"MAC \x96\x0f\0\0".to_vec(), &["Monkey"]),
        (b"wvpk\0\0\0\0".to_vec(), &["WavPack"]),
        (b"DSD \x1c\0\0\0".to_vec(), &["DSD"]),
        (b"RIFF\0\0\0\0AVI LIST".to_vec(), &["AVI"]),
        (wav(&gsm, &[0; 650], 650), &["WAVE", "GSM"]),
        (wav(&format(0x161, 16, 100), &[0; 650], 650), &["WAVE", "Windows Media"]),
        (main, &["ADTS", "AAC", "Main"]),
        (six, &["MP4", "AAC", "6 channels"]),
    ] {
        let message = read(&bytes).unwrap_err().to_string();
        assert!(names.iter().all(|name| message.contains(name)), "{message}");
        assert!(message.starts_with("some/file: cannot be decoded: "), "{message}");
    }
    // a page whose checksum is wrong has nothing in it
    assert!(matches!(read(&speex), Err(AudioError::Malformed { .. })));
}

#[test]
fn names_tell_what_is_read_and_what_else_holds_sound() {
    for name in ["a.WAV", "book.m4b", "film.mov", "note.opus", "x.webm", "y.mkv", "z.caf", "r.rf64", "b.bwf", "m.MP2"] {
        assert_eq!(kind_of_name(Path::new(name)), NameKind::Read, "{name}");
    }
    for (name, format) in [("a.amr", "AMR"), ("b.WMA", "Windows Media"), ("c.ac3", "AC-3"), ("d.ape", "Monkey's Audio")]
    {
        assert_eq!(kind_of_name(Path::new(name)), NameKind::Unread(format), "{name}");
    }
    for name in ["a.txt", "b.rs", "c.ts", "d", "e.raw", "mp3"] {
        assert_eq!(kind_of_name(Path::new(name)), NameKind::Other, "{name}");
    }
}
