//! `--where`, of commands that find or list something.

use std::{path::PathBuf, sync::Arc};

use anyhow::Result;
use clap::Args;

use crate::engine::{Condition, Conditions, Filter, MetadataTable};

/// Which recordings and moments count.
#[derive(Args)]
pub struct FilterArgs {
    /// Only where this holds: path=GLOB, label=WORD, date>=2024-05-01, time=22:00-04:00, duration<60, site=north*; may be given several times
    ///
    /// A condition is a field, one of = != < <= > >=, and a value. Fields are path (a file, a folder, or a pattern such as '*_dawn.wav' or
    /// north/**), label, text (a part of a sentence), duration (seconds, or 1:30), date (2024, 2024-05, 2024-05-01, 2024-05-01T22:30), time (of
    /// the day), channel, the columns of --metadata, and what recorders wrote into wav files (GUANO, BWF: 'loc position'). When a recording
    /// began is known from the table, from its name (AudioMoth, Song Meter, Zoom), or from what the recorder wrote. Of several conditions with
    /// = on one field any may hold; else all must hold.
    #[arg(long = "where", value_name = "CONDITION", allow_hyphen_values = true, help_heading = "Filters")]
    conditions: Vec<Condition>,
    /// A table about recordings: a column path, and others that --where then knows; tab-separated, or .csv
    #[arg(long, value_name = "FILE", help_heading = "Filters")]
    metadata: Option<PathBuf>,
}

impl FilterArgs {
    /// What they say.
    ///
    /// # Errors
    /// Where the table cannot be read.
    pub fn filter(&self) -> Result<Filter> {
        let metadata = self.metadata.as_deref().map(MetadataTable::read).transpose()?.map(Arc::new);
        Ok(Filter { conditions: Conditions::new(self.conditions.clone()), metadata, ..Filter::default() })
    }
}
