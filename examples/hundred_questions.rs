//! Asks an open engine a hundred questions, on four threads: where is each of these words said?
//!
//!     cargo run --release --example hundred_questions -- tools/demo/recordings/.audiosearch bicycle umbrella kitchen

use std::thread;

use audiosearch::engine::{Engine, EngineError, Query};

/// Questions, and threads that ask them.
const QUESTIONS: usize = 100;
const THREADS: usize = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [store, words @ ..] = &args[..] else { return Err("usage: hundred_questions STORE WORD...".into()) };
    let engine = Engine::open(store)?;
    let ask = |thread: usize| -> Result<usize, EngineError> {
        let own = words.iter().cycle().take(QUESTIONS).skip(thread).step_by(THREADS);
        own.map(|word| Ok(engine.search(&Query::words(word).k(5))?.len())).sum()
    };
    let hits = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || ask(thread))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a thread broke off")).collect::<Vec<_>>()
    });
    let mut found = 0;
    for hits in hits {
        found += hits??;
    }
    println!("{QUESTIONS} questions, {found} hits");
    Ok(())
}
