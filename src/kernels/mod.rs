//! Arithmetic on rows of f32 with the vector instructions of the machine, found at run time: matrix products with weights packed
//! once, and the curves of recurrent cells.
//!
//! The same program runs on every processor of its kind; `pulp` chooses between AVX-512, AVX2 and what is always there.

mod curves;
mod matrix;

pub use curves::{sigmoid, tanh};
pub use matrix::{Matrix, PANEL};
pub use pulp::{Arch, Simd, WithSimd};
