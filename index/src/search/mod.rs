//! How rows are found: codes, distances, the walk over the graph, the exact scan.

mod codes;
mod scan;
mod simd;
mod walk;

pub(crate) use codes::{CodesView, QueryCode, Scale};
pub(crate) use scan::{scan, scan_read, top};
pub(crate) use simd::Kernel;
pub(crate) use walk::{Scratch, walk};
