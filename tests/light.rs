//! What a user types starts without LibTorch; what needs LibTorch is done by the program beside it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::Place;

/// The libraries that the loader would load for a program, a line each.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn libraries(program: &str) -> String {
    let answer = std::process::Command::new(program).env("LD_TRACE_LOADED_OBJECTS", "1").output().unwrap();
    String::from_utf8(answer.stdout).unwrap()
}

#[test]
fn no_crate_of_the_light_program_is_of_libtorch() {
    let mut command = std::process::Command::new(env!("CARGO"));
    command.args(["tree", "--edges", "normal", "--prefix", "none", "--package", "audiosearch"]);
    let answer = command.args(["--no-default-features", "--locked", "--offline"]).output().unwrap();
    let tree = String::from_utf8(answer.stdout).unwrap();
    assert!(tree.contains("symphonia"), "{tree}{}", String::from_utf8_lossy(&answer.stderr));
    let of_libtorch = |line: &&str| line.starts_with("tch ") || line.starts_with("torch-sys ");
    assert_eq!(tree.lines().find(of_libtorch), None);
}

#[cfg(not(feature = "torch"))]
mod without {
    use std::{fs, process::Command};

    use super::*;

    /// The program in a folder of its own.
    fn alone(place: &Place) -> Command {
        let program = place.join("audiosearch");
        fs::copy(env!("CARGO_BIN_EXE_audiosearch"), &program).unwrap();
        Command::new(program)
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn the_program_is_not_linked_to_libtorch() {
        let light = libraries(env!("CARGO_BIN_EXE_audiosearch"));
        assert!(light.contains("libc.so") && !light.contains("torch"), "{light}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named_with_what_makes_it() {
        let place = Place::new();
        for args in [
            &["train", "audio", "rec", "--out", "m.safetensors"][..],
            &["reconstruct", "--text", "The dog bit the man."],
            &["eval", "paragraphs", "p.txt", "--model", "m.safetensors"],
            &["query", "--text", "a dog", "--device", "cuda"],
        ] {
            let answer = alone(&place).args(args).current_dir(place.path()).output().unwrap();
            let told = String::from_utf8(answer.stderr).unwrap();
            assert_eq!(answer.status.code(), Some(2), "{args:?}: {told}");
            assert_eq!(told.lines().count(), 1, "{told}");
            assert!(told.contains("audiosearch-torch") && told.contains("make torch"), "{args:?}: {told}");
        }
        let help = alone(&place).args(["train", "audio", "--help"]).output().unwrap();
        assert!(String::from_utf8(help.stdout).unwrap().contains("--objective"), "help needs no LibTorch");
    }

    #[cfg(unix)]
    #[test]
    fn the_program_beside_goes_on_with_the_same_words() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = Place::new();
        let beside = place.file("audiosearch-torch", "#!/bin/sh\nprintf '%s|' \"$@\"\ncat\nexit 7\n");
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o755)).unwrap();
        place.file("stdin", "what was piped in");
        let mut command = alone(&place);
        command.args(["train", "text", "my lines.txt", "--out", "m.safetensors"]);
        let answer = command.stdin(fs::File::open(place.join("stdin")).unwrap()).output().unwrap();
        let said = String::from_utf8(answer.stdout).unwrap();
        assert_eq!(said, "train|text|my lines.txt|--out|m.safetensors|what was piped in");
        assert_eq!(answer.status.code(), Some(7));
    }
}

#[cfg(feature = "torch")]
mod with {
    use super::*;

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn the_program_is_linked_to_libtorch() {
        assert!(libraries(env!("CARGO_BIN_EXE_audiosearch-torch")).contains("libtorch_cpu"));
    }

    #[test]
    fn training_names_what_is_not_there() {
        let place = Place::new();
        let ran = place.run(["train", "audio", "nothing here.tsv", "--out", "m.safetensors"]);
        ran.complains(&["nothing here.tsv"]);
    }

    #[test]
    fn a_device_that_is_not_there_is_named() {
        let place = Place::with_recordings(2, 2.0);
        place.ok(["index", "rec"]);
        let ran = place.run(["query", "rec/a.wav", "--device", "cuda:99"]);
        ran.complains(&["cuda:99", "not available"]);
    }
}
