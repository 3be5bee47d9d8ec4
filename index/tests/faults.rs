//! What a store survives. `AUDIOSEARCH_KILLS=300` and `AUDIOSEARCH_FUZZ=100000` make the two long tests as long as
//! a release needs them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use audiosearch_index::{Index, IndexError, Problem, Query, Reader, Source, SourceKey};
use common::{AUDIO, Numbers, fill, schema, segment, source};

fn times(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

/// Version `version` of a source: everything in it tells the version, so a mixture would show.
fn versioned(key: u64, version: u64, numbers: &mut Numbers) -> (Source, Vec<audiosearch_index::Segment>) {
    let segments = (0..=version % 150).map(|_| segment(version, numbers.embedding(16))).collect();
    (Source { size: version, ..source(&format!("key{key}")) }, segments)
}

fn assert_whole(dir: &Path) -> BTreeMap<SourceKey, u64> {
    let index = Index::open(dir, AUDIO).unwrap();
    let report = index.verify().unwrap();
    let bad = |p: &&Problem| !matches!(p, Problem::Stale { .. } | Problem::Frozen { .. });
    assert_eq!(report.problems.iter().find(bad), None);
    let mut versions = BTreeMap::new();
    for entry in index.sources() {
        let (_, source, segments) = entry.unwrap();
        assert_eq!(u64::from(segments), source.size % 150 + 1, "{source:?} is half another version");
        assert_eq!(versions.insert(source.key.clone(), source.size), None, "{:?} is there twice", source.key);
    }
    index.writer().unwrap().commit().unwrap();
    let reader = Reader::open(dir, AUDIO).unwrap();
    assert_eq!(reader.sources().count(), versions.len());
    for segment in reader.segments() {
        let key = SourceKey::new(segment.path.to_str().unwrap());
        assert_eq!(versions.get(&key), Some(&segment.span.start), "a reader sees another version of {key:?}");
    }
    versions
}

/// Not a test: the process that the next one kills.
#[test]
#[ignore = "the victim of no_kill_loses_what_was_acknowledged"]
fn victim() {
    let dir = PathBuf::from(std::env::var_os("AUDIOSEARCH_VICTIM").unwrap());
    let mut numbers = Numbers(u64::from(std::process::id()));
    let index = Index::create(&dir, AUDIO, schema(16)).unwrap();
    let highest = index.sources().map(|s| s.unwrap().1.size).max().unwrap_or(0);
    for version in highest + 1.. {
        let key = numbers.below(20);
        let writer = index.writer().unwrap();
        if numbers.below(8) == 0 {
            writer.remove_source(&SourceKey::new(format!("key{key}"))).unwrap();
            writer.flush().unwrap();
            writeln!(std::io::stdout(), "\ngone {key} 0").unwrap();
        } else {
            let (source, segments) = versioned(key, version, &mut numbers);
            writer.put_source(source, segments).unwrap();
            writer.flush().unwrap();
            writeln!(std::io::stdout(), "\nput {key} {version}").unwrap();
        }
        if numbers.below(6) == 0 {
            writer.commit().unwrap();
        }
    }
}

#[test]
fn no_kill_loses_what_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(11);
    let mut acknowledged: BTreeMap<u64, u64> = BTreeMap::new();
    for round in 0..times("AUDIOSEARCH_KILLS", 12) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--ignored", "--nocapture", "--test-threads=1"])
            .env("AUDIOSEARCH_VICTIM", dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let reader =
            std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(20 + numbers.below(300)));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut last = None;
        for line in reader.join().unwrap() {
            let words: Vec<&str> = line.split(' ').collect();
            if let [what @ ("put" | "gone"), key, version] = words[..] {
                last = Some((what == "gone", key.parse::<u64>().unwrap()));
                acknowledged.insert(key.parse().unwrap(), version.parse().unwrap());
            }
        }
        let there = assert_whole(dir.path());
        let newest = there.values().max().copied().unwrap_or(0);
        for (key, version) in &acknowledged {
            let now = there.get(&SourceKey::new(format!("key{key}"))).copied();
            // The change in flight when the kill came may be there or not: one key may be newer, or gone.
            let newer = now.is_some_and(|now| now >= *version);
            let gone = now.is_none() && *version == 0;
            let in_flight = now.is_none() && last.is_some();
            assert!(newer || gone || in_flight, "round {round}: key{key} was {version}, is {now:?}, newest {newest}");
        }
        let lost =
            acknowledged.iter().filter(|(k, v)| **v > 0 && !there.contains_key(&SourceKey::new(format!("key{k}"))));
        assert!(lost.count() <= 1, "round {round}: more than the one change in flight is missing");
        acknowledged = (0..20).filter_map(|k| Some((k, *there.get(&SourceKey::new(format!("key{k}")))?))).collect();
    }
}

#[test]
fn a_reader_during_swaps_sees_one_generation_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(12);
    let index = Index::create(dir.path(), AUDIO, schema(16)).unwrap();
    let put = |version: u64, numbers: &mut Numbers| {
        let writer = index.writer().unwrap();
        for key in 0..5 {
            let (source, segments) = versioned(key, version, numbers);
            writer.put_source(source, segments).unwrap();
        }
        writer.commit().unwrap();
    };
    put(1, &mut numbers);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let (mut seen, mut opened) = (0, 0);
                    while !done.load(Ordering::Relaxed) {
                        let reader = Reader::open(dir.path(), AUDIO).unwrap();
                        let versions: std::collections::BTreeSet<_> = reader.segments().map(|s| s.span.start).collect();
                        assert_eq!((versions.len(), reader.sources().count()), (1, 5), "a mixture: {versions:?}");
                        let version = *versions.first().unwrap();
                        assert!(version >= seen, "went back from {seen} to {version}");
                        (seen, opened) = (version, opened + 1);
                    }
                    opened
                })
            })
            .collect();
        for version in 2..60 {
            put(version, &mut numbers);
            if version % 3 == 0 {
                index.refreeze().unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
        assert!(readers.into_iter().map(|r| r.join().unwrap()).sum::<i32>() > 10);
    });
}

#[test]
fn a_newer_format_is_named_and_a_damaged_or_missing_file_is_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "a", 5, 5, 8, 13);
    let path = dir.path().join("audio.frozen");
    let good = std::fs::read(&path).unwrap();
    let mut newer = good.clone();
    newer[8] = 200;
    std::fs::write(&path, &newer).unwrap();
    let error = Reader::open(dir.path(), AUDIO).err().unwrap();
    assert!(matches!(error, IndexError::NewerFormat { found: 200, .. }), "{error}");
    let rebuilt = |what: &str| {
        let index = Index::open(dir.path(), AUDIO).unwrap();
        assert!(!index.verify().unwrap().is_clean(), "{what}: not noticed");
        assert!(index.repair().unwrap().dropped.is_empty());
        assert!(index.verify().unwrap().is_clean(), "{what}: not repaired");
        let reader = Reader::open(dir.path(), AUDIO).unwrap();
        assert_eq!(reader.search(&Query::new(&all[3]).k(1)).unwrap()[0].span.start, 30);
    };
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    std::fs::write(&path, &flipped).unwrap();
    rebuilt("one bit flipped");
    std::fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(matches!(Reader::open(dir.path(), AUDIO), Err(IndexError::Damaged { .. })));
    rebuilt("cut in half");
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Reader::open(dir.path(), AUDIO), Err(IndexError::Missing { .. })));
    rebuilt("deleted");
}

#[test]
fn an_interrupted_compaction_is_ended_at_the_next_opening() {
    for (set_aside, with_new) in [(true, true), (true, false), (false, true)] {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), "a", 5, 5, 8, 14);
        let path = |name: &str| dir.path().join(name);
        let copy = |to: &str| {
            std::fs::create_dir(path(to)).unwrap();
            let status = Command::new("cp").arg("-r").args([path("audio.sled/."), path(to)]).status().unwrap();
            assert!(status.success());
        };
        if with_new {
            copy("audio.sled.new");
        }
        if set_aside {
            std::fs::rename(path("audio.sled"), path("audio.sled.old")).unwrap();
        }
        let index = Index::open(dir.path(), AUDIO).unwrap();
        assert_eq!(index.sources().count(), 5);
        assert!(!path("audio.sled.new").exists() && !path("audio.sled.old").exists());
    }
}

/// A file system of its own, so that it can be full or read-only; `None` where this user may not mount.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(dir.path()).stderr(Stdio::null());
        let done = mount.status().is_ok_and(|s| s.success());
        if !done {
            eprintln!("skipped: this user may not mount a tmpfs");
        }
        done.then_some(Self(dir))
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_read_only_store_is_searched_but_not_written() {
    let Some(disk) = Tmpfs::mount("64m") else { return };
    let dir = disk.0.path().join("store");
    let all = fill(&dir, "a", 5, 5, 8, 15);
    let status = Command::new("mount").args(["-o", "remount,ro"]).arg(disk.0.path()).status().unwrap();
    assert!(status.success());
    let reader = Reader::open(&dir, AUDIO).unwrap();
    assert_eq!(reader.search(&Query::new(&all[0]).k(1)).unwrap().len(), 1);
    let error = Index::open(&dir, AUDIO).err().unwrap();
    assert!(error.to_string().contains("may write"), "{error}");
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let Some(disk) = Tmpfs::mount("32m") else { return };
    let dir = disk.0.path().join("store");
    let filler = disk.0.path().join("filler");
    let mut numbers = Numbers(16);
    let mut refused = 0;
    for left in (0..24).map(|step| step * (160 << 10)) {
        // Whatever the disk held before, it now has `left` bytes left.
        let mut file = std::fs::File::create(&filler).unwrap();
        while file.write_all(&[0; 1 << 16]).is_ok() {}
        let full = file.metadata().unwrap().len();
        file.set_len(full.saturating_sub(left)).unwrap();
        let mut flushed = BTreeMap::new();
        let outcome = (|| -> Result<(), IndexError> {
            let index = Index::create(&dir, AUDIO, schema(16))?;
            for entry in index.sources() {
                let (_, source, _) = entry?;
                flushed.insert(source.key, source.size);
            }
            for version in 1000..1040 {
                let (source, segments) = versioned(version % 7, version, &mut numbers);
                let key = source.key.clone();
                let writer = index.writer()?;
                writer.put_source(source, segments)?;
                writer.flush()?;
                flushed.insert(key, version);
                writer.commit()?;
            }
            Ok(())
        })();
        if let Err(error) = outcome {
            refused += 1;
            assert!(matches!(error, IndexError::Io { .. } | IndexError::Damaged { .. }), "{error}");
        }
        // An open file keeps its room even when it has no name.
        drop(file);
        std::fs::remove_file(&filler).unwrap();
        if flushed.is_empty() {
            continue;
        }
        let there = assert_whole(&dir);
        for (key, version) in &flushed {
            assert!(
                there.get(key) >= Some(version),
                "{key:?}: {:?} after {version} with {left} bytes left",
                there.get(key)
            );
        }
    }
    assert!(refused > 3, "the disk was never full");
}
