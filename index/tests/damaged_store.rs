//! A sled store whose bytes on disk are not what was written: an error by type, or a store that verify and repair bring in
//! order; no panic, and nothing invented. `AUDIOSEARCH_FUZZ` says how many cases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use audiosearch_index::{Index, IndexError, Reader};
use common::{AUDIO, Numbers, schema, times, versioned, versions};

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What the store says about itself: nothing where it refused, else what is left after a repair.
fn mended(dir: &Path) -> Result<BTreeMap<u64, u64>, IndexError> {
    let index = Index::open(dir, AUDIO)?;
    index.verify()?;
    index.repair()?;
    let report = index.verify()?;
    assert!(report.is_clean(), "repair left {:?}", report.problems);
    Ok(versions(&Reader::open(dir, AUDIO)?))
}

#[test]
fn a_damaged_sled_store_is_refused_or_repaired_and_never_a_panic() {
    let good = tempfile::tempdir().unwrap();
    let mut put = BTreeMap::new();
    {
        let index = Index::create(good.path(), AUDIO, schema(16)).unwrap();
        for version in 100..130 {
            let (source, segments) = versioned(version % 9, version);
            let writer = index.writer().unwrap();
            writer.put_source(source, segments).unwrap();
            writer.commit().unwrap();
            put.entry(version % 9).or_insert_with(Vec::new).push(version);
        }
    }
    let sled = good.path().join("audio.sled");
    let contents: Vec<(PathBuf, Vec<u8>)> = files(good.path())
        .into_iter()
        .map(|f| (f.strip_prefix(good.path()).unwrap().into(), fs::read(f).unwrap()))
        .collect();
    let targets: Vec<usize> = (0..contents.len())
        .filter(|&i| good.path().join(&contents[i].0).starts_with(&sled) && !contents[i].1.is_empty())
        .collect();
    let mut numbers = Numbers(41);
    let (mut refused, mut opened, mut smaller) = (0, 0, 0);
    for case in 0..times("AUDIOSEARCH_FUZZ", 4000) / 100 {
        let dir = tempfile::tempdir().unwrap();
        let which = targets[numbers.below(targets.len() as u64) as usize];
        for (place, (path, bytes)) in contents.iter().enumerate() {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut bytes = bytes.clone();
            if place == which && numbers.below(3) == 0 {
                bytes.truncate(numbers.below(bytes.len() as u64) as usize);
            } else if place == which {
                // sled keeps much of its file free, where a changed byte changes nothing.
                for _ in 0..=numbers.below(64) {
                    let at = numbers.below(bytes.len() as u64) as usize;
                    bytes[at] = numbers.next() as u8;
                }
            }
            fs::write(path, bytes).unwrap();
        }
        match std::panic::catch_unwind(|| mended(dir.path())) {
            Err(_) => panic!("case {case}: a panic about {}", contents[which].0.display()),
            Ok(Err(IndexError::Damaged { .. } | IndexError::Io { .. } | IndexError::Missing { .. })) => refused += 1,
            Ok(Err(IndexError::NewerFormat { .. } | IndexError::OlderFormat { .. } | IndexError::BadVector { .. })) => {
                refused += 1
            }
            Ok(Err(other)) => panic!("case {case}: {other}"),
            Ok(Ok(there)) => {
                opened += 1;
                for (key, version) in &there {
                    assert!(put[key].contains(version), "case {case}: key{key} has version {version}, never put");
                }
                smaller += usize::from(there.len() < put.len());
            }
        }
    }
    eprintln!("{refused} refused, {opened} opened, {smaller} of them with less than was put");
    assert!(refused + opened > 0);
}
