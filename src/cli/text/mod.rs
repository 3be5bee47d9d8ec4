//! What commands do with sentences: which model reads them, what is asked of them, their vectors as a file.

mod embed;

pub use embed::embed;
