//! Who decodes what is not read here.

use clap::{Args, ValueEnum};

use crate::audio::ExternalDecoder;

/// The option of commands that read recordings.
#[derive(Args)]
pub struct DecoderArgs {
    /// Decode recordings of formats that are not read here (AMR, WMA, AC-3) by another program; ffmpeg must be installed
    #[arg(long, value_enum, value_name = "PROGRAM")]
    decoder: Option<Decoder>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Decoder {
    /// The program ffmpeg
    Ffmpeg,
}

impl DecoderArgs {
    pub fn external(&self) -> ExternalDecoder {
        match self.decoder {
            Some(Decoder::Ffmpeg) => ExternalDecoder::Ffmpeg,
            None => ExternalDecoder::None,
        }
    }
}
