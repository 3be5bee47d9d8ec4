//! Ctrl-C: the first asks the run to come to an end, the second ends it at once.

use std::sync::atomic::AtomicBool;

use crate::engine::Stop;

/// Whether the user asked to stop. Clones share the answer.
#[derive(Clone, Default)]
pub struct Interrupt(Stop);

impl Interrupt {
    /// Takes over Ctrl-C (and SIGTERM) of this process.
    ///
    /// # Errors
    /// Where the operating system does not let a handler be set.
    pub fn install() -> Result<Self, ctrlc::Error> {
        let interrupt = Self::default();
        let asked = interrupt.0.clone();
        ctrlc::set_handler(move || {
            if asked.request() {
                // What was flushed is safe; 130 is what a shell reports for a program ended by Ctrl-C.
                std::process::exit(130);
            }
        })?;
        Ok(interrupt)
    }

    /// Whether to take up no further work: training is the only work that no engine does.
    #[cfg(feature = "torch")]
    pub fn asked(&self) -> bool {
        self.0.is_requested()
    }

    /// The flag itself.
    pub fn flag(&self) -> &AtomicBool {
        self.0.flag()
    }

    /// The request, for work that is observed.
    pub fn stop(&self) -> Stop {
        self.0.clone()
    }
}
