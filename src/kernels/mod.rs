//! Arithmetic on rows of f32 with the vector instructions of the machine, found at run time: matrix products with weights packed
//! once, in single precision or in fixed point, and the curves of recurrent cells.
//!
//! The same program runs on every processor of its kind; `pulp` chooses between AVX-512, AVX2 and what is always there,
//! and where AVX-512 has VNNI, the compiler uses that for fixed point.

mod arch;
mod curves;
mod fixed;
mod matrix;
mod tile;

pub use arch::Arch;
pub use curves::{sigmoid, tanh};
pub use matrix::{Matrix, QuantisedFrames};
pub use pulp::{Simd, WithSimd};
pub use tile::PANEL;
