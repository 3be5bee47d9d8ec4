//! How written words sound: letters in, the class of sounds of every moment out.

use ndarray::Array1;
use safetensors::SafeTensors;

use super::{
    AcousticEncoder, NetworkError, QueryTemplate, REDUCTION,
    layer::{self, Layer, misshapen, vector},
    phones::PARTS,
};

const SHIPPED: &[u8] = include_bytes!("weights/letters.safetensors");

/// What a word may be written with; the first one stands for the space around it.
const ALPHABET: &str = " 'abcdefghijklmnopqrstuvwxyz";
/// Sounds that a letter may stand for, at most.
const SOUNDS_A_LETTER: usize = 2;

/// The letters network: convolutions over the letters of a word, for each of which it gives the odds of no, one or two sounds
/// (connectionist temporal classification: Graves et al. 2006).
#[derive(Debug, Clone)]
pub struct Letters {
    layers: Vec<Layer>,
    /// How long each sound usually is, in log-mel frames.
    durations: Array1<f32>,
}

impl Letters {
    /// The network that is built into the program.
    ///
    /// # Errors
    /// Where the built-in weights are damaged, which a test rules out.
    pub fn shipped() -> Result<Self, NetworkError> {
        Self::parse(SHIPPED)
    }

    /// Reads weights: `layer.N.weight` [outputs, inputs, taps] and `layer.N.bias`; `durations` [sounds].
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NetworkError> {
        let file = SafeTensors::deserialize(bytes).map_err(|cause| NetworkError::Damaged(cause.to_string()))?;
        let mut layers: Vec<Layer> = Vec::new();
        let mut size = ALPHABET.len();
        while let Some(layer) = Layer::read(&file, "layer", layers.len(), size, 1)? {
            size = layer.outputs();
            layers.push(layer);
        }
        // For each sound that a letter may stand for: none of them, or one.
        let sounds = (size / SOUNDS_A_LETTER).saturating_sub(1);
        if sounds == 0 || size != (sounds + 1) * SOUNDS_A_LETTER {
            return Err(misshapen("the last layer", &[size]));
        }
        Ok(Self { layers, durations: vector(&file, "durations", sounds)? })
    }

    /// What is expected where a word, or several one after the other, are said. `None` where there is no word, or one that is not
    /// written in the letters a to z: of others nothing is known.
    ///
    /// # Errors
    /// Where the two networks do not belong together.
    pub fn template(&self, text: &str, network: &AcousticEncoder) -> Result<Option<QueryTemplate>, NetworkError> {
        let Some(sounds) = self.sounds(text) else { return Ok(None) };
        let moments = self.moments(&sounds);
        let classes: Vec<usize> = moments.iter().map(|&(which, part)| sounds[which] * PARTS + part).collect();
        Ok(Some(QueryTemplate::written(network.expected(&sounds, &moments)?, network.phones(&classes))))
    }

    /// The sounds of a word, or of several one after the other, as numbers of phonemes. `None` as of [`template`](Self::template).
    pub fn sounds(&self, text: &str) -> Option<Vec<usize>> {
        let mut sounds = Vec::new();
        for word in words(text) {
            let lower = word.to_lowercase().replace('\u{2019}', "'");
            let letters: Vec<usize> = lower.chars().map(|letter| ALPHABET.find(letter)).collect::<Option<_>>()?;
            sounds.extend(self.sounds_of_letters(&letters));
        }
        (!sounds.is_empty()).then_some(sounds)
    }

    /// The sounds of a word, given by the places of its letters in the alphabet.
    fn sounds_of_letters(&self, letters: &[usize]) -> Vec<usize> {
        if letters.is_empty() {
            return Vec::new();
        }
        let states = layer::run(&self.layers, letters.len(), ALPHABET.len(), |at, row| row[letters[at]] = 1.0);
        // The likeliest of every step; what stays the same is one sound, 0 is none.
        let width = self.durations.len() + 1;
        let mut sounds = Vec::new();
        let mut before = 0;
        for row in states.iter() {
            for step in row[..width * SOUNDS_A_LETTER].chunks_exact(width) {
                let likeliest = largest(step);
                if likeliest != before && likeliest > 0 {
                    sounds.push(likeliest - 1);
                }
                before = likeliest;
            }
        }
        sounds
    }

    /// Which of these sounds is said at every vector, and which part of it, each sound as long as usual.
    fn moments(&self, sounds: &[usize]) -> Vec<(usize, usize)> {
        let ends = sounds.iter().scan(0.0, |end, &sound| {
            let start = *end;
            *end += self.durations[sound].max(1.0);
            Some((start, *end))
        });
        let spans: Vec<(f32, f32)> = ends.collect();
        let total = spans.last().map_or(0.0, |span| span.1);
        let vectors = ((total / REDUCTION as f32).round() as usize).max(3);
        let step = total / vectors as f32;
        let moment = |vector: usize| {
            let at = (vector as f32 + 0.5) * step;
            let which = spans.partition_point(|span| span.1 <= at).min(spans.len() - 1);
            let (start, end) = spans[which];
            let part = ((at - start) / (end - start) * PARTS as f32) as usize;
            (which, part.min(PARTS - 1))
        };
        (0..vectors).map(moment).collect()
    }
}

/// What is divided by spaces, hyphens or other punctuation.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() || (c.is_ascii_punctuation() && c != '\'');
    text.split(between).filter(|word| !word.is_empty())
}

fn largest(row: &[f32]) -> usize {
    let larger = |best: (usize, f32), (at, &value): (usize, &f32)| if value > best.1 { (at, value) } else { best };
    row.iter().enumerate().fold((0, f32::NEG_INFINITY), larger).0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::FrameTemplate;
    use super::*;

    fn expected(text: &str) -> Option<FrameTemplate> {
        let template = Letters::shipped().unwrap().template(text, &AcousticEncoder::shipped().unwrap()).unwrap();
        template.map(|template| template.expected)
    }

    #[test]
    fn a_longer_word_takes_longer_to_say() {
        let lengths: Vec<usize> = ["see", "seventy", "considerable"].map(|word| expected(word).unwrap().len()).to_vec();
        assert!(lengths[0] >= 3 && lengths[0] < lengths[1] && lengths[1] < lengths[2], "{lengths:?}");
        // About a second: 25 vectors.
        assert!((15..40).contains(&lengths[2]), "{lengths:?}");
    }

    #[test]
    fn what_is_written_otherwise_and_sounds_the_same_is_the_same() {
        assert_eq!(expected("Seven"), expected("seven"));
        assert_eq!(expected("phone"), expected("fone"));
        assert_ne!(expected("seven"), expected("heaven"));
    }

    #[test]
    fn words_follow_each_other() {
        let (one, two, both) =
            (expected("seven").unwrap(), expected("hills").unwrap(), expected("seven hills").unwrap());
        assert!(both.len().abs_diff(one.len() + two.len()) <= 2);
        assert_eq!(expected("seven, hills"), Some(both.clone()));
        assert_eq!(expected("seven-hills"), Some(both));
    }

    #[test]
    fn of_other_letters_nothing_is_known() {
        assert_eq!(expected("   "), None);
        assert_eq!(expected("\u{5317}\u{4eac}"), None);
    }
}
