//! Hits as files of other tools, and as clips to listen to.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use super::{
    Context,
    output::{Output, count},
};
use crate::{
    annotation::{Annotation, Format, Margin, Recording, write_clips, write_files},
    engine::Engine,
};

/// How hits are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HitFormat {
    /// For people
    Table,
    /// A JSON object a hit
    Jsonl,
    /// Comma-separated values, for spreadsheets
    Csv,
    /// A label track of Audacity
    Audacity,
    /// A TextGrid of Praat
    #[value(name = "textgrid")]
    TextGrid,
    /// An annotation document of ELAN
    Eaf,
    /// A selection table of Raven
    Raven,
    /// SubRip subtitles
    Srt,
    /// WebVTT subtitles
    Vtt,
}

impl HitFormat {
    /// The format of annotation files; none of what is printed for people and programs.
    pub fn of_files(self) -> Option<Format> {
        Some(match self {
            Self::Table | Self::Jsonl => return None,
            Self::Csv => Format::Csv,
            Self::Audacity => Format::Audacity,
            Self::TextGrid => Format::TextGrid,
            Self::Eaf => Format::Eaf,
            Self::Raven => Format::Raven,
            Self::Srt => Format::Srt,
            Self::Vtt => Format::Vtt,
        })
    }
}

/// Options of commands that find something.
#[derive(Args)]
pub struct HitArgs {
    /// How hits are written [default: table]
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "json")]
    format: Option<HitFormat>,
    /// Print a JSON object a hit: --format jsonl
    #[arg(long)]
    json: bool,
    /// Cut each hit out of its recording, as a wav file in this folder
    #[arg(long = "clips", value_name = "FOLDER")]
    cut: Option<PathBuf>,
    /// Seconds of a clip before the hit
    #[arg(long, value_name = "S", requires = "cut", default_value_t = 0.0, value_parser = super::values::seconds)]
    before: f64,
    /// Seconds of a clip after the hit
    #[arg(long, value_name = "S", requires = "cut", default_value_t = 0.0, value_parser = super::values::seconds)]
    after: f64,
}

impl HitArgs {
    /// The format of annotation files, where one is wanted: as named, or as the name of the file says.
    ///
    /// # Errors
    /// Where there is a file and no format for it.
    fn file_format(&self, out: Option<&Path>) -> Result<Option<Format>> {
        if self.json || self.format == Some(HitFormat::Jsonl) {
            return Ok(None);
        }
        match (self.format, out) {
            (Some(HitFormat::Table), Some(_)) => bail!("--out: a table is printed; choose another --format for a file"),
            (Some(format), _) => Ok(format.of_files()),
            (None, None) => Ok(None),
            (None, Some(out)) => match of_name(out) {
                Some(Format::Jsonl) => Ok(None),
                Some(format) => Ok(Some(format)),
                None => bail!("--out {}: add --format, since the name tells none", out.display()),
            },
        }
    }

    /// Whether `discover` writes a manifest: what no other format is said of.
    pub fn is_manifest(&self, out: &Path) -> bool {
        self.format.is_none() && !self.json && of_name(out).is_none()
    }

    /// Whether hits are wanted as annotations or clips.
    ///
    /// # Errors
    /// Where there is a file and no format for it.
    pub fn wants_files(&self, out: Option<&Path>) -> Result<bool> {
        Ok(self.file_format(out)?.is_some() || self.cut.is_some())
    }

    /// Where hits are printed to, unless they are written as annotations.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub fn output(&self, out: Option<&Path>) -> Result<Option<Output>> {
        match out {
            _ if self.file_format(out)?.is_some() => Ok(None),
            Some(out) => Ok(Some(Output::file(out).with_context(|| out.display().to_string())?)),
            None => Ok(Some(Output::new(self.json || self.format == Some(HitFormat::Jsonl)))),
        }
    }

    /// Writes clips and annotations, as far as they are wanted.
    ///
    /// # Errors
    /// What the system says, and what a format cannot hold. A recording that cannot be read for its clips is reported.
    pub fn write(
        &self,
        annotations: Vec<Annotation>,
        out: Option<&Path>,
        engine: &Engine,
        context: &Context,
    ) -> Result<()> {
        let groups = engine.by_recording(annotations)?;
        if let Some(folder) = &self.cut {
            let margin = Margin { before: self.before, after: self.after };
            let mut written = 0;
            for (recording, annotations) in &groups {
                match write_clips(&recording.path, annotations, margin, folder) {
                    Ok(files) => written += files.iter().flatten().count(),
                    Err(cause) => context.messages.error(cause),
                }
            }
            context.messages.note(format_args!("{}: {}", folder.display(), count(written, "clip")));
        }
        match (self.file_format(out)?, out) {
            (Some(format), Some(out)) => {
                let files = write_files(format, out, &groups)?;
                context.messages.note(format_args!("{}: {}", out.display(), count(files.len(), "file")));
            }
            (Some(format), None) => print(format, &groups)?,
            (None, _) => {}
        }
        Ok(())
    }
}

/// The format that a name stands for. Lists with tabs are manifests.
fn of_name(out: &Path) -> Option<Format> {
    let tabs = out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tsv"));
    Format::of_file(out, &[]).filter(|_| !tabs)
}

/// To standard output.
fn print(format: Format, groups: &[(Recording, Vec<Annotation>)]) -> Result<()> {
    let [(recording, _), rest @ ..] = groups else { return Ok(()) };
    if format.of_one_recording() && !rest.is_empty() {
        let (name, recordings) = (format.name(), groups.len());
        bail!("a {name} file holds the annotations of one recording and these are of {recordings}: add --out FOLDER");
    }
    let all: Vec<Annotation> = groups.iter().flat_map(|(_, annotations)| annotations).cloned().collect();
    let mut out = io::stdout().lock();
    format.write(&mut out, recording, &all)?;
    Ok(out.flush()?)
}

/// What hits of a query are called in a file: words as they are, a clip by its name without folders and ending.
pub fn label(query: &str) -> String {
    let stem = |part: &str| {
        let (path, stretch) = part.split_once('#').unwrap_or((part, ""));
        let stem = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        match stem {
            Some(stem) if stretch.is_empty() => stem,
            Some(stem) => format!("{stem} {stretch}"),
            None => part.to_owned(),
        }
    };
    query.split(" + ").map(stem).collect::<Vec<_>>().join(" + ")
}
