//! Channels of one recording as sources of their own.
//!
//! Their keys are the key of the file, a zero byte, which no path holds, and the number of the channel from 0 in decimal digits.

use std::path::Path;

use audiosearch_index::{Index, IndexError, Label, SourceKey, Writer};

use crate::audio::{Channels, ClipStream, ExternalDecoder};

/// Between the path and the channel.
const MARK: u8 = 0;

/// The key of a channel of a file, counted from 0; that of the file itself where `None`.
pub fn key_of_channel(file: &SourceKey, channel: Option<u16>) -> SourceKey {
    let Some(channel) = channel else { return file.clone() };
    let mut key = file.as_bytes().to_vec();
    key.push(MARK);
    key.extend(channel.to_string().into_bytes());
    SourceKey::new(key)
}

/// Which channel of its file a source is, counted from 0; `None`: all of them together.
pub fn channel_of(key: &SourceKey) -> Option<u16> {
    let at = key.as_bytes().iter().position(|byte| *byte == MARK)?;
    std::str::from_utf8(key.as_bytes().get(at + 1..)?).ok()?.parse().ok()
}

/// The key of the file that a source is a channel of, or is.
pub fn file_of(key: &SourceKey) -> SourceKey {
    SourceKey::new(path_bytes(key))
}

/// The bytes of the path in a key.
pub(super) fn path_bytes(key: &SourceKey) -> &[u8] {
    key.as_bytes().split(|byte| *byte == MARK).next().unwrap_or_default()
}

/// Those of the labels of a file that belong to a source of it: what is said of another channel is left out.
pub fn labels_of_channel(labels: &[Label], key: &SourceKey) -> Vec<Label> {
    let channel = channel_of(key);
    let own = labels.iter().filter(|label| channel.is_none() || label.channel.is_none() || label.channel == channel);
    own.cloned().collect()
}

/// The channels of a file that are to be sources of their own, `None` for all of them together: as wanted, else as they are now.
pub(super) fn wanted_channels(
    path: &Path,
    wanted: Option<Channels>,
    now: &[Option<u16>],
    external: ExternalDecoder,
) -> Vec<Option<u16>> {
    match wanted {
        None if now.is_empty() => vec![None],
        None => now.to_vec(),
        Some(Channels::Mix) => vec![None],
        Some(Channels::One(channel)) => vec![Some(channel)],
        Some(Channels::Each) => {
            // Decoders of eight formats meet files that nobody has ever seen. What cannot be opened is told of when it is read.
            let count =
                std::panic::catch_unwind(|| ClipStream::open_with(path, external).map(|mut stream| stream.channels()));
            match count {
                Ok(Ok(count)) if count > 1 => (0..u16::try_from(count).unwrap_or(u16::MAX)).map(Some).collect(),
                _ => vec![None],
            }
        }
    }
}

/// A file, the channels that are no sources of it any more, and those that are.
type Regroup = (SourceKey, Vec<Option<u16>>, Vec<Option<u16>>);

/// Files of which other channels were sources than are now.
#[derive(Debug, Default)]
pub struct Regrouped(Vec<Regroup>);

impl Regrouped {
    /// A file of which these channels were sources, and those are wanted.
    pub(super) fn note(&mut self, file: SourceKey, before: &[Option<u16>], wanted: &[Option<u16>]) {
        let gone: Vec<Option<u16>> = before.iter().filter(|channel| !wanted.contains(channel)).copied().collect();
        if !gone.is_empty() {
            self.0.push((file, gone, wanted.to_vec()));
        }
    }

    /// Takes the old sources out of the store, where all of the new ones are in it, and gives these their labels.
    ///
    /// # Errors
    /// Where the index cannot be read or written.
    pub fn settle(&self, index: &Index, writer: &Writer<'_>) -> Result<(), IndexError> {
        for (file, gone, wanted) in &self.0 {
            let keys = |channels: &[Option<u16>]| -> Vec<SourceKey> {
                channels.iter().map(|channel| key_of_channel(file, *channel)).collect()
            };
            let (gone, wanted) = (keys(gone), keys(wanted));
            let there: Vec<_> = wanted.iter().map(|key| index.source(key)).collect::<Result<_, _>>()?;
            if there.iter().any(Option::is_none) {
                continue;
            }
            let mut labels: Vec<Label> = Vec::new();
            for key in &gone {
                let more: Vec<Label> = index.labels(key)?.into_iter().filter(|label| !labels.contains(label)).collect();
                labels.extend(more);
            }
            for key in &wanted {
                let mut own = index.labels(key)?;
                let mut more = labels_of_channel(&labels, key);
                more.retain(|label| !own.contains(label));
                own.extend(more);
                writer.set_labels(key, &own)?;
            }
            for key in &gone {
                writer.remove_source(key)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_file_and_channel() {
        let file = SourceKey::new("rec/a.wav");
        for channel in [None, Some(0), Some(1), Some(63)] {
            let key = key_of_channel(&file, channel);
            assert_eq!((channel_of(&key), file_of(&key)), (channel, file.clone()));
        }
        assert_ne!(key_of_channel(&file, Some(1)), key_of_channel(&file, Some(10)));
    }
}
