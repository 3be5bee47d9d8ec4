//! What filters cost and find: 100,000 segments of 1,000 sources, filters that leave a part of them, beside no filter at all and beside
//! looking at every segment. Prints a table; `tools/benchmarks/bench_filters.py` runs it and says what must hold.
//!
//! A filter leaves whole sources (`sources`), or a stretch of every source (`stretches`), as one of the time of day does.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use audiosearch_index::{Collection, Embedding, Filter, Index, Places, Query, Reader, SegmentId, SourceId, Span};

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Numbers, schema, segment, source};

const SOURCES: u64 = 1_000;
const EACH: u64 = 100;
const DIMENSION: usize = 128;
/// Sounds that segments are near to, a hundred each; neighbours lie in many sources.
const CENTRES: usize = 1_000;
const QUERIES: usize = 300;
const ROUNDS: usize = 5;
const K: usize = 10;

/// A filter that leaves about `share` of every hundred thousand segments.
fn filters(reader: &Reader, share: f64) -> [(&'static str, Filter); 2] {
    let ids: Vec<SourceId> = reader.sources().map(|source| source.id).collect();
    let every = (1.0 / share).round() as usize;
    let whole = Places::from_iter(ids.iter().copied().step_by(every));
    let mut parts = Places::default();
    // Segments begin every 10 samples. Of less than one segment a source only some sources have any.
    let (each, sources) =
        if share * EACH as f64 >= 1.0 { (share * EACH as f64, 1) } else { (1.0, every / EACH as usize) };
    for (number, id) in ids.iter().enumerate().step_by(sources) {
        let start = number as u64 * 70 % ((EACH - each as u64) * 10 + 1) / 10 * 10;
        parts.add_stretches(*id, vec![Span { start, len: each as u32 * 10 }]);
    }
    let filter = |places| Filter { places: Some(Arc::new(places)), ..Filter::default() };
    [("sources", filter(whole)), ("stretches", filter(parts))]
}

/// Microseconds a query, the median of some rounds, and what the last round found.
fn ask(
    reader: &Reader,
    queries: &[Embedding],
    filter: &Filter,
    k: usize,
    exact: bool,
) -> (f64, Vec<BTreeSet<SegmentId>>) {
    let (mut times, mut found) = (Vec::new(), Vec::new());
    for _ in 0..if exact { 1 } else { ROUNDS } {
        let begun = Instant::now();
        let answers = queries.iter().map(|query| {
            let query = Query::new(query).k(k).exact(exact).filter(filter.clone());
            reader.search(&query).unwrap().into_iter().map(|hit| hit.segment).collect()
        });
        found = answers.collect();
        times.push(begun.elapsed().as_secs_f64() * 1e6 / queries.len() as f64);
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], found)
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(1);
    let centres: Vec<Embedding> = (0..CENTRES).map(|_| numbers.embedding(DIMENSION)).collect();
    {
        let index = Index::create(dir.path(), Collection::Audio, schema(DIMENSION as u32)).unwrap();
        let writer = index.writer().unwrap();
        for number in 0..SOURCES {
            let segments = (0..EACH).map(|at| segment(at * 10, numbers.near(&centres, 0.9))).collect();
            writer.put_source(source(&format!("{number:04}")), segments).unwrap();
        }
        writer.commit().unwrap();
    }
    let reader = Reader::open(dir.path(), Collection::Audio).unwrap();
    let queries: Vec<Embedding> = (0..QUERIES).map(|_| numbers.near(&centres, 0.9)).collect();
    println!("| hits wanted | filter | leaves | recall@{K} | time a query, µs | of unfiltered |");
    println!("|---:|---|---:|---:|---:|---:|");
    for k in [K, 1_000] {
        let (without, _) = ask(&reader, &queries, &Filter::default(), k, false);
        println!("| {k} | none | 100 % | | {without:.0} | 1.00 |");
        for share in [0.5, 0.2, 0.1, 0.05, 0.01, 0.001] {
            for (name, filter) in filters(&reader, share) {
                let (time, found) = ask(&reader, &queries, &filter, k, false);
                let (_, exact_hits) = ask(&reader, &queries, &filter, K, true);
                let right: usize =
                    found.iter().zip(&exact_hits).map(|(own, exact_hits)| own.intersection(exact_hits).count()).sum();
                let recall = right as f64 / exact_hits.iter().map(BTreeSet::len).sum::<usize>() as f64;
                println!("| {k} | {name} | {} % | {recall:.3} | {time:.0} | {:.2} |", share * 100.0, time / without);
            }
        }
    }
}
