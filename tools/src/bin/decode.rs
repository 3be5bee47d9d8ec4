//! decode FILE OUT: the samples of a recording as the product hears them, 16 kHz mono, 32-bit little-endian floats. What is wrong with it
//! goes to stderr, and what could be read to OUT. For `checks/compare_decoding.py`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use audiosearch::audio::ClipStream;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (path, out) = arguments.next().zip(arguments.next()).context("usage: decode FILE OUT")?;
    let mut out = BufWriter::new(File::create(&out).with_context(|| format!("{}", out.display()))?);
    let mut stream = match ClipStream::open(&path) {
        Ok(stream) => stream,
        Err(error) => {
            eprintln!("{error}");
            return Ok(());
        }
    };
    let mut block = Vec::new();
    loop {
        block.clear();
        match stream.next_block(&mut block) {
            Ok(true) => {
                let bytes: Vec<u8> = block.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                out.write_all(&bytes)?;
            }
            Ok(false) => break,
            Err(error) => {
                eprintln!("{error}");
                break;
            }
        }
    }
    Ok(out.flush()?)
}
