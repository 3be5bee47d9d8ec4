//! Any bytes as the frozen file of a store, its header made to say that it is right: an error, or answers.
#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use audiosearch_index::{Collection, Embedding, Filter, Query, Reader};
use libfuzzer_sys::fuzz_target;

/// Of the header, and where in it its checksum stands.
const HEADER: usize = 1024;
const CHECKSUM: std::ops::Range<usize> = 12..16;

/// In memory where the system has such a folder.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Some(PathBuf::from("/dev/shm")).filter(|shm| shm.is_dir()).unwrap_or_else(std::env::temp_dir);
    let folder = root.join(format!("audiosearch-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the store");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    if bytes.len() >= HEADER {
        bytes[CHECKSUM].fill(0);
        let checksum = crc32fast::hash(&bytes[..HEADER]);
        bytes[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    }
    fs::write(FOLDER.join("audio.frozen"), &bytes).expect("the file is written");
    let Ok(reader) = Reader::open(&FOLDER, Collection::Audio) else { return };
    let dimension = reader.schema().dimension as usize;
    if dimension == 0 || dimension > 4096 {
        return;
    }
    let mut values = vec![0.0; dimension];
    values[0] = 1.0;
    let asked = Embedding::new(values).expect("of unit length");
    for exact in [false, true] {
        let filter = Filter { path_prefix: Some("a".into()), ..Filter::default() };
        for query in [Query::new(&asked).k(5), Query::new(&asked).k(5).per_source(true).filter(filter)] {
            if let Ok(hits) = reader.search(&query.exact(exact)) {
                assert!(hits.len() <= 5);
            }
        }
    }
    reader.segments().take(10_000).for_each(drop);
    reader.sources().take(10_000).for_each(drop);
});
