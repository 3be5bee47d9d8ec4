//! The logs of a run, a row an evaluation: `OUT.csv`, and `OUT.gradient.csv`, which says how much of the gradient is left by time lag.

use std::path::Path;

use super::dev::{DevFigures, DevSet};
use super::error::TrainError;
use super::gradient;
use super::journal::Journal;
use super::loss::Losses;
use super::state::beside;

/// Both logs.
pub(super) struct Logs {
    epochs: Journal,
    lags: Journal,
}

/// A row of `OUT.csv`.
pub(super) struct Row<'a> {
    pub step: u64,
    /// Time in training.
    pub seconds: f64,
    /// The learning rate.
    pub rate: f64,
    /// Frames of 10 ms a second.
    pub pace: f64,
    /// Means over the epoch.
    pub losses: &'a Losses,
    /// Mean length of the gradient, before it is clipped and after.
    pub norms: (f64, f64),
    pub figures: &'a [DevFigures],
    pub score: f64,
}

impl Logs {
    /// Opens the logs of the model `out`; keeps rows up to step `from`.
    pub fn open(out: &Path, sets: &[DevSet], from: u64) -> Result<Self, TrainError> {
        let mut columns = String::from(
            "step,seconds,learning_rate,frames_per_second,loss,sa,dsa,cae,contrastive,multiview,agreement,gradient_norm,clipped_norm",
        );
        for set in sets {
            let name = set.name();
            columns.push_str(&format!(",{name} ap,{name} swdp_ap,{name} p_at_1,{name} p_at_10,{name} cross_view_ap"));
        }
        columns.push_str(",score");
        let lags = (0..gradient::LAGS).map(|lag| format!(",lag {lag}")).collect::<String>();
        let open = |ending, columns: &str| Journal::open(&beside(out, ending), columns, from);
        Ok(Self { epochs: open(".csv", &columns)?, lags: open(".gradient.csv", &format!("step{lags}"))? })
    }

    /// One row of `OUT.csv`.
    pub fn epoch(&self, row: &Row<'_>) -> Result<(), TrainError> {
        let number = |value: f64| format!("{value:.5}");
        let maybe = |value: Option<f64>| value.map(number).unwrap_or_default();
        let losses = row.losses;
        let mut cells = vec![
            row.step.to_string(),
            format!("{:.1}", row.seconds),
            format!("{:.3e}", row.rate),
            format!("{:.0}", row.pace),
            number(losses.total),
        ];
        cells.extend(
            [losses.sa, losses.dsa, losses.cae, losses.contrastive, losses.multiview, losses.agreement].map(maybe),
        );
        cells.extend([row.norms.0, row.norms.1].map(number));
        for set in row.figures {
            let f = set.same_different;
            cells.extend([f.ap, f.swdp_ap, f.p_at_1, f.p_at_10].map(number));
            cells.push(maybe(set.cross_view_ap));
        }
        cells.push(number(row.score));
        self.epochs.row(&cells)
    }

    /// One row of `OUT.gradient.csv`.
    pub fn lags(&self, step: u64, norms: &[f64]) -> Result<(), TrainError> {
        let cells = norms.iter().map(|norm| format!("{norm:.4e}"));
        self.lags.row(&std::iter::once(step.to_string()).chain(cells).collect::<Vec<_>>())
    }
}
