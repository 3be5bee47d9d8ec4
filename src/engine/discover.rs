//! What occurs more than once.

use std::{sync::mpsc, thread};

use super::{Engine, EngineError, Event, Filter, Observer, Work, observer::Watch};
use crate::search::{DiscoveryOptions, Group, discover};

/// How much is asked, and what counts.
#[derive(Clone, Debug, PartialEq)]
pub struct DiscoverOptions {
    /// Segments that query the store, at most; they are spread evenly over it.
    pub segments: usize,
    /// Moments that each may name as its like.
    pub neighbours: usize,
    /// How probable it must be that two moments are the same, 0 to 1.
    pub min_confidence: f32,
    /// Which moments ask, and may be found.
    pub filter: Filter,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        Self { segments: 20_000, neighbours: 10, min_confidence: 0.5, filter: Filter::default() }
    }
}

impl Engine {
    /// Groups of moments that are said, or sound, alike, those that occur most often first.
    ///
    /// # Errors
    /// Where the store cannot be searched, or the observer asked to stop.
    pub fn discover(&self, options: &DiscoverOptions, observer: &mut impl Observer) -> Result<Vec<Group>, EngineError> {
        let mut watch = Watch::new(observer);
        let (searcher, network, stop) = (self.audio()?, self.acoustic()?, watch.stop());
        let DiscoverOptions { segments, neighbours, min_confidence, ref filter } = *options;
        let filter = self.filter_of_hits(&searcher, filter)?;
        let (mut done, of) = (0, searcher.segments().min(segments));
        let options = DiscoveryOptions { segments, neighbours, min_confidence, filter };
        watch.begin(Work::Segments, of);
        let found = thread::scope(|scope| {
            let (done_here, progress) = mpsc::channel();
            let (searcher, options, stop) = (&searcher, &options, &stop);
            // Nobody listens only where the caller has panicked.
            let each = move |more| {
                let _ = done_here.send(more);
            };
            let work = scope.spawn(move || discover(searcher, network, options, &each, stop.flag()));
            for more in progress {
                done += more;
                watch.emit(&Event::Progress { work: Work::Segments, done, of, amount: 0.0 });
            }
            work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        watch.end(Work::Segments);
        watch.check()?;
        Ok(found?)
    }
}
