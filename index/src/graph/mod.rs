//! How the proximity graph is made and mended; what it is, `adjacency` says.

mod grow;
mod knit;
mod order;
mod reach;
mod seed;

pub(crate) use grow::grow;
pub(crate) use knit::{Material, build};
pub(crate) use order::{renumber, walk_order};
pub(crate) use reach::unreachable;
