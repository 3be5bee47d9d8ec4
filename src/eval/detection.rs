//! Does a confidence mean what it says, and what would a detector by it be worth?

use serde::Serialize;

/// A recording that was returned for a query.
#[derive(Debug, Clone, Copy)]
pub struct Detection {
    /// Which query.
    pub query: usize,
    /// How probable the search called it.
    pub confidence: f32,
    /// Whether the word is said there.
    pub right: bool,
}

/// Figures of the detections of all queries that have something to find.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Detecting {
    /// Expected calibration error: how far confidence and share of right ones lie apart, over ten bins of confidence.
    pub calibration_error: f64,
    /// Maximum term-weighted value (NIST 2006, β = 999.9, one trial a second): 1 is perfect, 0 is silence.
    pub mtwv: f64,
    /// The confidence from which on that is reached.
    pub mtwv_at: f64,
    /// Wrong recordings returned at that confidence, a query and an hour.
    pub false_alarms_per_hour: f64,
}

const BINS: usize = 10;
const BETA: f64 = 999.9;

/// `wanted` says for each query how many recordings there are to find (0: the query does not count), `hours` how much is searched.
pub fn detecting(detections: &[Detection], wanted: &[usize], hours: f64) -> Detecting {
    let counted = |d: &&Detection| wanted.get(d.query).is_some_and(|&wanted| wanted > 0);
    let mut all: Vec<Detection> = detections.iter().filter(counted).copied().collect();
    all.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let queries = wanted.iter().filter(|&&wanted| wanted > 0).count().max(1) as f64;
    let seconds = hours * 3600.0;
    // With nothing returned every word is missed: the value is 0.
    let (mut value, mut alarms) = (0.0, 0.0);
    let mut best =
        Detecting { calibration_error: calibration_error(&all), mtwv: 0.0, mtwv_at: 1.0, false_alarms_per_hour: 0.0 };
    for (at, detection) in all.iter().enumerate() {
        let wanted = wanted[detection.query] as f64;
        if detection.right {
            value += 1.0 / wanted / queries;
        } else {
            alarms += 1.0;
            value -= BETA / (seconds - wanted).max(1.0) / queries;
        }
        // Detections of one confidence stand or fall together.
        let last = all.get(at + 1).is_none_or(|next| next.confidence < detection.confidence);
        if last && value > best.mtwv {
            let false_alarms_per_hour = alarms / queries / hours.max(1e-9);
            best = Detecting { mtwv: value, mtwv_at: f64::from(detection.confidence), false_alarms_per_hour, ..best };
        }
    }
    best
}

fn calibration_error(all: &[Detection]) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); BINS];
    for detection in all {
        let bin = &mut bins[((detection.confidence * BINS as f32) as usize).min(BINS - 1)];
        bin.0 += 1.0;
        bin.1 += f64::from(detection.confidence);
        bin.2 += f64::from(u8::from(detection.right));
    }
    bins.iter().map(|(_, sure, right)| (sure - right).abs()).sum::<f64>() / all.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(query: usize, confidence: f32, right: bool) -> Detection {
        Detection { query, confidence, right }
    }

    #[test]
    fn a_perfect_detector_is_worth_one() {
        let found =
            [detection(0, 0.9, true), detection(0, 0.1, false), detection(1, 0.8, true), detection(2, 1.0, false)];
        let figures = detecting(&found, &[1, 1, 0], 1.0);
        assert!((figures.mtwv - 1.0).abs() < 1e-12);
        assert!((figures.mtwv_at - 0.8).abs() < 1e-6);
        assert_eq!(figures.false_alarms_per_hour, 0.0);
    }

    #[test]
    fn a_false_alarm_in_front_costs_its_share() {
        let found = [detection(0, 0.9, false), detection(0, 0.8, true)];
        let figures = detecting(&found, &[1], 10.0);
        assert!((figures.mtwv - (1.0 - 999.9 / 35_999.0)).abs() < 1e-9);
        assert!((figures.false_alarms_per_hour - 0.1).abs() < 1e-12);
    }

    #[test]
    fn confidence_that_keeps_its_word_has_no_error() {
        let found: Vec<_> = (0..100).map(|i| detection(0, 0.25, i % 4 == 0)).collect();
        assert!(detecting(&found, &[25], 1.0).calibration_error < 1e-6);
        let bold: Vec<_> = (0..100).map(|i| detection(0, 0.95, i % 4 == 0)).collect();
        assert!((detecting(&bold, &[25], 1.0).calibration_error - 0.7).abs() < 1e-6);
    }
}
