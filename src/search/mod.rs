//! A question becomes moments of recordings.
//!
//! A short clip is one span and asks the index once. A longer one asks with windows of its own, and their answers vote for the place
//! where the whole clip would begin. What the index names is then looked at moment by moment: the query is laid along the recording,
//! which gives the order of the hits and their boundaries. Sentences are asked for by one vector, and nothing is laid along them.
//! Without a question, the store is put to itself: what finds each other occurs more than once.

mod align;
mod clip;
mod confidence;
mod discovery;
mod dtw;
mod fine;
mod found;
mod groups;
mod merge;
mod null;
mod question;
mod quiet;
mod rerank;
mod searcher;
mod sentences;
mod sequence;
mod spelled;
mod whole;

pub use clip::query_spans;
pub use confidence::MIN_CONFIDENCE;
pub use discovery::{DiscoveryOptions, Occurrence, Term, discover};
pub use dtw::{Alignment, lay_along};
pub use found::{Found, Moment};
pub use question::{Question, Sound};
pub use searcher::{Options, SearchError, Searcher};
pub use sentences::{SentenceOptions, search_sentences};
