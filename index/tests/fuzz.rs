//! A frozen file whose bytes are not what was written: no panic, no huge allocation, no answer of another generation.
#![allow(clippy::unwrap_used, clippy::expect_used, unsafe_code)]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};

use audiosearch_index::{Filter, Index, Query, Reader, SourceKey};
use common::{AUDIO, Numbers, fill, segment, source};

/// Remembers the largest allocation.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands everything on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the promises that this one asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// The header with some of its numbers changed and the checksum made right.
fn forged_header(good: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut header = good[..1024].to_vec();
    for _ in 0..=numbers.below(3) {
        // The numbers of the first 128 bytes, or one of the fourteen places of 24 bytes that follow.
        let at = match numbers.below(2) {
            0 => 16 + 4 * numbers.below(21) as usize,
            _ => 128 + 4 * numbers.below(14 * 6) as usize,
        };
        let old = u32::from_le_bytes(header[at..at + 4].try_into().unwrap());
        let choices = [0, 1, 64, old.wrapping_add(1), old.wrapping_sub(1), old ^ 64, u32::MAX, 1 << 31];
        let new = match numbers.below(choices.len() as u64 + 1) as usize {
            choice if choice < choices.len() => choices[choice],
            _ => numbers.next() as u32,
        };
        header[at..at + 4].copy_from_slice(&new.to_le_bytes());
    }
    header[12..16].fill(0);
    let crc = crc32fast::hash(&header);
    header[12..16].copy_from_slice(&crc.to_le_bytes());
    header
}

#[test]
fn no_damage_makes_a_reader_panic_or_ask_for_more_than_the_file_holds() {
    let cases = std::env::var("AUDIOSEARCH_FUZZ").ok().and_then(|v| v.parse().ok()).unwrap_or(3000);
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "a", 90, 50, 8, 21);
    let index = Index::open(dir.path(), AUDIO).unwrap();
    let mut numbers = Numbers(22);
    let writer = index.writer().unwrap();
    writer.remove_source(&SourceKey::new("a3")).unwrap();
    writer.put_source(source("new"), (0..20).map(|i| segment(i, numbers.embedding(8))).collect()).unwrap();
    let generation = writer.commit().unwrap();
    drop(index);
    let files: Vec<_> = ["audio.frozen", "audio.tail"].map(|name| dir.path().join(name)).into();
    let contents: Vec<_> = files.iter().map(|f| fs::read(f).unwrap()).collect();
    let total: usize = contents.iter().map(Vec::len).sum();
    let (mut refused, mut answered) = (0, 0);
    for case in 0..cases {
        let which = numbers.below(2) as usize;
        let (path, good) = (&files[which], &contents[which]);
        let file = OpenOptions::new().write(true).open(path).unwrap();
        let mut places = Vec::new();
        let (mut cut, mut forged) = (None, false);
        if numbers.below(4) == 0 {
            let len = numbers.below(good.len() as u64);
            file.set_len(len).unwrap();
            cut = Some(len);
        } else if numbers.below(3) == 0 {
            // A header that is wrong and says it is right: no number in it may be trusted either.
            forged = true;
            file.write_all_at(&forged_header(good, &mut numbers), 0).unwrap();
        } else {
            // Mostly in the header, the tables or the upper layers: in the rest a flipped byte is a wrong number only.
            for _ in 0..=numbers.below(6) {
                let place = match numbers.below(3) {
                    0 => numbers.below(1024),
                    _ => numbers.below(good.len() as u64),
                };
                let byte = numbers.next() as u8;
                file.write_all_at(&[byte], place).unwrap();
                places.push(place);
            }
        }
        LARGEST.store(0, Ordering::Relaxed);
        match Reader::open(dir.path(), AUDIO) {
            Err(_) => refused += 1,
            Ok(reader) => {
                answered += 1;
                assert!(forged || reader.generation() == generation, "case {case}");
                let e = &all[numbers.below(all.len() as u64) as usize];
                assert!(reader.search(&Query::new(e).k(5)).unwrap().len() <= 5);
                if case % 16 == 0 {
                    let filter = Filter { path_prefix: Some("a1".into()), ..Filter::default() };
                    reader.search(&Query::new(e).filter(filter)).unwrap();
                    let label = Filter { label: Some("label2".into()), ..Filter::default() };
                    reader.search(&Query::new(e).per_source(true).filter(label)).unwrap();
                    reader.search(&Query::new(e).exact(true).k(usize::MAX)).unwrap();
                    reader.segments().for_each(drop);
                }
            }
        }
        let largest = LARGEST.load(Ordering::Relaxed);
        assert!(largest <= total, "case {case}: {largest} bytes asked for, the files hold {total}");
        if let Some(len) = cut {
            file.write_all_at(&good[len as usize..], len).unwrap();
        }
        if forged {
            file.write_all_at(&good[..1024], 0).unwrap();
        }
        for place in places {
            file.write_all_at(&good[place as usize..=place as usize], place).unwrap();
        }
    }
    assert!(refused > cases / 10 && answered > cases / 10, "{refused} refused, {answered} answered");
    assert!(Index::open(dir.path(), AUDIO).unwrap().verify().unwrap().is_clean(), "the test did not clean up");
}
