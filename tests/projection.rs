//! Projections against scikit-learn's numbers (`tools/fixtures/golden_projection.py`), and what a picture must keep.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::atomic::AtomicBool;

use audiosearch::projection::{
    Components, Matrix, Neighbours, Pca, Progress, Projection, ProjectionError, Random, Tsne, trustworthiness,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    rows: Vec<Vec<f32>>,
    pca: Vec<[f32; 2]>,
    explained: Vec<f64>,
    trust: std::collections::BTreeMap<String, f64>,
    scattered: Vec<[f32; 2]>,
    trust_scattered: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/projection.json")).unwrap()
}

fn matrix(rows: &[Vec<f32>]) -> Matrix {
    Matrix::from_rows(rows[0].len(), rows.iter().map(Vec::as_slice))
}

fn project(projection: &dyn Projection, vectors: &Matrix) -> Result<Vec<[f32; 2]>, ProjectionError> {
    let near = Neighbours::exact(vectors, projection.wanted_neighbours(vectors.rows()));
    projection.project(vectors, &near, &mut Progress::new(&AtomicBool::new(false), &mut |_, _| {}))
}

/// `each` unit vectors around each of `groups` directions of 16 components.
fn groups(groups: usize, each: usize) -> Vec<Vec<f32>> {
    let mut random = Random::new(5);
    let mut gaussian = || (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
    let centres: Vec<Vec<f64>> = (0..groups).map(|_| (0..16).map(|_| gaussian()).collect()).collect();
    let mut rows = Vec::new();
    for centre in &centres {
        for _ in 0..each {
            let row: Vec<f64> = centre.iter().map(|c| c + 0.3 * gaussian()).collect();
            let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
            rows.push(row.iter().map(|v| (v / norm) as f32).collect());
        }
    }
    rows
}

#[test]
fn principal_components_are_scikit_learns_signs_included() {
    let golden = golden();
    let vectors = matrix(&golden.rows);
    for (own, theirs) in project(&Pca, &vectors).unwrap().iter().zip(&golden.pca) {
        assert!((own[0] - theirs[0]).abs() < 1e-5 && (own[1] - theirs[1]).abs() < 1e-5, "{own:?} {theirs:?}");
    }
    for (own, theirs) in Components::fit(&vectors, 2).explained().iter().zip(&golden.explained) {
        assert!((own - theirs).abs() < 1e-5);
    }
}

#[test]
fn trustworthiness_is_scikit_learns() {
    let golden = golden();
    let vectors = matrix(&golden.rows);
    for (k, theirs) in &golden.trust {
        let own = trustworthiness(&vectors, &golden.pca, k.parse().unwrap(), usize::MAX, 0).unwrap();
        assert!((own - theirs).abs() < 1e-5, "k {k}: {own} {theirs}");
    }
    let scattered = trustworthiness(&vectors, &golden.scattered, 5, usize::MAX, 0).unwrap();
    assert!((scattered - golden.trust_scattered).abs() < 1e-5);
    assert_eq!(trustworthiness(&vectors, &golden.pca, 30, usize::MAX, 0), None, "half of the points are no neighbours");
}

#[test]
fn tsne_keeps_groups_together_and_is_the_same_on_any_number_of_threads() {
    let vectors = matrix(&groups(6, 40));
    let places = project(&Tsne::default(), &vectors).unwrap();
    assert!(trustworthiness(&vectors, &places, 10, usize::MAX, 0).unwrap() > 0.9);
    // Of every point, the nearest in the picture is of its group.
    for (own, place) in places.iter().enumerate() {
        let distance = |other: &[f32; 2]| (other[0] - place[0]).hypot(other[1] - place[1]);
        let others = (0..places.len()).filter(|&other| other != own);
        let nearest = others.min_by(|&a, &b| distance(&places[a]).total_cmp(&distance(&places[b]))).unwrap();
        assert_eq!(nearest / 40, own / 40);
    }
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| project(&Tsne::default(), &vectors)).unwrap(), places);
    let other = project(&Tsne { seed: 1, ..Tsne::default() }, &vectors).unwrap();
    assert_ne!(other, places, "the seed counts");
}

#[test]
fn few_and_equal_points_have_finite_places() {
    for count in 1..8 {
        let rows = groups(1, count);
        for projection in [&Pca as &dyn Projection, &Tsne::default()] {
            let places = project(projection, &matrix(&rows)).unwrap();
            assert_eq!(places.len(), count);
            assert!(places.iter().flatten().all(|v| v.is_finite()), "{count}: {places:?}");
        }
    }
    let equal = vec![groups(1, 1).remove(0); 50];
    for projection in [&Pca as &dyn Projection, &Tsne::default()] {
        assert!(project(projection, &matrix(&equal)).unwrap().iter().flatten().all(|v| v.is_finite()));
    }
    let nothing = Matrix::from_rows(4, []);
    assert_eq!(project(&Tsne::default(), &nothing), Err(ProjectionError::Empty));
}

#[test]
fn a_projection_ends_when_asked() {
    let vectors = matrix(&groups(2, 20));
    let near = Neighbours::exact(&vectors, 10);
    let stop = AtomicBool::new(true);
    let mut steps = 0;
    let mut count = |_, _| steps += 1;
    let ended = Tsne::default().project(&vectors, &near, &mut Progress::new(&stop, &mut count));
    assert_eq!(ended, Err(ProjectionError::Interrupted));
    assert_eq!(steps, 1);
}
