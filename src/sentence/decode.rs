//! Writing a vector out: greedy, and by beam search.

use tch::{Kind, TchError, Tensor};

use super::config::DecodeOptions;
use super::tokens::{END, MASK, PAD};
use super::words::Words;
use crate::encoder::recurrent::Memory;

/// Ids of the sentences that states [rows, width] stand for, end symbols left out.
pub(crate) fn decode(words: &Words, order: &Tensor, options: DecodeOptions) -> Result<Vec<Vec<i64>>, TchError> {
    if options.beam <= 1 {
        return greedy(words, order, options.longest);
    }
    let rows = 0..order.size()[0];
    rows.map(|row| beam(words, &order.f_narrow(0, row, 1)?, options)).collect()
}

/// Log-probabilities [rows, tokens] of what comes next; what is no text has none.
fn next(words: &Words, memory: &Memory) -> Result<Tensor, TchError> {
    let mut logits = words.logits(&memory.state)?;
    for symbol in [PAD, MASK] {
        let _ = logits.f_select(1, symbol)?.f_fill_(f64::NEG_INFINITY)?;
    }
    logits = logits.f_log_softmax(-1, Kind::Float)?;
    Ok(logits)
}

fn ids_of(tensor: &Tensor) -> Result<Vec<i64>, TchError> {
    let flat = tensor.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
    let mut ids = vec![0; flat.numel()];
    let count = ids.len();
    flat.f_copy_data(&mut ids, count)?;
    Ok(ids)
}

/// The likeliest token at each step.
fn greedy(words: &Words, order: &Tensor, longest: usize) -> Result<Vec<Vec<i64>>, TchError> {
    let mut sentences = vec![Vec::new(); order.size()[0] as usize];
    let mut open: Vec<usize> = (0..sentences.len()).collect();
    let mut memory = words.begin(order)?;
    for _ in 0..=longest {
        let ids = ids_of(&next(words, &memory)?.f_argmax(-1, false)?)?;
        let going: Vec<i64> = (0..open.len() as i64).filter(|&at| ids[at as usize] != END).collect();
        for &at in &going {
            sentences[open[at as usize]].push(ids[at as usize]);
        }
        if going.is_empty() {
            break;
        }
        let given: Vec<i64> = going.iter().map(|&at| ids[at as usize]).collect();
        // Rows that have ended are dropped, so that one long sentence does not carry a whole batch.
        if going.len() < open.len() {
            memory = memory.rows(&Tensor::f_from_slice(&going)?.f_to_device(words.device)?)?;
            open = going.iter().map(|&at| open[at as usize]).collect();
        }
        memory = words.advance(&Tensor::f_from_slice(&given)?.f_to_device(words.device)?, &memory)?;
    }
    sentences.iter_mut().for_each(|sentence| sentence.truncate(longest));
    Ok(sentences)
}

/// The likeliest whole sentence among those whose beginnings stayed among the `beam` likeliest; `order` is [1, width].
fn beam(words: &Words, order: &Tensor, options: DecodeOptions) -> Result<Vec<i64>, TchError> {
    let mut memory = words.begin(order)?;
    let mut open: Vec<(f64, Vec<i64>)> = vec![(0.0, Vec::new())];
    let mut best: Option<(f64, Vec<i64>)> = None;
    for _ in 0..=options.longest {
        let chances = next(words, &memory)?;
        let width = (options.beam as i64).min(chances.size()[1]);
        let (values, ids) = chances.f_topk(width, -1, true, true)?;
        let values = crate::encoder::tensors::values(&values).map_err(|e| TchError::Torch(e.to_string()))?;
        let ids = ids_of(&ids)?;
        let mut ahead: Vec<(f64, usize, i64)> = values
            .iter()
            .zip(&ids)
            .enumerate()
            .map(|(i, (&value, &id))| (open[i / width as usize].0 + f64::from(value), i / width as usize, id))
            .collect();
        ahead.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut kept: Vec<(f64, usize, i64)> = Vec::new();
        for (chance, parent, id) in ahead.into_iter().take(options.beam) {
            match id {
                END if best.as_ref().is_none_or(|(score, _)| chance > *score) => {
                    best = Some((chance, open[parent].1.clone()));
                }
                END => {}
                _ => kept.push((chance, parent, id)),
            }
        }
        // Going on only ever lowers a probability.
        kept.retain(|(chance, _, _)| best.as_ref().is_none_or(|(score, _)| chance > score));
        if kept.is_empty() {
            break;
        }
        let parents: Vec<i64> = kept.iter().map(|&(_, parent, _)| parent as i64).collect();
        let given: Vec<i64> = kept.iter().map(|&(_, _, id)| id).collect();
        open = kept.iter().map(|&(chance, parent, id)| (chance, [&open[parent].1[..], &[id]].concat())).collect();
        memory = memory.rows(&Tensor::f_from_slice(&parents)?.f_to_device(words.device)?)?;
        memory = words.advance(&Tensor::f_from_slice(&given)?.f_to_device(words.device)?, &memory)?;
    }
    let unfinished = || open.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, ids)| ids.clone());
    let mut ids = best.map(|(_, ids)| ids).or_else(unfinished).unwrap_or_default();
    ids.truncate(options.longest);
    Ok(ids)
}
