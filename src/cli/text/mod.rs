//! What commands do with sentences: which model reads them, what is asked of them, their vectors as a file.

mod embed;
mod model;
mod query;

pub use embed::embed;
pub use model::{TextModel, TextModelArgs};
pub use query::{SentenceQuery, query};
