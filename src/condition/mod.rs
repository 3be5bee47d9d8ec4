//! Conditions on recordings and on what is said of their moments, as people write them: `date>=2024-05-01`, `path=north/**`, `label!=owl`.
//!
//! A [`Condition`] is read from such a text. [`Conditions`] of a question are asked of each [`Subject`] (a recording with what is known of
//! it) for the stretches of it that pass, and of each moment for its label and its text. When a recording was made its name says
//! ([`Began::of_name`]), or what its recorder wrote into it; further fields come from there and from a table that lies beside
//! ([`MetadataTable`]).
//!
//! ```
//! use std::path::Path;
//!
//! use audiosearch::condition::{Began, Condition, Conditions, Subject};
//!
//! let night: Condition = "time=22:00-04:00".parse()?;
//! let path = Path::new("north/20240501_213000.WAV");
//! let began = Began::of_name(path);
//! let recording = Subject { path, place: path, seconds: Some(7_200.0), channel: None, began, value: &|_| None };
//! assert_eq!(Conditions::new(vec![night]).stretches(&recording).within(7_200.0), [(1_800.0, 7_200.0)]);
//! # Ok::<(), audiosearch::condition::InvalidCondition>(())
//! ```

mod began;
mod clock;
mod field;
mod operator;
mod parse;
mod stretches;
mod subject;
mod table;

pub use began::Began;
pub use field::{Field, field_name};
pub use parse::{Condition, InvalidCondition};
pub use stretches::Stretches;
pub use subject::{Conditions, MomentConditions, Subject};
pub use table::{MetadataError, MetadataTable};
