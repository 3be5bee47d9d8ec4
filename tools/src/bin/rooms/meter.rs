//! What a piece of work costs.

use std::{fs, time::Instant};

use cpu_time::ProcessTime;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The price of one room.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cost {
    /// Seconds of processors, of all threads together.
    pub cpu: f64,
    /// Seconds by the clock.
    pub wall: f64,
    /// How far memory rose above what was there before, in MB; none where the system does not tell.
    pub grown_mb: Option<f64>,
}

/// Measures rooms one after another.
#[derive(Default)]
pub struct Meter(Vec<(&'static str, Cost)>);

impl Meter {
    /// What `work` gives; its cost is kept under the name of the room.
    pub fn room<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let (value, cost) = cost(work);
        self.add(name, cost);
        value
    }

    /// A cost that was measured elsewhere.
    pub fn add(&mut self, name: &'static str, cost: Cost) {
        self.0.push((name, cost));
    }

    /// Prints the speeds of work on so many seconds of sound.
    pub fn tell(&self, seconds: f64) {
        for (name, cost) in &self.0 {
            eprintln!("{name:24} {:8.0} × real time, clock {:8.0} ×", seconds / cost.cpu, seconds / cost.wall);
        }
    }

    /// An object a room, by name.
    pub fn lines(&self) -> Map<String, Value> {
        self.0.iter().map(|(name, cost)| ((*name).to_owned(), json!(cost))).collect()
    }
}

/// What `work` gives and what it costs.
pub fn cost<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    // "5" sets the high-water mark back to what is in memory now; only Linux has it.
    let before = fs::write("/proc/self/clear_refs", "5").ok().and_then(|()| memory("VmHWM"));
    let (cpu, wall) = (ProcessTime::now(), Instant::now());
    let value = work();
    let (cpu, wall) = (cpu.elapsed().as_secs_f64(), wall.elapsed().as_secs_f64());
    let grown_mb = before.and_then(|before| Some(memory("VmHWM")?.saturating_sub(before) as f64 / 1e3));
    (value, Cost { cpu, wall, grown_mb })
}

/// A line of the process's status, in kB.
fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}
