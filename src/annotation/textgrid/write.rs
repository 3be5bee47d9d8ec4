//! Annotations → TextGrid.

use std::io::{self, Write};

use super::super::{
    Annotation, Recording,
    tiers::{Tier, tiers},
};

/// A tier a tier, in the order of the annotations. What overlaps, and points in time, go into tiers of their own.
pub fn write(out: &mut dyn Write, recording: &Recording, annotations: &[Annotation]) -> io::Result<()> {
    let last = annotations.iter().map(Annotation::end).fold(recording.seconds.unwrap_or(0.0), f64::max);
    // Praat refuses what has no length.
    let end = if last > 0.0 { last } else { 1.0 };
    let tiers = tiers(annotations, true);
    write!(out, "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n")?;
    write!(out, "xmin = 0 \nxmax = {end} \ntiers? <exists> \nsize = {} \nitem []: \n", tiers.len())?;
    for (number, tier) in tiers.iter().enumerate() {
        let class = if tier.points { "TextTier" } else { "IntervalTier" };
        writeln!(out, "    item [{}]:", number + 1)?;
        writeln!(out, "        class = \"{class}\" ")?;
        writeln!(out, "        name = \"{}\" ", quoted(&tier.name))?;
        writeln!(out, "        xmin = 0 \n        xmax = {end} ")?;
        if tier.points { points(out, tier)? } else { intervals(out, tier, end)? }
    }
    Ok(())
}

fn points(out: &mut dyn Write, tier: &Tier<'_>) -> io::Result<()> {
    writeln!(out, "        points: size = {} ", tier.annotations.len())?;
    for (number, point) in tier.annotations.iter().enumerate() {
        writeln!(out, "        points [{}]:", number + 1)?;
        writeln!(out, "            number = {} ", point.start())?;
        writeln!(out, "            mark = \"{}\" ", quoted(point.label()))?;
    }
    Ok(())
}

/// Intervals fill a tier from start to end: gaps are intervals without a label.
fn intervals(out: &mut dyn Write, tier: &Tier<'_>, end: f64) -> io::Result<()> {
    let mut filled = Vec::new();
    let mut at = 0.0;
    for annotation in &tier.annotations {
        if annotation.start() > at {
            filled.push((at, annotation.start(), ""));
        }
        filled.push((annotation.start(), annotation.end(), annotation.label()));
        at = annotation.end();
    }
    if at < end {
        filled.push((at, end, ""));
    }
    writeln!(out, "        intervals: size = {} ", filled.len())?;
    for (number, (start, end, label)) in filled.into_iter().enumerate() {
        writeln!(out, "        intervals [{}]:", number + 1)?;
        writeln!(out, "            xmin = {start} \n            xmax = {end} ")?;
        writeln!(out, "            text = \"{}\" ", quoted(label))?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    text.replace('"', "\"\"")
}
