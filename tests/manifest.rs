//! `--list`: manifests with and without a header, for `query` and `embed`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, babble, text};

/// A matrix as `embed` writes it.
fn rows(place: &Place, name: &str) -> Vec<Vec<f32>> {
    let bytes = std::fs::read(place.join(name)).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let described = String::from_utf8_lossy(&bytes[10..header]).into_owned();
    let shape = described.split("'shape': (").nth(1).unwrap().split(')').next().unwrap().to_owned();
    let sizes: Vec<usize> = shape.split(',').map(|size| size.trim().parse().unwrap()).collect();
    let values: Vec<f32> = bytes[header..].chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!(values.len(), sizes[0] * sizes[1]);
    values.chunks(sizes[1]).map(<[f32]>::to_vec).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn a_hit_is_known_by_its_row_exactly_as_written() {
    let place = Place::with_recordings(2, 3.0);
    place.ok(["index", "rec"]);
    place.file(
        "lists/words.tsv",
        "path\tstart\tend\tlabel\n../rec/00.wav\t0.50\t1.3\tone\n../rec/01.wav\t1\t2.0\ttwo\n../rec/01.wav\t\t\t\n",
    );
    let hits = place.ok(["query", "--list", "lists/words.tsv", "-k", "1", "--json"]).json();
    let queries: Vec<String> = hits.iter().map(|hit| text(hit, "query")).collect();
    assert_eq!(queries, ["../rec/00.wav#0.50-1.3", "../rec/01.wav#1-2.0", "../rec/01.wav"]);
    assert_eq!(hits[0]["path"], "rec/00.wav");
    assert!((hits[0]["start"].as_f64().unwrap() - 0.5).abs() < 0.25);
}

#[test]
fn a_plain_list_of_paths_is_a_list() {
    let place = Place::with_recordings(2, 1.0);
    place.wav("with space\t and tab.wav", &babble(77, 1.0));
    place.file("list.txt", "rec/01.wav\r\nwith space\t and tab.wav\r\nrec/00.wav\r\n");
    place.ok(["embed", "--list", "list.txt", "--out", "v.npy"]);
    assert_eq!(rows(&place, "v.npy").len(), 3);
    place.ok(["embed", "rec/01.wav", "with space\t and tab.wav", "rec/00.wav", "--out", "w.npy"]);
    for (a, b) in rows(&place, "v.npy").iter().zip(&rows(&place, "w.npy")) {
        assert!(cosine(a, b) > 0.9999);
    }
}

#[test]
fn rows_stand_in_the_order_of_the_list_and_are_of_unit_length() {
    let place = Place::with_recordings(3, 2.0);
    let order = ["rec/02.wav\t0.2\t0.9", "rec/00.wav\t0.3\t1.6", "rec/02.wav\t1.0\t1.5", "rec/01.wav\t\t"];
    place.file("list.tsv", format!("path\tstart\tend\n{}\n", order.join("\n")));
    place.ok(["embed", "--list", "list.tsv", "--out", "v.npy"]);
    let together = rows(&place, "v.npy");
    for row in &together {
        assert!((cosine(row, row) - 1.0).abs() < 1e-5);
    }
    for (number, line) in order.iter().enumerate() {
        place.file("one.tsv", format!("path\tstart\tend\n{line}\n"));
        place.ok(["embed", "--list", "one.tsv", "--out", "one.npy"]);
        assert!(cosine(&rows(&place, "one.npy")[0], &together[number]) > 0.9999, "row {number}");
    }
}

#[test]
fn a_clip_of_a_file_is_the_same_as_the_clip_cut_out() {
    let place = Place::with_recordings(1, 3.0);
    place.wav("piece.wav", common::cut(&babble(1, 3.0), 1.0, 0.8));
    place.file("list.tsv", "path\tstart\tend\nrec/00.wav\t1.0\t1.8\npiece.wav\t\t\n");
    place.ok(["embed", "--list", "list.tsv", "--out", "v.npy"]);
    let both = rows(&place, "v.npy");
    assert!(cosine(&both[0], &both[1]) > 0.9999);
}

#[test]
fn a_bad_list_names_its_line() {
    let place = Place::with_recordings(1, 1.0);
    place.ok(["index", "rec"]);
    place.file("bad.tsv", "path\tstart\nrec/00.wav\tsoon\n");
    place.run(["query", "--list", "bad.tsv"]).complains(&["bad.tsv:2", "start is 'soon'"]);
    place.file("empty.tsv", "");
    place.run(["embed", "--list", "empty.tsv", "--out", "v.npy"]).complains(&["empty.tsv", "empty"]);
    place.run(["query", "--list", "gone.tsv"]).complains(&["gone.tsv"]);
}

#[test]
fn rows_that_fail_are_left_out_and_reported() {
    let place = Place::with_recordings(1, 2.0);
    place.file("list.tsv", "path\tstart\tend\nrec/00.wav\t0\t1\ngone.wav\t0\t1\nrec/00.wav\t5\t6\n");
    place
        .run(["embed", "--list", "list.tsv", "--out", "v.npy"])
        .complains(&["gone.wav"])
        .complains(&["rec/00.wav", "5"]);
    assert_eq!(rows(&place, "v.npy").len(), 1);
}
