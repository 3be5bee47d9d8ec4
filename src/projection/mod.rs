//! Vectors of many components become points of a plane.
//!
//! [`Pca`] is linear and keeps what is far apart far apart; [`Tsne`] keeps neighbours together. Both give the same picture for the
//! same input, on any number of threads. [`trustworthiness`] says how far a picture can be believed.

mod clusters;
mod eigen;
mod matrix;
mod neighbours;
mod pca;
mod quadtree;
mod random;
mod sparse;
mod trust;
mod tsne;

use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

pub use clusters::clusters;
pub use matrix::Matrix;
pub use neighbours::Neighbours;
pub use pca::{Components, Pca};
pub use random::Random;
pub use trust::trustworthiness;
pub use tsne::Tsne;

/// Why there is no picture.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProjectionError {
    /// Nothing to draw.
    #[error("there is no vector to draw")]
    Empty,
    /// More than the method can number.
    #[error("{points} points are more than t-SNE can draw ({most}); --sample {most} takes part of them")]
    TooMany {
        /// How many there are.
        points: usize,
        /// How many there may be.
        most: usize,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// How far a projection has come, and whether it is to go on.
pub struct Progress<'a> {
    stop: &'a AtomicBool,
    observe: &'a mut dyn FnMut(usize, usize),
}

impl<'a> Progress<'a> {
    /// `observe` is called with steps done and steps in all; `stop` ends the work.
    pub fn new(stop: &'a AtomicBool, observe: &'a mut dyn FnMut(usize, usize)) -> Self {
        Self { stop, observe }
    }

    /// So many of so many steps are done.
    ///
    /// # Errors
    /// [`ProjectionError::Interrupted`] where the work is to end.
    pub fn step(&mut self, done: usize, of: usize) -> Result<(), ProjectionError> {
        (self.observe)(done, of);
        if self.stop.load(Ordering::Relaxed) { Err(ProjectionError::Interrupted) } else { Ok(()) }
    }
}

/// A way to lay vectors out in a plane.
pub trait Projection {
    /// A place for every row of `vectors`, `[rows, 2]`. `neighbours` are the rows' nearest others in the space of the vectors.
    ///
    /// # Errors
    /// Where there are no rows or too many, or `progress` says to stop.
    fn project(
        &self,
        vectors: &Matrix,
        neighbours: &Neighbours,
        progress: &mut Progress<'_>,
    ) -> Result<Vec<[f32; 2]>, ProjectionError>;

    /// How many neighbours of each of `rows` rows the projection wants to know.
    fn wanted_neighbours(&self, rows: usize) -> usize;

    /// The method and its settings, for people.
    fn describe(&self) -> String;
}
