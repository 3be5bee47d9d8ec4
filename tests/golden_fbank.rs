//! The filterbank against `torchaudio.compliance.kaldi.fbank`; tools/fixtures/golden_fbank.py wrote the numbers.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use audiosearch::features::{FeatureConfig, Features, Frontend, LogMel};

fn golden(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", name].iter().collect()
}

#[test]
fn log_mel_is_that_of_kaldi() {
    let mut wav = hound::WavReader::open(golden("fbank.wav")).unwrap();
    let samples: Vec<f32> = wav.samples::<i16>().map(|sample| f32::from(sample.unwrap()) / 32_768.0).collect();
    for (bands, low_hz, high_hz) in [(40, 60.0, 7600.0), (40, 60.0, 3900.0), (80, 20.0, 7600.0)] {
        let config = FeatureConfig { bands, low_hz, high_hz };
        let bytes = std::fs::read(golden(&format!("fbank_{bands}_{low_hz}_{high_hz}.f32"))).unwrap();
        let expected: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();

        let mut features = Features::new(bands);
        LogMel::new(&config).compute(&samples, &mut features);

        assert_eq!(features.data.len(), expected.len(), "{config:?}");
        let errors = features.data.iter().zip(&expected).map(|(value, expected)| (value - expected).abs());
        let largest = errors.fold(0.0, f32::max);
        println!("{config:?}: largest error {largest:.2e}");
        assert!(largest < 1e-3, "{config:?}: off by {largest}");
    }
}
