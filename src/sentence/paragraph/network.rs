//! The network: paragraphs of token ids in, one vector out, and the states that their rows of ids are written from again.

use tch::{Kind, TchError, Tensor};

use super::super::network::unit;
use super::super::words::{Words, last};
use super::config::{Levels, ParagraphConfig};
use crate::encoder::parameters::Parameters;
use crate::encoder::recurrent::{Direction, Memory};

/// Rows in one pass of the words' encoder or decoder: rows of like length together, so that little is padded.
pub(crate) const ROWS: usize = 32;

/// Both levels over shared weights.
#[derive(Debug)]
pub(crate) struct Network {
    pub words: Words,
    pub sentences: Option<Sentences>,
}

/// The upper level.
#[derive(Debug)]
pub(crate) struct Sentences {
    encoder: Direction,
    decoder: Direction,
    attention: Option<Attention>,
}

/// Attention to the sentences that were read (Luong et al. 2015, "general" scores), by their directions, since long sentences have
/// longer vectors.
#[derive(Debug)]
struct Attention {
    query: Tensor,
    sharpness: Tensor,
    state: Tensor,
    context: Tensor,
}

/// What was read of some paragraphs.
#[derive(Debug)]
pub(crate) struct Read {
    /// The paragraphs' vectors [paragraphs, width].
    pub vectors: Tensor,
    /// The sentences' vectors and the end's behind them [paragraphs, most + 1, width]; none in a flat network.
    pub sentences: Option<Tensor>,
    /// Sentences of each paragraph.
    pub counts: Vec<i64>,
}

impl Network {
    pub fn new(config: &ParagraphConfig, parameters: &Parameters) -> Result<Network, TchError> {
        let get = |part: &str| parameters.get(&format!("attention.{part}"));
        let attention = match config.levels {
            Levels::Attention => Some(Attention {
                query: get("query")?,
                sharpness: get("sharpness")?,
                state: get("state")?,
                context: get("context")?,
            }),
            Levels::Flat | Levels::Hierarchical => None,
        };
        let sentences = match config.levels {
            Levels::Flat => None,
            Levels::Hierarchical | Levels::Attention => Some(Sentences {
                encoder: Direction::new(parameters, "sentence.encoder", config.cell)?,
                decoder: Direction::new(parameters, "sentence.decoder", config.cell)?,
                attention,
            }),
        };
        Ok(Network { words: Words::new(parameters, config.cell)?, sentences })
    }

    /// What the decoder of words writes of a paragraph: all its tokens, or sentence by sentence with an empty one at the end.
    pub fn rows(&self, paragraph: &[Vec<i64>]) -> Vec<Vec<i64>> {
        match &self.sentences {
            None => vec![paragraph.concat()],
            Some(_) => paragraph.iter().cloned().chain([Vec::new()]).collect(),
        }
    }

    /// Reads paragraphs, sentences of ids.
    pub fn read(&self, paragraphs: &[Vec<Vec<i64>>]) -> Result<Read, TchError> {
        let counts: Vec<i64> = paragraphs.iter().map(|paragraph| paragraph.len() as i64).collect();
        let Some(sentences) = &self.sentences else {
            let rows: Vec<Vec<i64>> = paragraphs.iter().map(|paragraph| paragraph.concat()).collect();
            return Ok(Read { vectors: self.states(&rows)?, sentences: None, counts });
        };
        // The end is read once for all of them.
        let rows: Vec<Vec<i64>> = paragraphs.iter().flatten().cloned().chain([Vec::new()]).collect();
        let (end, most) = (rows.len() as i64 - 1, counts.iter().copied().max().unwrap_or(0));
        let (mut ahead, mut back, mut first) = (Vec::new(), Vec::new(), 0);
        for &count in &counts {
            let padding = std::iter::repeat_n(end, (most - count) as usize);
            ahead.extend((first..first + count).chain([end]).chain(padding.clone()));
            back.extend([end].into_iter().chain((first..first + count).rev()).chain(padding));
            first += count;
        }
        let vectors = self.states(&rows)?;
        let arranged = |index: &[i64]| -> Result<Tensor, TchError> {
            let index = Tensor::f_from_slice(index)?.f_to_device(self.words.device)?;
            vectors.f_index_select(0, &index)?.f_reshape([counts.len() as i64, most + 1, -1])
        };
        let lengths: Vec<i64> = counts.iter().map(|count| count + 1).collect();
        let paragraphs = last(&sentences.encoder.run(&arranged(&back)?, None)?, &lengths)?;
        Ok(Read { vectors: paragraphs, sentences: Some(arranged(&ahead)?), counts })
    }

    /// The words' encoder's states [rows, width] of rows of ids.
    pub fn states(&self, rows: &[Vec<i64>]) -> Result<Tensor, TchError> {
        let groups = groups(rows);
        let states = groups.iter().map(|group| {
            let rows: Vec<&[i64]> = group.iter().map(|&row| rows[row].as_slice()).collect();
            self.words.read(&rows)
        });
        let states = Tensor::f_cat(&states.collect::<Result<Vec<_>, TchError>>()?, 0)?;
        let mut place = vec![0i64; rows.len()];
        groups.iter().flatten().enumerate().for_each(|(at, &row)| place[row] = at as i64);
        states.f_index_select(0, &Tensor::f_from_slice(&place)?.f_to_device(self.words.device)?)
    }

    /// The states [rows of all paragraphs, width] that their [`rows`](Self::rows) are written from, the decoder having been given the
    /// true sentences before each.
    pub fn starts(&self, read: &Read) -> Result<Tensor, TchError> {
        let (Some(sentences), Some(vectors)) = (&self.sentences, &read.sentences) else {
            return Ok(read.vectors.shallow_clone());
        };
        let (_, steps, width) = vectors.size3()?;
        let mut states = read.vectors.f_unsqueeze(1)?;
        if steps > 1 {
            let given = vectors.f_narrow(1, 0, steps - 1)?;
            states = Tensor::f_cat(&[states, sentences.decoder.run(&given, Some(&read.vectors))?], 1)?;
        }
        let starts = sentences.starts(&states, read)?.f_reshape([-1, width])?;
        let mut at = Vec::new();
        for (paragraph, &count) in read.counts.iter().enumerate() {
            at.extend((0..=count).map(|step| paragraph as i64 * steps + step));
        }
        starts.f_index_select(0, &Tensor::f_from_slice(&at)?.f_to_device(self.words.device)?)
    }
}

impl Sentences {
    /// What the decoder remembers before the first sentence.
    pub fn begin(&self, read: &Read) -> Result<Memory, TchError> {
        self.decoder.begin(&read.vectors)
    }

    /// What it remembers after it has written sentences of these vectors [paragraphs, width].
    pub fn advance(&self, written: &Tensor, memory: &Memory) -> Result<Memory, TchError> {
        self.decoder.step(written, memory)
    }

    /// The states [paragraphs, steps, width] that the words' decoder begins with, from those of the sentences' decoder.
    pub fn starts(&self, states: &Tensor, read: &Read) -> Result<Tensor, TchError> {
        match (&self.attention, &read.sentences) {
            (Some(attention), Some(sentences)) => attention.look(states, sentences, &read.counts),
            _ => Ok(states.shallow_clone()),
        }
    }
}

impl Attention {
    fn look(&self, states: &Tensor, sentences: &Tensor, counts: &[i64]) -> Result<Tensor, TchError> {
        let none = None::<&Tensor>;
        let directions = unit(sentences)?.0.f_transpose(1, 2)?;
        let likeness = states.f_linear(&self.query, none)?.f_matmul(&directions)?.f_mul(&self.sharpness.f_exp()?)?;
        // The end stands behind the last sentence, padding behind the end.
        let last = Tensor::f_from_slice(counts)?.f_to_device(states.device())?.f_reshape([-1, 1, 1])?;
        let place = Tensor::f_arange(sentences.size()[1], (Kind::Int64, states.device()))?;
        let beyond = place.f_gt_tensor(&last)?;
        let weights = likeness.f_masked_fill(&beyond, f64::NEG_INFINITY)?.f_softmax(-1, Kind::Float)?;
        let context = weights.f_matmul(sentences)?.f_linear(&self.context, none)?;
        context.f_add(&states.f_linear(&self.state, none)?)
    }
}

impl Read {
    /// What was read of these paragraphs alone, in this order.
    pub fn some(&self, paragraphs: &[i64]) -> Result<Read, TchError> {
        let index = Tensor::f_from_slice(paragraphs)?.f_to_device(self.vectors.device())?;
        Ok(Read {
            vectors: self.vectors.f_index_select(0, &index)?,
            sentences: self.sentences.as_ref().map(|all| all.f_index_select(0, &index)).transpose()?,
            counts: paragraphs.iter().map(|&paragraph| self.counts[paragraph as usize]).collect(),
        })
    }
}

/// Numbers of rows in groups of like length.
pub(crate) fn groups(rows: &[Vec<i64>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&row| rows[row].len());
    order.chunks(ROWS).map(<[usize]>::to_vec).collect()
}
