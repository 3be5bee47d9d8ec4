//! What the product does, as calls: [`Engine`] opens a store, indexes files into it, answers queries, finds what recurs, draws maps,
//! removes, checks and mends. The command line, servers and bindings are thin over it.
//!
//! Nothing here prints, reads arguments or ends the process. Long work tells an [`Observer`] how far it is, which may stop it.

mod annotations;
mod calibration;
mod contents;
mod discover;
mod embed;
mod error;
mod filter;
mod hits;
mod index;
mod labels;
mod loaded_model;
mod manifest;
mod map;
mod models;
mod observer;
mod passing;
mod problem;
mod query;
mod reconstruct;
mod report;
mod search;
mod sentences;
mod store;
#[cfg(feature = "torch")]
mod torch;
mod upkeep;

#[cfg(feature = "torch")]
pub use crate::encoder::single_threaded;
pub use annotations::LabelReport;
pub use contents::{Contents, SourceInfo};
pub use discover::DiscoverOptions;
pub use embed::{ClipVectors, SpanVector};
pub use error::EngineError;
pub use filter::Filter;
pub use hits::{Hit, Hits};
pub use index::{IndexOptions, IndexReport};
pub use loaded_model::{LoadedModel, Speech, Text};
pub use manifest::{Manifest, ManifestError, Row};
pub use map::{MapOptions, MapProjection, MapReport, NEAR, Pairs, Parallel};
pub use models::{Inference, ModelLoader, ModelOptions, Models};
pub(crate) use observer::Watch;
pub use observer::{Event, Observer, Stop, Work};
pub use problem::{Notice, Problem};
pub use query::{ClipInput, Query};
pub use reconstruct::{ClipReconstruction, reconstruct_clip};
pub use report::{FileProblem, FileReport, FileStatus};
pub use search::PreparedQuery;
pub use sentences::sentences_of;
pub use store::{Engine, EngineOptions, NoticeHandler};
#[cfg(feature = "torch")]
pub use torch::LibTorch;
pub use upkeep::{CompactReport, RemoveReport};

/// What calls of the engine take and give that is made elsewhere.
pub use crate::{
    condition::{Condition, Conditions, InvalidCondition, MetadataError, MetadataTable},
    encoder::{AutoEncoder, Device, EncoderError, SpeechModel},
    pipeline::ClipError,
    search::{AlignmentStep, Group, MIN_CONFIDENCE, Occurrence},
    segment::SegmentMode,
    sentence::{DecodeOptions, SentenceError, SentenceModel, SentenceReader, between, paragraph::ParagraphModel},
    text::{Position, SentenceMode},
};
pub use audiosearch_index::{
    Collection, Embedding, Fingerprint, Label, LabelOrigin, Problem as StoreProblem, RepairReport, Schema, Span,
    VerifyReport,
};
