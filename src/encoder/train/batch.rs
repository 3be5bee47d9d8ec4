//! What one step of training sees.

use std::collections::HashSet;

use rayon::prelude::*;

use super::super::random::Random;
use super::super::training::TrainConfig;
use super::augment::{View, distort};
use super::corpus::{Corpus, Token};
use super::fragment::fragment;

/// Padded frames [rows, longest, bands] with their lengths.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Padded {
    pub data: Vec<f32>,
    pub lengths: Vec<i64>,
    pub longest: usize,
}

impl Padded {
    /// Rows of frames, padded to the longest with zeros.
    pub fn new(rows: &[Vec<f32>], bands: usize) -> Padded {
        let lengths: Vec<i64> = rows.iter().map(|r| (r.len() / bands) as i64).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0) as usize;
        let mut data = vec![0f32; rows.len() * longest * bands];
        for (slot, row) in data.chunks_mut((longest * bands).max(1)).zip(rows) {
            slot[..row.len()].copy_from_slice(row);
        }
        Padded { data, lengths, longest }
    }
}

/// One batch; rows of one class stand for the same word or window.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    /// Log-mel, as it is.
    pub input: Padded,
    /// Spans in states of the recurrent stack.
    pub begin: Vec<i64>,
    pub end: Vec<i64>,
    /// Spans that miss the word of their row: rows, and ends in states.
    pub fragments: [Vec<i64>; 3],
    /// Class of each row; words come first, in the order of `words`, then windows.
    pub classes: Vec<i64>,
    /// Labels of the word classes.
    pub words: Vec<String>,
    /// Labels of other words, each once.
    pub decoys: Vec<String>,
    /// Rows that stand for words; windows come after.
    pub word_rows: usize,
    /// Standardised frames at the reduced rate, gain taken out: what `sa`, `dsa` and `cae` reconstruct.
    pub own: Option<Padded>,
    pub clean: Option<Padded>,
    pub partner: Option<Padded>,
    /// Spans cut out of their surroundings, and the rows that they stand in: what `agreement` compares.
    pub cut: Option<(Padded, Vec<i64>)>,
    /// Frames of 10 ms in the batch, padding left out.
    pub frames: u64,
}

/// Draws batches; batch N is a pure function of the corpus, the settings and N.
#[derive(Debug, Clone)]
pub(crate) struct Sampler<'a> {
    corpus: &'a Corpus,
    config: &'a TrainConfig,
    mean: Vec<f32>,
    std: Vec<f32>,
    /// Running sums of the chances of sources, and of words and recordings in each.
    word_sources: Vec<f64>,
    word_chances: Vec<Vec<f64>>,
    window_sources: Vec<f64>,
}

/// Tokens of a word beyond these make it no more frequent in batches.
const MANY_TOKENS: f64 = 40.0;

/// Frames of context from which on a span counts as surrounded.
const SURROUNDED: usize = 6;

fn running(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    values
        .map(|v| {
            sum += v;
            sum
        })
        .collect()
}

impl<'a> Sampler<'a> {
    pub fn new(corpus: &'a Corpus, config: &'a TrainConfig, mean: Vec<f32>, std: Vec<f32>) -> Sampler<'a> {
        let sources = config.data.len();
        let chance =
            |word: &super::corpus::Word, source: usize| (word.tokens[source].len() as f64).min(MANY_TOKENS).sqrt();
        let word_chances: Vec<Vec<f64>> =
            (0..sources).map(|s| running(corpus.words.iter().map(|w| chance(w, s)))).collect();
        let any = |s: usize| word_chances[s].last().is_some_and(|&sum| sum > 0.0);
        let word_sources = running((0..sources).map(|s| if any(s) { config.data[s].words } else { 0.0 }));
        let window_sources =
            running((0..sources).map(|s| if corpus.windows[s].is_empty() { 0.0 } else { config.data[s].windows }));
        Sampler { corpus, config, mean, std, word_sources, word_chances, window_sources }
    }

    /// Whether words, and whether windows, can be drawn at all.
    pub fn can_draw(&self) -> (bool, bool) {
        let positive = |sums: &[f64]| sums.last().is_some_and(|&sum| sum > 0.0);
        (positive(&self.word_sources), positive(&self.window_sources))
    }

    /// Tokens of batch `number` with their classes, and the words' labels.
    fn choose(&self, random: &mut Random) -> (Vec<(Token, i64)>, Vec<String>, usize) {
        let batch = &self.config.batch;
        let (words_can, windows_can) = self.can_draw();
        let (mut rows, mut words) = (Vec::new(), Vec::new());
        let mut taken = vec![false; self.corpus.words.len()];
        // A small vocabulary may have fewer words than a batch wants.
        let tries = if words_can { batch.words * 4 } else { 0 };
        for _ in 0..tries {
            if words.len() == batch.words {
                break;
            }
            let source = random.weighted(&self.word_sources);
            let word = random.weighted(&self.word_chances[source]);
            if std::mem::replace(&mut taken[word], true) {
                continue;
            }
            for token in self.tokens(word, source, random) {
                rows.push((token, words.len() as i64));
            }
            words.push(self.corpus.words[word].label.clone());
        }
        let word_rows = rows.len();
        let windows = if windows_can { batch.windows } else { 0 };
        for i in 0..windows {
            if let Some(token) = self.window(random) {
                let class = (words.len() + i) as i64;
                rows.extend([(token, class), (token, class)]);
            }
        }
        (rows, words, word_rows)
    }

    fn tokens(&self, word: usize, source: usize, random: &mut Random) -> Vec<Token> {
        let by_source = &self.corpus.words[word].tokens;
        let home = &by_source[source];
        let away: Vec<&Vec<Token>> =
            by_source.iter().enumerate().filter(|(s, t)| *s != source && !t.is_empty()).map(|(_, t)| t).collect();
        let mut chosen: Vec<Token> = vec![home[random.below(home.len())]];
        while chosen.len() < self.config.batch.tokens.max(2) {
            let abroad = !away.is_empty() && (home.len() < 2 || random.chance(self.config.batch.across));
            let pool = if abroad { away[random.below(away.len())] } else { home };
            let mut token = pool[random.below(pool.len())];
            // One more draw makes the same token twice rare without making it impossible for lone words.
            if chosen.contains(&token) {
                token = pool[random.below(pool.len())];
            }
            chosen.push(token);
        }
        chosen
    }

    /// Labels that no row of the batch has. A spoken word can be anything that is not said, so that these need no sound.
    fn decoys(&self, words: &[String], stream: u64, number: u64) -> Vec<String> {
        let random = &mut Random::new(&[self.config.run.seed, stream, number, 0]);
        let all = &self.corpus.words;
        let mut taken: HashSet<&str> = words.iter().map(String::as_str).collect();
        let drawn = 0..if all.is_empty() { 0 } else { self.config.batch.decoys };
        drawn
            .map(|_| all[random.below(all.len())].label.as_str())
            .filter(|&label| taken.insert(label))
            .map(str::to_owned)
            .collect()
    }

    fn window(&self, random: &mut Random) -> Option<Token> {
        let (shortest, longest) = self.config.batch.window_frames;
        for _ in 0..8 {
            let from = &self.corpus.windows[random.weighted(&self.window_sources)];
            let recording = from[random.below(from.len())];
            let frames = self.corpus.recordings[recording as usize].frames;
            let length = shortest + random.below(longest.saturating_sub(shortest) + 1);
            if frames >= length {
                let begin = random.below(frames - length + 1) as u32;
                return Some(Token { recording, begin, end: begin + length as u32 });
            }
        }
        None
    }

    /// The token with moved boundaries and, sometimes, its true surroundings.
    fn view(&self, token: Token, random: &mut Random) -> View {
        let augment = &self.config.augment;
        let recording = &self.corpus.recordings[token.recording as usize];
        let (begin, end) = (token.begin as usize, token.end as usize);
        let moved = |at: usize, random: &mut Random| {
            (at as i64 + random.jitter(augment.jitter)).clamp(0, recording.frames as i64) as usize
        };
        let (mut from, mut to) = (moved(begin, random), moved(end, random));
        if to < from + 8 {
            (from, to) = (begin, end);
        }
        let (mut left, mut right) = (0, 0);
        if random.chance(augment.context.0) {
            left = random.below(augment.context.1 + 1).min(from);
            right = random.below(augment.context.1 + 1).min(recording.frames - to);
        }
        let data = recording.rows(self.corpus.bands, from - left, to + right);
        View { data, begin: left, end: left + to - from }
    }

    fn babble(&self, random: &mut Random) -> Option<Vec<f32>> {
        let recording = &self.corpus.recordings[random.below(self.corpus.recordings.len())];
        let length = recording.frames.min(300);
        let begin = random.below(recording.frames - length + 1);
        (length > 0).then(|| recording.rows(self.corpus.bands, begin, begin + length))
    }

    /// Batch `number` of the stream `stream` (training and held-out draw from different ones).
    pub fn batch(&self, stream: u64, number: u64) -> Batch {
        let bands = self.corpus.bands;
        let seed = self.config.run.seed;
        let (rows, words, word_rows) = self.choose(&mut Random::new(&[seed, stream, number]));
        let views: Vec<View> = rows
            .par_iter()
            .enumerate()
            .map(|(i, &(token, _))| {
                let random = &mut Random::new(&[seed, stream, number, 1 + i as u64]);
                if self.config.objective.plain() {
                    let recording = &self.corpus.recordings[token.recording as usize];
                    let data = recording.rows(bands, token.begin as usize, token.end as usize);
                    return crop(View { end: data.len() / bands, begin: 0, data }, bands, self.config.batch.longest);
                }
                let view = crop(self.view(token, random), bands, self.config.batch.longest);
                let babble = if random.chance(self.config.augment.babble.0) { self.babble(random) } else { None };
                let view = distort(&view, bands, babble.as_deref(), &self.config.augment, random);
                crop(view, bands, self.config.batch.longest)
            })
            .collect();
        let reduction = self.config.network.reduction();
        let states = |v: &View| (v.data.len() / bands).div_ceil(reduction);
        let begin: Vec<i64> = views.iter().map(|v| (v.begin / reduction).min(states(v) - 1) as i64).collect();
        let end = views.iter().zip(&begin);
        let end: Vec<i64> =
            end.map(|(v, &b)| (v.end.div_ceil(reduction) as i64).clamp(b + 1, states(v) as i64)).collect();
        let mut fragments: [Vec<i64>; 3] = Default::default();
        if self.config.objective.tells_apart() {
            for row in 0..word_rows {
                let random = &mut Random::new(&[seed, stream, number, 1 + row as u64, 1]);
                let found = random.chance(self.config.batch.fragments);
                let found = found.then(|| fragment(begin[row], end[row], states(&views[row]) as i64, random)).flatten();
                if let Some((from, to)) = found {
                    fragments.iter_mut().zip([row as i64, from, to]).for_each(|(all, value)| all.push(value));
                }
            }
        }
        let objective = &self.config.objective;
        let own = (objective.sa > 0.0).then(|| {
            let spans = views.iter().map(|v| self.target(&v.data[v.begin * bands..v.end * bands]));
            Padded::new(&spans.collect::<Vec<_>>(), bands)
        });
        let clean = |token: Token| {
            let end = token.end.min(token.begin + self.config.batch.longest as u32);
            let recording = &self.corpus.recordings[token.recording as usize];
            self.target(&recording.rows(bands, token.begin as usize, end as usize))
        };
        let dsa =
            (objective.dsa > 0.0).then(|| Padded::new(&rows.iter().map(|&(t, _)| clean(t)).collect::<Vec<_>>(), bands));
        let partner = (objective.cae > 0.0).then(|| {
            let other = |i: usize| {
                let class = rows[i].1;
                let next = rows.get(i + 1).filter(|r| r.1 == class);
                next.or_else(|| rows.iter().find(|r| r.1 == class)).map_or(rows[i].0, |r| r.0)
            };
            Padded::new(&(0..rows.len()).map(|i| clean(other(i))).collect::<Vec<_>>(), bands)
        });
        let cut = if objective.agreement > 0.0 { surrounded(&views, bands) } else { None };
        let decoys = if objective.multiview > 0.0 { self.decoys(&words, stream, number) } else { Vec::new() };
        let frames = views.iter().map(|v| (v.data.len() / bands) as u64).sum();
        let data: Vec<Vec<f32>> = views.into_iter().map(|v| v.data).collect();
        Batch {
            input: Padded::new(&data, bands),
            begin,
            end,
            fragments,
            classes: rows.iter().map(|r| r.1).collect(),
            words,
            decoys,
            word_rows,
            own,
            clean: dsa,
            partner,
            cut,
            frames,
        }
    }

    /// Frames standardised, averaged down to the reduced rate, with their mean level taken out.
    fn target(&self, frames: &[f32]) -> Vec<f32> {
        let bands = self.corpus.bands;
        let reduction = self.config.network.reduction();
        let mut out = Vec::with_capacity(frames.len() / reduction + bands);
        for group in frames.chunks(bands * reduction) {
            let count = (group.len() / bands) as f32;
            for m in 0..bands {
                let mean = group.iter().skip(m).step_by(bands).sum::<f32>() / count;
                out.push((mean - self.mean[m]) / self.std[m]);
            }
        }
        let level = out.iter().sum::<f32>() / out.len().max(1) as f32;
        out.iter_mut().for_each(|v| *v -= level);
        out
    }
}

/// Every other surrounded span alone, with its row: without surroundings there is nothing to disagree about.
fn surrounded(views: &[View], bands: usize) -> Option<(Padded, Vec<i64>)> {
    let inside = views.iter().enumerate().filter(|(_, v)| v.data.len() / bands > v.end - v.begin + SURROUNDED);
    let (rows, spans): (Vec<i64>, Vec<Vec<f32>>) =
        inside.step_by(2).map(|(i, v)| (i as i64, v.data[v.begin * bands..v.end * bands].to_vec())).unzip();
    (!rows.is_empty()).then(|| (Padded::new(&spans, bands), rows))
}

/// At most `longest` frames: context goes first, evenly, then the span's end.
fn crop(view: View, bands: usize, longest: usize) -> View {
    let frames = view.data.len() / bands;
    if frames <= longest {
        return view;
    }
    let span = view.end - view.begin;
    let spare = longest.saturating_sub(span);
    let from = view.begin.saturating_sub(spare / 2).min(frames - longest);
    let data = view.data[from * bands..(from + longest) * bands].to_vec();
    let begin = view.begin - from;
    View { data, begin, end: (view.end - from).min(longest) }
}
