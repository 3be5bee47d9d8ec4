//! t-distributed stochastic neighbour embedding.

use rayon::prelude::*;

use super::{
    Components, Matrix, Neighbours, Progress, Projection, ProjectionError, Random,
    quadtree::{NUMBER_BITS, Push, Quadtree},
    sparse::Sparse,
};

/// Steps in which neighbours pull [`EXAGGERATION`] times as strongly, so that groups find together.
const EARLY: usize = 250;
const EXAGGERATION: f32 = 12.0;
const MOMENTUM: [f32; 2] = [0.5, 0.8];
/// Cells narrower than this share of their distance push as one point.
const THETA: f32 = 0.5;

/// Barnes–Hut t-SNE (van der Maaten 2014) over given neighbours, begun from the first two principal components and with a
/// learning rate that grows with the number of points (Kobak and Berens 2019; Belkina et al. 2019). Every sum is taken in a fixed
/// order, so that the picture is the same on any number of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tsne {
    /// How many neighbours a point has, roughly.
    pub perplexity: f32,
    /// Steps in all.
    pub steps: usize,
    /// Where points of equal vectors begin.
    pub seed: u64,
}

impl Default for Tsne {
    fn default() -> Self {
        Self { perplexity: 30.0, steps: 750, seed: 0 }
    }
}

impl Tsne {
    /// A perplexity that so many points allow.
    fn perplexity(&self, points: usize) -> f64 {
        f64::from(self.perplexity).min(points.saturating_sub(1) as f64 / 3.0).max(1.0)
    }
}

impl Projection for Tsne {
    fn project(
        &self,
        vectors: &Matrix,
        neighbours: &Neighbours,
        progress: &mut Progress<'_>,
    ) -> Result<Vec<[f32; 2]>, ProjectionError> {
        let points = vectors.rows();
        let most = 1 << NUMBER_BITS;
        if points == 0 {
            return Err(ProjectionError::Empty);
        }
        if points >= most {
            return Err(ProjectionError::TooMany { points, most: most - 1 });
        }
        let affinities = Sparse::affinities(neighbours, self.perplexity(points));
        let mut state = State::new(begin(vectors, self.seed));
        for step in 0..self.steps {
            progress.step(step, self.steps)?;
            let early = step < EARLY.min(self.steps / 3);
            let exaggeration = if early { EXAGGERATION } else { 1.0 };
            state.step(&affinities, exaggeration, MOMENTUM[usize::from(!early)]);
        }
        Ok(state.places)
    }

    /// Three times the perplexity: beyond, a Gaussian has next to nothing left.
    fn wanted_neighbours(&self, rows: usize) -> usize {
        ((3.0 * self.perplexity(rows)).ceil() as usize).min(rows.saturating_sub(1))
    }

    fn describe(&self) -> String {
        format!("t-SNE, perplexity {}, seed {}", self.perplexity, self.seed)
    }
}

/// The first two principal components, a ten-thousandth wide, with a jitter that tells equal vectors apart.
fn begin(vectors: &Matrix, seed: u64) -> Vec<[f32; 2]> {
    let components = Components::fit(vectors, 2);
    let mut places: Vec<[f32; 2]> = vectors.iter().map(|row| components.place(row)).collect();
    let n = places.len() as f64;
    let deviation = (places.iter().map(|place| f64::from(place[0]).powi(2)).sum::<f64>() / n).sqrt();
    let scale = if deviation > 0.0 { (1e-4 / deviation) as f32 } else { 0.0 };
    let mut random = Random::new(seed);
    for place in &mut places {
        for value in place {
            *value = *value * scale + 1e-6 * (random.unit() as f32 - 0.5);
        }
    }
    places
}

struct State {
    places: Vec<[f32; 2]>,
    speed: Vec<[f32; 2]>,
    gains: Vec<[f32; 2]>,
    rate: f32,
}

impl State {
    fn new(places: Vec<[f32; 2]>) -> Self {
        let n = places.len();
        // The gradient has a factor of 4, which scikit-learn's and openTSNE's n / 12 leaves out.
        let rate = (n as f32 / EXAGGERATION / 4.0).max(50.0);
        Self { places, speed: vec![[0.0; 2]; n], gains: vec![[1.0; 2]; n], rate }
    }

    fn step(&mut self, affinities: &Sparse, exaggeration: f32, momentum: f32) {
        let tree = Quadtree::new(&self.places, THETA);
        let in_order: Vec<Push> =
            (0..self.places.len()).into_par_iter().with_min_len(256).map(|at| tree.push(at)).collect();
        let weight: f64 = in_order.iter().map(|push| f64::from(push.weight)).sum();
        let scale = if weight > 0.0 { (1.0 / weight) as f32 } else { 0.0 };
        let mut pushed = vec![[0f32; 2]; self.places.len()];
        for (&number, push) in tree.order.iter().zip(&in_order) {
            pushed[number as usize] = push.force.map(|force| force * scale);
        }
        let (places, rate) = (&self.places, self.rate);
        let gradient = |point: usize| {
            let own = places[point];
            let mut pull = [0f32; 2];
            for &(other, strength) in affinities.row(point) {
                let other = places[other as usize];
                let (dx, dy) = (own[0] - other[0], own[1] - other[1]);
                let near = strength / (1.0 + dx * dx + dy * dy);
                pull[0] += near * dx;
                pull[1] += near * dy;
            }
            [0, 1].map(|axis| 4.0 * (exaggeration * pull[axis] - pushed[point][axis]))
        };
        let moves = self.speed.par_iter_mut().zip(&mut self.gains).enumerate().with_min_len(256);
        moves.for_each(|(point, (speed, gains))| {
            let gradient = gradient(point);
            for axis in 0..2 {
                let turned = (gradient[axis] > 0.0) != (speed[axis] > 0.0);
                gains[axis] = if turned { gains[axis] + 0.2 } else { (gains[axis] * 0.8).max(0.01) };
                speed[axis] = momentum * speed[axis] - rate * gains[axis] * gradient[axis];
            }
        });
        let mut centre = [0f64; 2];
        for (place, speed) in self.places.iter_mut().zip(&self.speed) {
            for axis in 0..2 {
                place[axis] += speed[axis];
                centre[axis] += f64::from(place[axis]);
            }
        }
        let centre = centre.map(|sum| (sum / self.places.len() as f64) as f32);
        self.places.iter_mut().for_each(|place| *place = [place[0] - centre[0], place[1] - centre[1]]);
    }
}
