//! One writer at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{IndexError, Result};

/// A program that is being started holds a copy of its parent's lock for the moment until it runs; so long is waited
/// before a lock is believed.
const PATIENCE: Duration = Duration::from_millis(250);

/// Held as long as it lives; the system lets it go when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock(#[allow(dead_code, reason = "it is held, not used")] File);

impl Lock {
    /// Takes the lock at `path`, or says who has it.
    pub fn take(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(IndexError::io("open the lock", path))?;
        let started = Instant::now();
        let mut locked = file.try_lock();
        while matches!(locked, Err(TryLockError::WouldBlock)) && started.elapsed() < PATIENCE {
            std::thread::sleep(PATIENCE / 25);
            locked = file.try_lock();
        }
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _ = file.read_to_string(&mut owner);
                return Err(IndexError::Locked { path: path.to_owned(), owner: owner.trim().parse().ok() });
            }
            Err(TryLockError::Error(cause)) => return Err(IndexError::io("lock", path)(cause)),
        }
        // Only for the message above, so a full disk does not matter here.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self(file))
    }
}
