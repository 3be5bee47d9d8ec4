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
        if numbers.below(4) == 0 {
            file.set_len(numbers.below(good.len() as u64)).unwrap();
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
                assert_eq!(reader.generation(), generation, "case {case}");
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
        if places.is_empty() {
            fs::write(path, good).unwrap();
        }
        for place in places {
            file.write_all_at(&good[place as usize..=place as usize], place).unwrap();
        }
    }
    assert!(refused > cases / 10 && answered > cases / 10, "{refused} refused, {answered} answered");
    assert!(Index::open(dir.path(), AUDIO).unwrap().verify().unwrap().is_clean(), "the test did not clean up");
}
