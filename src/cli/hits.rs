//! Hits on standard output.

use anyhow::Result;
use audiosearch_index::Hit as SentenceHit;
use serde::Serialize;

use super::output::{Align, Output, Table, printable, shown};
use crate::{
    audio::SAMPLE_RATE,
    search::{AlignmentStep, Hit},
};

/// A line of `--json`, of a sentence: as [`Line`], but places are lines, counted from 1.
#[derive(Serialize)]
struct SentenceLine<'a> {
    query: &'a str,
    rank: usize,
    score: f32,
    path: String,
    start: u64,
    end: u64,
    label: Option<&'a str>,
    text: Option<&'a str>,
    /// Not known of sentences: nobody has measured yet what a score is worth there.
    confidence: Option<f32>,
}

/// A line of `--json`: its fields and their order are part of the contract.
#[derive(Serialize)]
struct Line<'a> {
    query: &'a str,
    rank: usize,
    score: f32,
    path: String,
    start: f64,
    end: f64,
    label: Option<&'a str>,
    text: Option<&'a str>,
    confidence: f32,
    /// With `--explain` alone: seconds into the query, seconds into the recording, likeness.
    #[serde(skip_serializing_if = "Option::is_none")]
    alignment: Option<Vec<(f64, f64, f32)>>,
}

/// Prints the hits of one query, as JSON Lines or as a table; `many` queries are distinguished by headings.
pub fn print(output: &mut Output, query: &str, hits: &[Hit], many: bool) -> Result<()> {
    let seconds = |samples: u64| samples as f64 / f64::from(SAMPLE_RATE);
    if output.is_json() {
        for (number, hit) in hits.iter().enumerate() {
            let triple = |step: &AlignmentStep| (step.query, step.recording, step.likeness);
            let alignment: Vec<_> = hit.alignment.iter().map(triple).collect();
            output.json(&Line {
                query,
                rank: number + 1,
                score: hit.score,
                path: shown(&hit.path),
                start: seconds(hit.span.start),
                end: seconds(hit.span.end()),
                label: hit.label.as_deref(),
                text: hit.text.as_deref(),
                confidence: hit.confidence,
                alignment: (!alignment.is_empty()).then_some(alignment),
            })?;
        }
        return Ok(());
    }
    if many {
        output.text(&format!("{}:", printable(query)))?;
    }
    if hits.is_empty() {
        if many {
            output.text("nothing found\n")?;
        }
        return Ok(());
    }
    let columns = [
        ("rank", Align::Right),
        ("score", Align::Right),
        ("conf", Align::Right),
        ("start", Align::Right),
        ("end", Align::Right),
        ("path", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for (number, hit) in hits.iter().enumerate() {
        table.push(vec![
            (number + 1).to_string(),
            format!("{:.3}", hit.score),
            format!("{:.0} %", hit.confidence * 100.0),
            format!("{:.2}", seconds(hit.span.start)),
            format!("{:.2}", seconds(hit.span.end())),
            shown(&hit.path),
        ]);
    }
    output.table(&table)?;
    for (number, hit) in hits.iter().enumerate().filter(|(_, hit)| !hit.alignment.is_empty()) {
        output.text(&format!("\n{}: seconds in the query, in the recording, likeness", number + 1))?;
        for step in &hit.alignment {
            let bar = "#".repeat((step.likeness.clamp(0.0, 1.0) * 40.0) as usize);
            output.text(&format!("{:6.2}  {:8.2}  {:5.2}  {bar}", step.query, step.recording, step.likeness))?;
        }
    }
    if many {
        output.text("")?;
    }
    Ok(())
}

/// As [`print`], for sentences.
pub fn print_sentences(output: &mut Output, query: &str, hits: &[SentenceHit], many: bool) -> Result<()> {
    if output.is_json() {
        for (number, hit) in hits.iter().enumerate() {
            output.json(&SentenceLine {
                query,
                rank: number + 1,
                score: hit.score,
                path: shown(&hit.path),
                start: hit.span.start + 1,
                end: hit.span.end(),
                label: hit.label.as_deref(),
                text: hit.text.as_deref(),
                confidence: None,
            })?;
        }
        return Ok(());
    }
    if many {
        output.text(&format!("{}:", printable(query)))?;
    }
    if hits.is_empty() {
        if many {
            output.text("nothing found\n")?;
        }
        return Ok(());
    }
    let columns = [
        ("rank", Align::Right),
        ("score", Align::Right),
        ("path", Align::Left),
        ("line", Align::Right),
        ("text", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for (number, hit) in hits.iter().enumerate() {
        table.push(vec![
            (number + 1).to_string(),
            format!("{:.3}", hit.score),
            shown(&hit.path),
            (hit.span.start + 1).to_string(),
            hit.text.clone().unwrap_or_default(),
        ]);
    }
    output.table_cut(&table)?;
    if many {
        output.text("")?;
    }
    Ok(())
}
