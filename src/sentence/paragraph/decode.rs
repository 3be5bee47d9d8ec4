//! Writing paragraphs out of what was read of them.

use tch::{TchError, Tensor};

use super::super::config::DecodeOptions;
use super::super::decode::decode as write;
use super::config::ParagraphConfig;
use super::network::{Network, Read};

/// The rows of ids of each paragraph: one in a flat network, else one a sentence. Each step takes the likeliest token, or the likeliest
/// sentence of a beam; a hierarchical paragraph ends with the first empty sentence, or after as many as are ever read.
pub(crate) fn decode(
    network: &Network,
    config: &ParagraphConfig,
    read: &Read,
    beam: usize,
) -> Result<Vec<Vec<Vec<i64>>>, TchError> {
    let options = |longest| DecodeOptions { beam, longest };
    let Some(sentences) = &network.sentences else {
        let rows = write(&network.words, &read.vectors, options(config.longest))?;
        return Ok(rows.into_iter().map(|row| vec![row]).collect());
    };
    let mut paragraphs: Vec<Vec<Vec<i64>>> = vec![Vec::new(); read.counts.len()];
    let mut left: Vec<usize> = vec![config.longest; paragraphs.len()];
    let mut open: Vec<i64> = (0..paragraphs.len() as i64).collect();
    let mut memory = sentences.begin(read)?;
    for _ in 0..config.sentences {
        let starts = sentences.starts(&memory.state.f_unsqueeze(1)?, &read.some(&open)?)?.f_squeeze_dim(1)?;
        let most = open.iter().map(|&paragraph| left[paragraph as usize]).max().unwrap_or(0);
        let mut going = Vec::new();
        let mut written = Vec::new();
        for (at, mut row) in write(&network.words, &starts, options(most))?.into_iter().enumerate() {
            let paragraph = open[at] as usize;
            row.truncate(left[paragraph]);
            if row.is_empty() {
                continue;
            }
            left[paragraph] -= row.len();
            paragraphs[paragraph].push(row.clone());
            if left[paragraph] > 0 {
                going.push(at as i64);
                written.push(row);
            }
        }
        if going.is_empty() {
            break;
        }
        let index = Tensor::f_from_slice(&going)?.f_to_device(network.words.device)?;
        memory = sentences.advance(&network.states(&written)?, &memory.rows(&index)?)?;
        open = going.iter().map(|&at| open[at as usize]).collect();
    }
    Ok(paragraphs)
}
