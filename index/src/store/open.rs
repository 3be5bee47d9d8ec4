//! Opening sled.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use sled::Db;

use crate::error::{IndexError, Result};

/// sled's page cache: enough for a batch of sources; its default is a gigabyte.
const CACHE: u64 = 8 << 20;

/// How long a sled store that was closed a moment ago may take to let go of its files.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens sled. The caller holds the store's own lock, so if sled says that somebody has the sled store open, it is a sled store
/// of this process or of one just ended that sled's threads have not let go of yet: worth waiting for.
pub(super) fn open_db(path: &Path) -> Result<Db> {
    remove_unfinished_snapshots(path).map_err(IndexError::io("remove an unfinished snapshot in", path))?;
    let started = Instant::now();
    loop {
        // sled panics on some logs that it did not write; such a store is damaged, and no reason to end the process.
        let opened = std::panic::catch_unwind(|| {
            sled::Config::new().path(path).cache_capacity(CACHE).flush_every_ms(None).open()
        });
        let opened = opened.map_err(|_| IndexError::damaged(path, "sled cannot read its log"))?;
        match opened.map_err(error_at(path)) {
            Err(IndexError::Locked { .. }) if started.elapsed() < PATIENCE => std::thread::sleep(PATIENCE / 500),
            opened => return opened,
        }
    }
}

/// A kill while sled writes a snapshot leaves a part of it under a name of its own, which the next opening would take for the newest
/// snapshot, and refuse. The log says all that it would have said.
fn remove_unfinished_snapshots(path: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b"snap.") && name.as_encoded_bytes().ends_with(b".generating") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// What an error of sled means for the store at `path`.
pub(super) fn error_at(path: &Path) -> impl Fn(sled::Error) -> IndexError {
    let path = path.to_owned();
    move |error| match error {
        // sled says so in words only.
        sled::Error::Io(e) if e.kind() == io::ErrorKind::WouldBlock || e.to_string().contains("acquire lock") => {
            IndexError::Locked { path: path.clone(), owner: None }
        }
        sled::Error::Io(cause) => IndexError::Io { path: path.clone(), action: "read or write the sled store", cause },
        other => IndexError::Damaged { path: path.clone(), reason: other.to_string() },
    }
}
