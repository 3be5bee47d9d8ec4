//! Where tensors live and how many threads compute.

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "torch")]
use super::error::EncoderError;

/// A device for the network: `cpu`, `cuda` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// A CUDA device by number.
    Cuda(usize),
}

#[cfg(feature = "torch")]
impl Device {
    pub(crate) fn torch(self) -> Result<tch::Device, EncoderError> {
        match self {
            Device::Cpu => Ok(tch::Device::Cpu),
            Device::Cuda(n) if (n as i64) < tch::Cuda::device_count() => Ok(tch::Device::Cuda(n)),
            Device::Cuda(_) => Err(EncoderError::Device(self.to_string())),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => write!(f, "cpu"),
            Device::Cuda(n) => write!(f, "cuda:{n}"),
        }
    }
}

impl FromStr for Device {
    type Err = String;

    fn from_str(text: &str) -> Result<Device, String> {
        match text.split_once(':') {
            None if text == "cpu" => Ok(Device::Cpu),
            None if text == "cuda" => Ok(Device::Cuda(0)),
            Some(("cuda", n)) => n.parse().map(Device::Cuda).map_err(|_| format!("{n} is no device number")),
            _ => Err(format!("{text} is no device; cpu, cuda or cuda:N")),
        }
    }
}

/// Keeps LibTorch to one thread an operator; first of all in `main`. One worker a core is faster than one worker with
/// many threads, and stays fast on a busy machine.
#[cfg(feature = "torch")]
pub fn single_threaded() {
    tch::set_num_threads(1);
}
