//! Hits on standard output.

use anyhow::Result;
use serde::Serialize;

use super::output::{Align, Output, Table, of_channel, printable, shown};
use crate::engine::{AlignmentStep, Collection, Hit, Position};

/// A line of `--json`, of a sentence: as [`Line`], but places are lines, counted from 1, or seconds of subtitles.
#[derive(Serialize)]
struct SentenceLine<'a> {
    query: &'a str,
    rank: usize,
    score: f32,
    path: String,
    start: Position,
    end: Position,
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
    confidence: Option<f32>,
    /// Counted from 1, where channels were indexed each by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<u16>,
    /// With `--explain` alone: seconds into the query, seconds into the recording, likeness.
    #[serde(skip_serializing_if = "Option::is_none")]
    alignment: Option<Vec<(f64, f64, f32)>>,
}

/// Prints the hits of one query, as JSON Lines or as a table; `many` queries are told apart by headings.
pub fn print(output: &mut Output, query: &str, collection: Collection, hits: &[Hit], many: bool) -> Result<()> {
    if output.is_json() {
        return lines(output, query, hits);
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
    match collection {
        Collection::Audio => moments(output, hits)?,
        Collection::Text => sentences(output, hits)?,
    }
    if many {
        output.text("")?;
    }
    Ok(())
}

fn lines(output: &mut Output, query: &str, hits: &[Hit]) -> Result<()> {
    for (number, hit) in hits.iter().enumerate() {
        let (rank, score, path) = (number + 1, hit.score, shown(&hit.path));
        let (label, text) = (hit.label.as_deref(), hit.text.as_deref());
        match hit.collection {
            Collection::Audio => {
                let triple = |step: &AlignmentStep| (step.query, step.recording, step.likeness);
                let alignment: Vec<_> = hit.alignment.iter().map(triple).collect();
                let alignment = (!alignment.is_empty()).then_some(alignment);
                let (start, end, confidence, channel) = (hit.start(), hit.end(), hit.confidence, hit.channel);
                let line = Line { query, rank, score, path, start, end, label, text, confidence, channel, alignment };
                output.json(&line)?;
            }
            Collection::Text => {
                let ((start, end), confidence) = (hit.positions(), hit.confidence);
                output.json(&SentenceLine { query, rank, score, path, start, end, label, text, confidence })?;
            }
        }
    }
    Ok(())
}

fn moments(output: &mut Output, hits: &[Hit]) -> Result<()> {
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
            hit.confidence.map_or_else(String::new, |confidence| format!("{:.0} %", confidence * 100.0)),
            format!("{:.2}", hit.start()),
            format!("{:.2}", hit.end()),
            of_channel(shown(&hit.path), hit.channel),
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
    Ok(())
}

fn sentences(output: &mut Output, hits: &[Hit]) -> Result<()> {
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
            hit.positions().0.to_string(),
            hit.text.clone().unwrap_or_default(),
        ]);
    }
    Ok(output.table_cut(&table)?)
}
