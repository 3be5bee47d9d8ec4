//! The small kernels that everything is made of, each alone on one thread: `make bench-kernels`.

use std::hint::black_box;

use audiosearch::{
    acoustic::AcousticEncoder,
    features::{FRAME_LENGTH, FRAME_SHIFT, FeatureConfig, Features, Frontend as _, LogMel},
    kernels::{Arch, Matrix, Simd, WithSimd, sigmoid, tanh},
    search::subsequence_dtw,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Values in -1..1 that look like noise and are the same each time.
fn noise(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 + 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
}

/// Rows by a packed matrix, as a step of the encoder's GRU has them: few rows near the end of a batch, many at its beginning.
/// Throughput is in multiplications with addition.
fn product(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("product by packed matrix");
    for (inputs, outputs) in [(40, 384), (128, 384), (256, 256)] {
        let weights = noise(inputs * outputs);
        let matrix = Matrix::new(inputs, outputs, |i, o| weights[o * inputs + i], |_| 0.5);
        for (matrix, how) in [(matrix.fixed_point(), ", fixed point"), (matrix, "")] {
            for rows in [1, 12, 96] {
                let (input, mut output) = (noise(inputs * rows), vec![0.0; matrix.stride() * rows]);
                group.throughput(Throughput::Elements((rows * inputs * outputs) as u64));
                group.bench_function(BenchmarkId::new(format!("{inputs} to {outputs}{how}"), rows), |bench| {
                    bench.iter(|| matrix.run(black_box(&input), inputs, rows, &mut output));
                });
            }
        }
    }
    group.finish();
}

struct Curve<'a> {
    input: &'a [f32],
    output: &'a mut [f32],
    tanh: bool,
}

impl WithSimd for Curve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (input, _) = S::as_simd_f32s(self.input);
        let (output, _) = S::as_mut_simd_f32s(self.output);
        for (x, y) in input.iter().zip(output) {
            *y = if self.tanh { tanh(simd, *x) } else { sigmoid(simd, *x) };
        }
    }
}

/// The gates' curves; throughput in values.
fn curves(criterion: &mut Criterion) {
    let arch = Arch::new();
    let (input, mut output) = (noise(4096), vec![0.0; 4096]);
    let mut group = criterion.benchmark_group("curves");
    group.throughput(Throughput::Elements(input.len() as u64));
    for (name, tanh) in [("sigmoid", false), ("tanh", true)] {
        group.bench_function(name, |bench| {
            bench.iter(|| arch.dispatch(Curve { input: black_box(&input), output: &mut output, tanh }));
        });
    }
    group.finish();
}

/// Log-mel filterbank; throughput in frames of 10 ms.
fn fbank(criterion: &mut Criterion) {
    let mut log_mel = LogMel::new(&FeatureConfig::default());
    let mut group = criterion.benchmark_group("log-mel");
    for frames in [1, 100] {
        let samples = noise(FRAME_LENGTH + (frames - 1) * FRAME_SHIFT);
        let mut features = Features::new(FeatureConfig::default().bands);
        group.throughput(Throughput::Elements(frames as u64));
        group.bench_function(BenchmarkId::from_parameter(frames), |bench| {
            bench.iter(|| {
                features.data.clear();
                log_mel.compute(black_box(&samples), &mut features);
            });
        });
    }
    group.finish();
}

/// A clip of 0.6 s laid along recordings; throughput in pairs of moments, 40 ms each.
fn alignment(criterion: &mut Criterion) {
    let Ok(network) = AcousticEncoder::shipped() else { return };
    let frames_of = |frames: usize| {
        let mut features = Features::new(network.features().bands);
        LogMel::new(network.features()).compute(&noise(FRAME_LENGTH + (frames - 1) * FRAME_SHIFT), &mut features);
        network.encode(&features)
    };
    let query = network.template(&frames_of(60));
    let mut group = criterion.benchmark_group("subsequence DTW");
    for seconds in [1, 10] {
        let stretch = frames_of(seconds * 100);
        group.throughput(Throughput::Elements((query.len() * stretch.len()) as u64));
        group.bench_function(BenchmarkId::new("0.6 s along", format!("{seconds} s")), |bench| {
            bench.iter(|| subsequence_dtw(black_box(&query), black_box(&stretch), 3));
        });
    }
    group.finish();
}

criterion_group!(kernels, product, curves, fbank, alignment);
criterion_main!(kernels);
