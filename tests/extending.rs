//! A new form of export and a new encoder: an implementation each, and nothing else of the library changes.
#![allow(clippy::unwrap_used)]

mod common;

use std::{num::NonZeroUsize, path::Path, sync::atomic::AtomicBool};

use audiosearch::{
    acoustic::AcousticEncoder,
    encoder::{Encoder, EncoderError, Stretch},
    export::{ExportError, ExportOptions, Exporter, Format, Map, Shows},
    features::FeatureConfig,
    index::{Collection, Embedding, Fingerprint, Index, Query, Reader, Schema},
    pipeline::{Ingest, Report, Settings},
    projection::{Matrix, Neighbours},
    segment::{SegmentConfig, SegmentMode},
};
use common::{Place, babble};

// An exporter in ten lines: in the library it is a file of `export/`, and its FORMAT a line of `export/format.rs`.
struct Count;

impl Exporter for Count {
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError> {
        let write = |cause| ExportError::Write { path: out.to_owned(), cause };
        std::fs::write(out, format!("{} points\n", map.points.len())).map_err(write)?;
        Ok(Vec::new())
    }
}

const FORMAT: Format = Format {
    name: "count",
    endings: &["txt"],
    about: "How many points there are",
    shows: Shows::Vectors,
    font: false,
    exporter: |_| Box::new(Count),
};

// An encoder in ten lines: the mean of each band over the span. In the library a `SpeechModel`, and a line of `cli/model.rs`.
struct Means(FeatureConfig);

impl Encoder for Means {
    fn dimension(&self) -> usize {
        self.0.bands
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new([7; 32])
    }

    fn feature_config(&self) -> &FeatureConfig {
        &self.0
    }

    fn encode(&self, stretches: &[Stretch<'_>]) -> Result<Vec<Vec<Embedding>>, EncoderError> {
        let mean = |stretch: &Stretch<'_>, span: &std::ops::Range<u32>| {
            let frames = (span.start..span.end).map(|frame| stretch.features.row(frame as usize));
            let sum =
                frames.fold(vec![0.0; self.0.bands], |sum, row| sum.iter().zip(row).map(|(a, b)| a + b).collect());
            Embedding::new(sum).map_err(|cause| EncoderError::Input(cause.to_string()))
        };
        stretches.iter().map(|stretch| stretch.spans.iter().map(|span| mean(stretch, span)).collect()).collect()
    }
}

#[test]
fn a_new_format_is_an_exporter_and_its_description() {
    let place = Place::new();
    let map = Map {
        title: "none".into(),
        collection: Collection::Audio,
        model: "by hand".into(),
        files: Vec::new(),
        labels: Vec::new(),
        points: Vec::new(),
        vectors: Matrix::from_rows(2, std::iter::empty::<&[f32]>()),
        neighbours: Neighbours::new(Vec::new()),
        layout: None,
        matched: 0,
        arrows: Vec::new(),
    };
    let out = place.join("map.txt");
    assert!((FORMAT.exporter)(ExportOptions::default()).export(&map, &out).unwrap().is_empty());
    assert_eq!(std::fs::read_to_string(out).unwrap(), "0 points\n");
}

#[test]
fn a_new_encoder_is_indexed_and_found_by() {
    let place = Place::with_recordings(3, 2.0);
    let encoder = Means(FeatureConfig::default());
    let store = place.join("store");
    let (dimension, fingerprint) = (encoder.dimension() as u32, encoder.fingerprint());
    let index =
        Index::create(&store, Collection::Audio, Schema { dimension, fingerprint, model: "means".into() }).unwrap();
    let settings = Settings {
        external: audiosearch::audio::ExternalDecoder::None,
        mode: SegmentMode::Whole,
        segments: SegmentConfig::default(),
        force: false,
        channels: None,
        readers: NonZeroUsize::MIN,
        network: AcousticEncoder::shipped().unwrap(),
    };
    let paths = (0..3).map(|number| place.join(format!("rec/{number:02}.wav"))).collect();
    let writer = index.writer().unwrap();
    let mut segments = 0;
    let mut count = |report: Report| segments += report.segments;
    let ingest = Ingest::new(&index, &store, settings).unwrap();
    ingest.run(&writer, paths, vec![Box::new(Means(encoder.0))], &AtomicBool::new(false), &mut count).unwrap();
    writer.commit().unwrap();
    assert_eq!(segments, 3);

    let mut features = audiosearch::features::Features::new(encoder.0.bands);
    let mut frontend = audiosearch::features::LogMel::new(&encoder.0);
    audiosearch::features::Frontend::compute(&mut frontend, &babble(2, 2.0), &mut features);
    let whole = 0..features.frames() as u32;
    let asked = encoder.encode(&[Stretch { features: &features, spans: &[whole] }]).unwrap();
    let reader = Reader::open(&store, Collection::Audio).unwrap();
    let hits = reader.search(&Query::new(&asked[0][0]).k(1)).unwrap();
    assert!(hits[0].path.ends_with("rec/01.wav") && hits[0].score > 0.999, "{hits:?}");
}
