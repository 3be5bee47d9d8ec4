//! What is not read here, by an installed ffmpeg.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::decoder::{Decoded, Decoder};
use super::{AudioError, SAMPLE_RATE};

/// Bytes read at a time.
const STEP: usize = 1 << 16;

/// Who decodes what is not read here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ExternalDecoder {
    /// Nobody: such files are named and left out
    #[default]
    None,
    /// The program ffmpeg, which must be installed
    Ffmpeg,
}

impl ExternalDecoder {
    /// This one, or the other where this is nobody.
    pub fn or(self, other: Self) -> Self {
        if self == Self::None { other } else { self }
    }
}

/// The first sound track of a file, decoded by a program that runs beside this one.
pub(super) struct External {
    path: PathBuf,
    program: Child,
    output: ChildStdout,
    /// Bytes of a sample that came in two parts.
    rest: Vec<u8>,
    any: bool,
}

impl External {
    /// Starts ffmpeg on a file.
    pub(super) fn open(path: &Path) -> Result<Self, AudioError> {
        // so that no name is taken for an option or an address
        let mut name = OsString::from("file:");
        name.push(path);
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-i"]).arg(name);
        command.args(["-map", "0:a:0", "-f", "f32le", "-ac", "1", "-ar"]).arg(SAMPLE_RATE.to_string()).arg("pipe:1");
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let failed = |what: String| AudioError::External { path: path.to_path_buf(), what };
        let mut program = started.map_err(|error| {
            failed(format!("it cannot be started ({error}); install it, or convert the file to wav or flac"))
        })?;
        let Some(output) = program.stdout.take() else {
            return Err(failed("it has no output".to_owned()));
        };
        Ok(Self { path: path.to_path_buf(), program, output, rest: Vec::new(), any: false })
    }

    fn end(&mut self) -> Result<Decoded, AudioError> {
        let status = self.program.wait().map_err(|source| AudioError::Read { path: self.path.clone(), source })?;
        match (status.success(), self.any) {
            (true, _) => Ok(Decoded::End),
            (false, true) => Ok(Decoded::Truncated),
            (false, false) => {
                let what = "it finds no sound in the file that it can decode".to_owned();
                Err(AudioError::External { path: self.path.clone(), what })
            }
        }
    }
}

impl Decoder for External {
    fn decode(&mut self, out: &mut Vec<f32>) -> Result<Decoded, AudioError> {
        let mut bytes = std::mem::take(&mut self.rest);
        let kept = bytes.len();
        bytes.resize(kept + STEP, 0);
        let count = loop {
            match self.output.read(&mut bytes[kept..]) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(AudioError::Read { path: self.path.clone(), source }),
            }
        };
        if count == 0 {
            return self.end();
        }
        bytes.truncate(kept + count);
        let whole = bytes.len() - bytes.len() % 4;
        self.rest = bytes.split_off(whole);
        out.extend(bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])));
        self.any = true;
        Ok(Decoded::Samples { rate: SAMPLE_RATE, channels: 1 })
    }
}

impl Drop for External {
    fn drop(&mut self) {
        // it has ended already where the file was read to its end; else nobody reads what it writes
        if self.program.kill().is_ok() {
            let _ = self.program.wait();
        }
    }
}
