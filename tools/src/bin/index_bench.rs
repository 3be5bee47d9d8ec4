//! One side of the benchmark of the index: ours. `tools/benchmarks/bench_index.py` runs it beside the others and makes the data.
//!
//! ```text
//! index_bench build  STORE ROWS.f32 DIMENSION SOURCE_SEGMENTS   store and freeze; processor time of each
//! index_bench search STORE QUERIES.f32 DIMENSION TRUTH.u32 EF,… SECONDS   recall@10 and queries a CPU second for each ef
//! index_bench cold   STORE QUERIES.f32 DIMENSION [exact]        open and one answer, in this fresh process
//! index_bench add    STORE ROWS.f32 DIMENSION                   store, commit, open, one answer
//! ```
//!
//! Vectors are raw little-endian f32; the true neighbours are row numbers, ten a query. A line of JSON each.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use audiosearch_index::{
    Collection, Embedding, Fingerprint, Index, Query, Reader, Schema, Segment, SegmentId, Source, SourceKey, Span,
};
use cpu_time::ProcessTime;
use serde_json::json;

const COLLECTION: Collection = Collection::Audio;
const K: usize = 10;

fn main() -> Result<()> {
    let started = Instant::now();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let line = match args[..] {
        ["build", store, rows, dimension, each] => build(store.as_ref(), rows, dimension.parse()?, each.parse()?)?,
        ["search", store, queries, dimension, truth, efs, seconds] => {
            search(store.as_ref(), &read(queries, dimension)?, truth.as_ref(), efs, seconds.parse()?)?
        }
        ["cold", store, queries, dimension] => cold(store.as_ref(), queries, dimension, false, started)?,
        ["cold", store, queries, dimension, "exact"] => cold(store.as_ref(), queries, dimension, true, started)?,
        ["add", store, rows, dimension] => add(store.as_ref(), &read(rows, dimension)?)?,
        _ => bail!("usage: index_bench build|search|cold|add …; see the head of its source"),
    };
    println!("{line}");
    Ok(())
}

fn read(path: &str, dimension: &str) -> Result<Vec<Embedding>> {
    let bytes = std::fs::read(path).with_context(|| path.to_owned())?;
    let floats: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    floats.chunks_exact(dimension.parse()?).map(|v| Ok(Embedding::new(v.to_vec())?)).collect()
}

fn put(index: &Index, mut rows: impl Iterator<Item = Result<Embedding>>, name: &str, each: usize) -> Result<()> {
    let writer = index.writer()?;
    for number in 0.. {
        let key = format!("{name}{number:08}");
        let segments: Vec<Segment> = (0..)
            .zip(rows.by_ref().take(each))
            .map(|(i, embedding)| {
                let span = Span { start: i * 8000, len: 16_000 };
                Ok(Segment { span, label: None, text: None, embedding: embedding? })
            })
            .collect::<Result<_>>()?;
        if segments.is_empty() {
            break;
        }
        let source = Source {
            key: SourceKey::new(key.as_str()),
            path: key.into(),
            size: 0,
            modified_ns: 0,
            digest: [0; 32],
            samples: 8000 * each as u64,
            segmenter: "windows".to_owned(),
            details: Default::default(),
        };
        writer.put_source(source, segments)?;
    }
    Ok(writer.flush()?)
}

/// High-water mark of memory, bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Row after row: the benchmark's own copy of all of them must not count as memory of the build.
fn stream(path: &str, dimension: usize) -> Result<impl Iterator<Item = Result<Embedding>>> {
    let mut file = BufReader::new(File::open(path).with_context(|| path.to_owned())?);
    let mut row = vec![0; dimension * 4];
    Ok(std::iter::from_fn(move || {
        file.read_exact(&mut row).ok()?;
        let floats = row.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        Some(Embedding::new(floats).map_err(Into::into))
    }))
}

fn build(store: &Path, rows: &str, dimension: usize, each: usize) -> Result<serde_json::Value> {
    let schema =
        Schema { dimension: dimension as u32, fingerprint: Fingerprint::new([1; 32]), model: "bench".to_owned() };
    let index = Index::create(store, COLLECTION, schema)?;
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    put(&index, stream(rows, dimension)?, "source", each)?;
    let (put_cpu, put_wall) = (cpu.elapsed(), wall.elapsed());
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    index.writer()?.commit()?;
    Ok(json!({
        "put_cpu": put_cpu.as_secs_f64(), "put_wall": put_wall.as_secs_f64(),
        "build_cpu": cpu.elapsed().as_secs_f64(), "build_wall": wall.elapsed().as_secs_f64(),
        "peak_bytes": peak(), "file_bytes": Reader::open(store, COLLECTION)?.len_bytes(),
    }))
}

fn search(store: &Path, queries: &[Embedding], truth: &Path, efs: &str, seconds: f64) -> Result<serde_json::Value> {
    let reader = Reader::open(store, COLLECTION)?;
    let numbers: HashMap<SegmentId, u32> = reader.segments().map(|s| s.id).zip(0..).collect();
    let truth: Vec<u32> = std::fs::read(truth)?.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
    let mut curve = Vec::new();
    for ef in efs.split(',') {
        let ef: usize = ef.parse()?;
        let ask = |e| reader.search(&Query::new(e).k(K).ef(ef));
        let mut right = 0;
        for (e, own) in queries.iter().zip(truth.chunks_exact(K)) {
            right += ask(e)?.iter().filter(|h| numbers.get(&h.segment).is_some_and(|n| own.contains(n))).count();
        }
        let (cpu, mut asked) = (ProcessTime::now(), 0);
        while cpu.elapsed().as_secs_f64() < seconds {
            for e in queries {
                ask(e)?;
            }
            asked += queries.len();
        }
        let qps = asked as f64 / cpu.elapsed().as_secs_f64();
        curve.push(json!({"ef": ef, "recall": right as f64 / (queries.len() * K) as f64, "qps": qps}));
    }
    Ok(json!({"curve": curve, "peak_bytes": peak()}))
}

fn cold(store: &Path, queries: &str, dimension: &str, exact: bool, started: Instant) -> Result<serde_json::Value> {
    let query = &read(queries, dimension)?[0];
    let before = Instant::now();
    let reader = Reader::open(store, COLLECTION)?;
    let opened = before.elapsed();
    let hits = reader.search(&Query::new(query).exact(exact))?;
    let answered = before.elapsed();
    Ok(json!({
        "open_ms": opened.as_secs_f64() * 1e3, "answer_ms": answered.as_secs_f64() * 1e3,
        "process_ms": started.elapsed().as_secs_f64() * 1e3, "hits": hits.len(), "peak_bytes": peak(),
    }))
}

fn add(store: &Path, rows: &[Embedding]) -> Result<serde_json::Value> {
    let wall = Instant::now();
    let index = Index::open(store, COLLECTION)?;
    let opened = wall.elapsed();
    put(&index, rows.iter().cloned().map(Ok), "added", 50)?;
    let stored = wall.elapsed();
    index.writer()?.commit()?;
    let committed = wall.elapsed();
    let hits = Reader::open(store, COLLECTION)?.search(&Query::new(&rows[0]))?;
    let right = hits.first().is_some_and(|h| h.score > 0.9999);
    Ok(json!({
        "open_s": opened.as_secs_f64(), "store_s": stored.as_secs_f64(), "commit_s": committed.as_secs_f64(),
        "total_s": wall.elapsed().as_secs_f64(), "found": right, "peak_bytes": peak(),
    }))
}
