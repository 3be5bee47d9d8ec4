//! Channels of one recording that are sources of their own.

use audiosearch_index::{SourceId, SourceKey};

use super::searcher::Searcher;
use crate::pipeline::{channel_of, file_of};

impl Searcher {
    /// The recording with this key, as a whole or as channels; of a key of one channel that one, or the whole that it is a part of.
    pub fn sources(&self, key: &SourceKey) -> Vec<SourceId> {
        let (file, channel) = (file_of(key), channel_of(key));
        let known = self.recordings.iter().filter(|(_, own)| file_of(&own.key) == file);
        let same = |key: &SourceKey| channel.is_none() || channel_of(key).is_none_or(|own| Some(own) == channel);
        known.filter(|(_, own)| same(&own.key)).map(|(id, _)| *id).collect()
    }

    /// A recording with the other channels of its file.
    pub(super) fn channels(&self, source: SourceId) -> Vec<SourceId> {
        match self.key(source) {
            Some(key) if channel_of(key).is_some() => self.sources(&file_of(key)),
            _ => vec![source],
        }
    }
}
