//! What a user types starts without LibTorch; what needs LibTorch is done nevertheless.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, babble, cut};

/// The libraries that the loader would load for a program, a line each.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn libraries(program: &str) -> String {
    let answer = std::process::Command::new(program).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
    String::from_utf8(answer.stdout).unwrap()
}

// Without optimisation over crates' borders the linker keeps LibTorch for the sake of its start-up code.
#[cfg(all(target_os = "linux", target_env = "gnu", not(debug_assertions)))]
#[test]
fn the_program_that_is_typed_is_not_linked_to_libtorch() {
    let light = libraries(env!("CARGO_BIN_EXE_audiosearch"));
    assert!(light.contains("libc.so"), "{light}");
    assert!(
        !light.contains("torch"),
        "some code that `audiosearch` can reach calls LibTorch; reach it through cli::torch::Torch: {light}"
    );
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_other_program_is_linked_to_libtorch() {
    assert!(libraries(env!("CARGO_BIN_EXE_audiosearch-torch")).contains("libtorch_cpu"));
}

#[test]
fn both_programs_are_one_to_the_user() {
    let place = Place::with_recordings(2, 2.0);
    place.ok(["index", "rec"]);
    place.wav("piece.wav", cut(&babble(1, 2.0), 0.4, 0.8));
    let ask = ["query", "piece.wav", "--json"];
    let with_torch = std::process::Command::new(env!("CARGO_BIN_EXE_audiosearch-torch"))
        .args(ask)
        .current_dir(place.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(with_torch.stdout).unwrap(), place.ok(ask).stdout);
    // Training is done by the other program: its messages, its exit code, and what it writes are those of this one.
    let ran = place.run(["train", "audio", "nothing here.tsv", "--out", "m.safetensors"]);
    ran.complains(&["nothing here.tsv"]);
    let ran = place.run(["train", "audio", "--help"]);
    assert!(ran.stdout.contains("audiosearch train audio"), "{}", ran.stdout);
    let ran = place.run(["query", "piece.wav", "--device", "cuda:99"]);
    ran.complains(&["cuda:99", "not available"]);
}

#[test]
fn a_program_that_is_gone_is_named() {
    let place = Place::new();
    let alone = place.join("audiosearch");
    std::fs::copy(env!("CARGO_BIN_EXE_audiosearch"), &alone).unwrap();
    let mut command = std::process::Command::new(&alone);
    let answer = command.args(["train", "audio", "rec", "--out", "m.safetensors"]).output().unwrap();
    let told = String::from_utf8(answer.stderr).unwrap();
    assert_eq!(answer.status.code(), Some(2), "{told}");
    assert!(told.contains("audiosearch-torch") && told.contains("make build"), "{told}");
}
