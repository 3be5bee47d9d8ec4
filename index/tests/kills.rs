//! A process that writes is killed again and again; what it had reported as done must be there, exactly, every time.
//! `AUDIOSEARCH_KILLS=300` makes the test as long as a release needs it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use audiosearch_index::{Index, Reader, SourceKey};
use common::{AUDIO, Numbers, assert_whole, schema, times, versioned, versions};

const KEYS: u64 = 20;

/// One line in one write: the pipe holds all of it or nothing when the kill comes.
fn say(line: &str) {
    std::io::stdout().lock().write_all(format!("\n{line}\n").as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

/// Not a test: the process that the next one kills. Says what it is about to do, does it, says that it is done.
#[test]
#[ignore = "the victim of no_kill_loses_what_was_acknowledged"]
fn victim() {
    let dir = PathBuf::from(std::env::var_os("AUDIOSEARCH_VICTIM").unwrap());
    let first: u64 = std::env::var("AUDIOSEARCH_VERSION").unwrap().parse().unwrap();
    let mut numbers = Numbers(first);
    let mut index = Index::create(&dir, AUDIO, schema(16)).unwrap();
    say("ready");
    for version in first.. {
        let key = numbers.below(KEYS);
        let gone = numbers.below(8) == 0;
        let what = if gone { format!("gone {key} 0") } else { format!("put {key} {version}") };
        say(&format!("will {what}"));
        let writer = index.writer().unwrap();
        if gone {
            writer.remove_source(&SourceKey::new(format!("key{key}"))).unwrap();
        } else {
            let (source, segments) = versioned(key, version);
            writer.put_source(source, segments).unwrap();
        }
        writer.flush().unwrap();
        say(&format!("did {what}"));
        if numbers.below(4) == 0 {
            let generation = writer.commit().unwrap();
            say(&format!("committed {} 0", generation.0));
        }
        if numbers.below(24) == 0 {
            drop(index);
            Index::compact(&dir, AUDIO).unwrap();
            index = Index::open(&dir, AUDIO).unwrap();
        }
    }
}

/// A running victim, and what it says.
struct Victim {
    child: Child,
    ready: mpsc::Receiver<()>,
    lines: JoinHandle<Vec<String>>,
}

impl Victim {
    fn start(dir: &std::path::Path, version: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--ignored", "--nocapture", "--test-threads=1"])
            .env("AUDIOSEARCH_VICTIM", dir)
            .env("AUDIOSEARCH_VERSION", version.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (send, ready) = mpsc::channel();
        let lines = thread::spawn(move || {
            let said = BufReader::new(stdout).lines().map_while(Result::ok);
            said.inspect(|line| {
                if line == "ready" {
                    let _ = send.send(());
                }
            })
            .collect()
        });
        Self { child, ready, lines }
    }

    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), None, "the victim ended by itself: {status}");
        self.lines.join().unwrap()
    }
}

/// Sources by key, each with its version.
type Model = BTreeMap<u64, u64>;

fn apply(model: &mut Model, what: &str, key: u64, version: u64) {
    match what {
        "put" => drop(model.insert(key, version)),
        _ => drop(model.remove(&key)),
    }
}

#[test]
fn no_kill_loses_what_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(11);
    let mut model = Model::new();
    // What the last acknowledged commit showed, and its generation.
    let mut shown = (0, Model::new());
    let (mut acknowledged, mut commits, mut in_flight, mut kept) = (0, 0, 0, 0);
    let rounds = times("AUDIOSEARCH_KILLS", 12);
    for round in 0..rounds {
        let victim = Victim::start(dir.path(), (round as u64 + 1) * 100_000);
        if numbers.below(4) > 0 {
            // Fails where the victim ends before it is ready, which its status tells better.
            let _ = victim.ready.recv_timeout(Duration::from_secs(60));
        }
        thread::sleep(Duration::from_millis(numbers.below(300)));
        let mut pending = None;
        for line in victim.kill() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["will", what, key, version] => pending = Some((what.to_owned(), key.to_owned(), version.to_owned())),
                ["did", what, key, version] => {
                    acknowledged += 1;
                    pending = None;
                    apply(&mut model, what, key.parse().unwrap(), version.parse().unwrap());
                }
                ["committed", generation, _] => {
                    commits += 1;
                    shown = (generation.parse().unwrap(), model.clone());
                }
                _ => {}
            }
        }
        // First as somebody who only asks would see it, before anybody mends anything.
        match Reader::open(dir.path(), AUDIO) {
            Ok(reader) => {
                let seen = versions(&reader);
                assert!(reader.generation().0 >= shown.0, "round {round}: {:?} after {}", reader.generation(), shown.0);
                assert!(reader.generation().0 > shown.0 || seen == shown.1, "round {round}: {seen:?}, not {shown:?}");
            }
            Err(e) => assert_eq!(shown.0, 0, "round {round}: {e}"),
        }
        let there = assert_whole(dir.path());
        if let Some((what, key, version)) = pending {
            // The one change that was under way may be there or not, but nothing in between.
            in_flight += 1;
            let mut with = model.clone();
            apply(&mut with, &what, key.parse().unwrap(), version.parse().unwrap());
            if there == with {
                kept += 1;
                model = with;
            }
        }
        assert_eq!(there, model, "round {round}");
        // `assert_whole` committed.
        shown = (Reader::open(dir.path(), AUDIO).unwrap().generation().0, model.clone());
    }
    eprintln!(
        "{rounds} kills: {acknowledged} changes and {commits} commits acknowledged, all there; \
         {in_flight} changes under way, {kept} of them done"
    );
    assert!(acknowledged > 0 && commits > 0, "the victim was never killed at work");
}

#[test]
fn a_kill_while_a_store_is_made_leaves_nothing_in_the_way() {
    let mut numbers = Numbers(12);
    for round in 0..times("AUDIOSEARCH_KILLS", 12) {
        let dir = tempfile::tempdir().unwrap();
        let victim = Victim::start(dir.path(), 1);
        // The victim is ready after some ten milliseconds.
        thread::sleep(Duration::from_millis(numbers.below(40)));
        victim.kill();
        let index = Index::create(dir.path(), AUDIO, schema(16));
        let index = index.unwrap_or_else(|e| panic!("round {round}: {e}"));
        index.writer().unwrap().commit().unwrap();
        assert!(index.verify().unwrap().is_clean(), "round {round}");
    }
}
