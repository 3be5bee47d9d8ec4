//! Ctrl-C: the first asks the run to come to an end, the second ends it at once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether the user asked to stop. Clones share the answer.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes over Ctrl-C (and SIGTERM) of this process.
    ///
    /// # Errors
    /// Where the operating system does not let a handler be set.
    pub fn install() -> Result<Self, ctrlc::Error> {
        let interrupt = Self::default();
        let asked = interrupt.clone();
        ctrlc::set_handler(move || {
            if asked.0.swap(true, Ordering::SeqCst) {
                // What was flushed is safe; 130 is what a shell reports for a program ended by Ctrl-C.
                std::process::exit(130);
            }
        })?;
        Ok(interrupt)
    }

    /// Whether to take up no further work.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// The flag itself, for rooms that know nothing of the command line.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}
