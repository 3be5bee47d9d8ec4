//! Far points as one: the quadtree of Barnes and Hut (1986).
//!
//! The points are sorted along a Z-order curve, so that every cell of the tree is a run of them and neighbours in the plane lie
//! near each other in memory. Cells stand in the order of a walk that goes down first; each knows where the walk goes on when it
//! is taken as a whole, so that no stack is needed.

use rayon::prelude::*;

/// Bits a coordinate has on the curve.
const BITS: u32 = 20;
/// Bits of a point's number in a sort key, under the 2 × 20 of its place.
pub(super) const NUMBER_BITS: u32 = 64 - 2 * BITS;
/// Up to so many points are no cells of their own.
const LEAF: usize = 8;

struct Cell {
    centre: [f32; 2],
    points: f32,
    /// The square of width / theta: what lies farther away sees the cell as one point.
    far: f32,
    /// Where the walk goes on without the cells below.
    next: u32,
    /// The run of its points in a leaf; empty where there are cells below.
    begin: u32,
    end: u32,
}

/// All points, and the cells over them.
pub(super) struct Quadtree {
    cells: Vec<Cell>,
    /// In the order of the curve.
    sorted: Vec<[f32; 2]>,
    /// The number of each of `sorted`.
    pub order: Vec<u32>,
}

/// What pushes a point away.
#[derive(Clone, Copy, Default)]
pub(super) struct Push {
    /// The sum of (own − other) / (1 + distance²)².
    pub force: [f32; 2],
    /// The sum of 1 / (1 + distance²).
    pub weight: f32,
}

impl Quadtree {
    /// Over `places`, fewer than 2^24 of them; `theta` is the width of a cell that is taken as one, as a share of its distance.
    pub fn new(places: &[[f32; 2]], theta: f32) -> Self {
        let mut low = [f32::INFINITY; 2];
        let mut high = [f32::NEG_INFINITY; 2];
        for place in places {
            for axis in 0..2 {
                low[axis] = low[axis].min(place[axis]);
                high[axis] = high[axis].max(place[axis]);
            }
        }
        let width = (high[0] - low[0]).max(high[1] - low[1]).max(f32::MIN_POSITIVE);
        let scale = ((1u32 << BITS) - 1) as f32 / width;
        let key = |(number, place): (usize, &[f32; 2])| {
            let [x, y] = [0, 1].map(|axis| ((place[axis] - low[axis]) * scale) as u32);
            (interleaved(x, y) << NUMBER_BITS) | number as u64
        };
        let mut keys: Vec<u64> = places.par_iter().enumerate().map(|(n, p)| key((n, p))).collect();
        keys.par_sort_unstable();
        let order: Vec<u32> = keys.iter().map(|key| (key & ((1 << NUMBER_BITS) - 1)) as u32).collect();
        let sorted = order.iter().map(|&number| places[number as usize]).collect();
        let mut tree = Self { cells: Vec::with_capacity(places.len()), sorted, order };
        tree.grow(&keys, 0, 2 * BITS, (width / theta).powi(2));
        tree
    }

    /// Adds the cell of the points from `begin` on, whose keys agree above `bits`, and the cells below it.
    fn grow(&mut self, keys: &[u64], begin: usize, bits: u32, far: f32) {
        let at = self.cells.len();
        let run = &self.sorted[begin..begin + keys.len()];
        let sum = run.iter().fold([0f32; 2], |sum, p| [sum[0] + p[0], sum[1] + p[1]]);
        let points = run.len() as f32;
        let centre = [sum[0] / points, sum[1] / points];
        let leaf = keys.len() <= LEAF || bits == 0;
        let (first, last) = if leaf { (begin, begin + keys.len()) } else { (0, 0) };
        self.cells.push(Cell { centre, points, far, next: 0, begin: first as u32, end: last as u32 });
        if !leaf {
            let quarter = |key: u64| (key >> (NUMBER_BITS + bits - 2)) & 3;
            let mut from = 0;
            for which in 0..4 {
                let to = keys.partition_point(|&key| quarter(key) <= which);
                if to > from {
                    self.grow(&keys[from..to], begin + from, bits - 2, far / 4.0);
                }
                from = to;
            }
        }
        self.cells[at].next = self.cells.len() as u32;
    }

    /// What pushes the point at `place` of the curve's order.
    pub fn push(&self, place: usize) -> Push {
        let own = self.sorted[place];
        let mut push = Push::default();
        let mut add = |other: [f32; 2], points: f32| {
            let (dx, dy) = (own[0] - other[0], own[1] - other[1]);
            let near = 1.0 / (1.0 + dx * dx + dy * dy);
            push.weight += points * near;
            let strength = points * near * near;
            push.force[0] += strength * dx;
            push.force[1] += strength * dy;
        };
        let mut at = 0;
        while let Some(cell) = self.cells.get(at) {
            let distance = (own[0] - cell.centre[0]).powi(2) + (own[1] - cell.centre[1]).powi(2);
            if cell.far < distance {
                add(cell.centre, cell.points);
                at = cell.next as usize;
            } else if cell.end > cell.begin {
                for other in cell.begin as usize..cell.end as usize {
                    if other != place {
                        add(self.sorted[other], 1.0);
                    }
                }
                at = cell.next as usize;
            } else {
                at += 1;
            }
        }
        push
    }
}

/// The bits of both, by turns.
fn interleaved(x: u32, y: u32) -> u64 {
    let spread = |v: u32| {
        let mut v = u64::from(v);
        v = (v | (v << 16)) & 0x0000_FFFF_0000_FFFF;
        v = (v | (v << 8)) & 0x00FF_00FF_00FF_00FF;
        v = (v | (v << 4)) & 0x0F0F_0F0F_0F0F_0F0F;
        v = (v | (v << 2)) & 0x3333_3333_3333_3333;
        (v | (v << 1)) & 0x5555_5555_5555_5555
    };
    spread(x) | (spread(y) << 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::Random;

    fn exact(places: &[[f32; 2]], own: usize) -> ([f64; 2], f64) {
        let (mut force, mut weight) = ([0f64; 2], 0f64);
        for (other, place) in places.iter().enumerate().filter(|(other, _)| *other != own) {
            let [dx, dy] = [0, 1].map(|axis| f64::from(places[own][axis]) - f64::from(place[axis]));
            let near = 1.0 / (1.0 + dx * dx + dy * dy);
            weight += near;
            force = [force[0] + near * near * dx, force[1] + near * near * dy];
            assert_ne!(other, own);
        }
        (force, weight)
    }

    #[test]
    fn the_push_is_that_of_all_points_one_by_one() {
        let mut random = Random::new(3);
        let mut places: Vec<[f32; 2]> = (0..3_000).map(|_| [0, 1].map(|_| 80.0 * random.unit() as f32)).collect();
        // Many in one place, as equal recordings are.
        places.extend([[7.0, 7.0]; 50]);
        for (theta, least) in [(1e-3, 1e-4), (0.5, 0.05)] {
            let tree = Quadtree::new(&places, theta);
            let mut off = 0f64;
            for at in (0..places.len()).step_by(97) {
                let (force, weight) = exact(&places, tree.order[at] as usize);
                let push = tree.push(at);
                assert!((f64::from(push.weight) - weight).abs() < least * weight);
                let error = (f64::from(push.force[0]) - force[0]).hypot(f64::from(push.force[1]) - force[1]);
                off = off.max(error / force[0].hypot(force[1]).max(0.5));
            }
            assert!(off < least, "theta {theta}: {off}");
        }
    }

    #[test]
    fn points_in_one_place_end_in_one_leaf() {
        let tree = Quadtree::new(&[[1.0, 2.0]; 100], 0.5);
        let push = tree.push(0);
        assert_eq!((push.weight, push.force), (99.0, [0.0, 0.0]));
    }
}
