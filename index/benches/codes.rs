//! Scoring rows by their one-byte codes, and by their vectors: what a walk over the graph and an exact scan are made of.
//!
//! Both are private to the package, so their files are read in here as they stand.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

#[allow(dead_code, unused_imports)]
#[path = "../src/search"]
mod search {
    pub mod codes;
    pub mod simd;
}

use search::{
    codes::{CodesView, QueryCode, Scale},
    simd::Kernel,
};

/// Rows that a node of the graph is linked to.
const LINKS: usize = 32;

fn noise(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
}

/// Throughput is in rows.
fn rows(criterion: &mut Criterion) {
    let kernel = Kernel::detect();
    let mut group = criterion.benchmark_group("rows");
    group.throughput(Throughput::Elements(LINKS as u64));
    for dimension in [128_usize, 768] {
        let stride = dimension.next_multiple_of(64);
        // As many as lie in the second cache.
        let vectors = noise(512 * dimension);
        let scale = Scale::fit(&vectors, dimension);
        let bytes = scale.encode(vectors.chunks_exact(dimension), stride);
        let query = noise(dimension);
        let code = QueryCode::new(&query, &scale.step, stride);
        let links: Vec<u32> = (0..LINKS as u32).map(|link| link * 211 % 512).collect();
        let mut scores = Vec::with_capacity(LINKS);
        group.bench_function(BenchmarkId::new("dot of bytes", dimension), |bench| {
            let codes = CodesView { stride, bytes: &bytes };
            bench.iter(|| kernel.score(black_box(&code.weights), codes, black_box(&links), &mut scores));
        });
        group.bench_function(BenchmarkId::new("dot of f32", dimension), |bench| {
            bench.iter(|| {
                let row = |link: &u32| &vectors[*link as usize * dimension..][..dimension];
                black_box(&links).iter().map(|link| kernel.dot(&query, row(link))).sum::<f32>()
            });
        });
    }
    group.finish();
}

criterion_group!(codes, rows);
criterion_main!(codes);
