//! Writes what fuzzing begins with into `corpus/`: real files of every format, made-up ones, and a small store.

use std::{fs, io, path::Path};

use audiosearch_index::{Collection, Embedding, Fingerprint, Index, Schema, Segment, Source, SourceKey, Span};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = here.join("corpus");
    recordings(&here.join("../tests/fixtures"), &corpus.join("decode"))?;
    lists(&corpus.join("manifest"))?;
    texts(&here.join(".."), &corpus.join("sentences"))?;
    frozen(&corpus.join("frozen"))?;
    checkpoints(&corpus.join("checkpoint"))?;
    Ok(())
}

fn recordings(fixtures: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(fixtures)? {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending == "safetensors") {
            continue;
        }
        let mut bytes = fs::read(&path)?;
        // Damage near the beginning tells more, and short inputs are tried more often.
        bytes.truncate(12_000);
        fs::write(folder.join(path.file_name().unwrap_or_default()), bytes)?;
    }
    for (rate, channels, bits) in [(16_000_u32, 1_u16, 16_u16), (44_100, 2, 24), (8_000, 1, 8), (48_000, 6, 32)] {
        let block = channels * bits / 8;
        let data: Vec<u8> = (0..u32::from(block) * 200).map(|byte| (byte * 37) as u8).collect();
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend((rate * u32::from(block)).to_le_bytes());
        bytes.extend(block.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        fs::write(folder.join(format!("{rate}-{channels}-{bits}.wav")), bytes)?;
    }
    plain(folder)?;
    Ok(())
}

/// Wrappers of plain samples that no fixture has.
fn plain(folder: &Path) -> io::Result<()> {
    let data: Vec<u8> = (0..1_000_u32).map(|byte| (byte * 37) as u8).collect();
    let format = b"\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0";
    let long = 1_000_u64.to_le_bytes();
    let ds64 = [&b"ds64\x1c\0\0\0"[..], &long, &long, &[0; 12]].concat();
    let rf64 =
        [&b"RF64\xff\xff\xff\xffWAVE"[..], &ds64, b"fmt \x10\0\0\0", format, b"data\xff\xff\xff\xff", &data].concat();
    let rest = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
    let head = [&b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"[..], &[0; 8], b"wave", rest].concat();
    let (fmt, length) = (40_u64.to_le_bytes(), 1_024_u64.to_le_bytes());
    let w64 = [&head[..], b"fmt ", rest, &fmt, format, b"data", rest, &length, &data].concat();
    let au = [&b".snd"[..], &[24, 1_000, 3, 16_000, 1].map(u32::to_be_bytes).concat(), &data].concat();
    let mut sphere =
        b"NIST_1A\n   1024\nchannel_count -i 1\nsample_rate -i 16000\nsample_n_bytes -i 2\nsample_count -i 500\n\
        sample_byte_format -s2 01\nsample_coding -s3 pcm\nend_head\n"
            .to_vec();
    sphere.resize(1_024, b' ');
    sphere.extend(&data);
    let mut caf = [&b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20"[..], &16_000_f64.to_be_bytes(), b"lpcm"].concat();
    caf.extend([2, 2, 1, 1, 16].map(u32::to_be_bytes).concat());
    caf.extend([&b"data"[..], &(-1_i64).to_be_bytes(), &[0; 4], &data].concat());
    let aifc = [
        &b"FORM\0\0\0\0AIFCCOMM\0\0\0\x18\0\x01\0\0\x01\xf4\0\x10\x40\x0c\xfa\0\0\0\0\0\0\0sowt\0\0SSND\0\0\x03\xf0"[..],
        &[0; 8],
        &data,
    ]
    .concat();
    for (name, bytes) in [("rf64", rf64), ("w64", w64), ("au", au), ("sphere", sphere), ("caf", caf), ("aifc", aifc)] {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

fn lists(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let lists: [&[u8]; 5] = [
        b"path\tstart\tend\tlabel\tspeaker\na.wav\t0.5\t1.25\tword\tann\n../b.flac\t\t\tother\tbob\n",
        b"a.wav\r\nb c.wav\r\n",
        b"\xef\xbb\xbfpath\n/abs/\xff.wav\n",
        b"label\tpath\nx\ta.wav\n",
        b"path\tstart\na.wav\tsoon\n",
    ];
    lists.iter().enumerate().try_for_each(|(number, list)| fs::write(folder.join(format!("{number}.tsv")), list))
}

fn texts(root: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let readme = fs::read(root.join("README.md"))?;
    for (number, piece) in readme.chunks(3_000).enumerate() {
        for how in 0..4_u8 {
            fs::write(folder.join(format!("{number}-{how}")), [&[how], piece].concat())?;
        }
    }
    let utf16: Vec<u8> = "\u{feff}One. Two, e.g. three.".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(folder.join("utf16"), [&[0], utf16.as_slice()].concat())
}

fn frozen(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, rows, dimension) in [("few", 3, 4), ("graph", 300, 4), ("wide", 20, 32)] {
        let dir = tempfile::tempdir()?;
        let schema = Schema { dimension, fingerprint: Fingerprint::new([7; 32]), model: "made up".into() };
        let index = Index::create(dir.path(), Collection::Audio, schema)?;
        let writer = index.writer()?;
        let segment = |row: u32| -> Result<Segment> {
            let value = |at: u32| ((row * 31 + at * 17) as f32).sin() + 0.01;
            let embedding = Embedding::new((0..dimension).map(value).collect())?;
            let span = Span { start: u64::from(row) * 8_000, len: 16_000 };
            Ok(Segment { span, label: (row % 3 == 0).then(|| "word".into()), text: None, embedding })
        };
        for half in 0..2 {
            let key = format!("a{half}.wav");
            let source = Source {
                key: SourceKey::new(key.as_str()),
                path: key.as_str().into(),
                size: 1,
                modified_ns: 1,
                digest: [1; 32],
                samples: 1_000_000,
                segmenter: "windows".into(),
                details: Default::default(),
            };
            let segments = (half * rows / 2..(half + 1) * rows / 2).map(segment).collect::<Result<_>>()?;
            writer.put_source(source, segments)?;
        }
        writer.commit()?;
        fs::copy(dir.path().join("audio.frozen"), folder.join(name))?;
    }
    Ok(())
}

/// Of a header alone: real weights are too large to be changed byte by byte.
fn checkpoints(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let config = r#"{"format":1,"kind":"speech","config":{},"note":""}"#.replace('"', "\\\"");
    let headers = [
        "{}".to_owned(),
        r#"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#.to_owned(),
        format!(
            r#"{{"__metadata__":{{"audiosearch":"{config}"}},"a":{{"dtype":"F16","shape":[8],"data_offsets":[0,16]}}}}"#
        ),
    ];
    headers.iter().enumerate().try_for_each(|(number, header)| {
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 16]].concat();
        fs::write(folder.join(number.to_string()), bytes)
    })
}
