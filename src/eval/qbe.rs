//! Query by example: does a spoken or written word find the recordings in which another speaker says it?

use std::collections::HashSet;

use serde::Serialize;

use super::Token;

/// A recording that is searched.
#[derive(Debug, Clone)]
pub struct Utterance {
    /// The words said in it, in lower case.
    pub words: HashSet<String>,
    /// Who speaks.
    pub speaker: String,
}

impl Utterance {
    /// From what is said in it, words divided by spaces.
    pub fn new(transcript: &str, speaker: &str) -> Self {
        let words = transcript.to_lowercase().split_whitespace().map(str::to_owned).collect();
        Self { words, speaker: speaker.to_owned() }
    }

    /// Whether it says the query's word; `None` where it is by the query's speaker and does not count.
    pub fn relevant(&self, query: &Token) -> Option<bool> {
        (self.speaker != query.speaker).then(|| self.words.contains(&query.label.to_lowercase()))
    }
}

/// The task's figures, each a mean over the queries that have a recording to find; NaN (null in JSON) where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct QueryByExample {
    /// Queries that some other speaker's recording holds.
    pub queries: usize,
    /// Recordings.
    pub utterances: usize,
    /// Mean average precision: what was not returned counts as never found.
    pub map: f64,
    /// Share of right ones among the first ten.
    pub p_at_10: f64,
    /// Share of right ones among the first N, where N are right.
    pub p_at_n: f64,
}

/// Scores what a search returned.
///
/// `scores` has a row a query with the score of each utterance, `None` where that was not returned. Recordings by the query's own
/// speaker are left out; equal scores rank in the utterances' order.
pub fn query_by_example(scores: &[Vec<Option<f32>>], queries: &[Token], utterances: &[Utterance]) -> QueryByExample {
    let (mut count, mut map, mut ten, mut as_many) = (0, 0.0, 0.0, 0.0);
    for (row, query) in scores.iter().zip(queries) {
        let candidates = row.iter().zip(utterances).filter_map(|(score, u)| Some((*score, u.relevant(query)?)));
        let mut ranked: Vec<(Option<f32>, bool)> = candidates.collect();
        let wanted = ranked.iter().filter(|(_, relevant)| *relevant).count();
        if wanted == 0 {
            continue;
        }
        ranked.sort_by(|a, b| b.0.unwrap_or(f32::NEG_INFINITY).total_cmp(&a.0.unwrap_or(f32::NEG_INFINITY)));
        let hit: Vec<bool> = ranked.iter().map(|(score, relevant)| *relevant && score.is_some()).collect();
        let (mut found, mut sum) = (0, 0.0);
        for (at, _) in hit.iter().enumerate().filter(|(_, hit)| **hit) {
            found += 1;
            sum += f64::from(found) / (at + 1) as f64;
        }
        let share = |first: usize| {
            let first = &hit[..first.min(hit.len())];
            first.iter().filter(|hit| **hit).count() as f64 / first.len() as f64
        };
        count += 1;
        map += sum / wanted as f64;
        ten += share(10);
        as_many += share(wanted);
    }
    let n = count as f64;
    QueryByExample { queries: count, utterances: utterances.len(), map: map / n, p_at_10: ten / n, p_at_n: as_many / n }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(label: &str, speaker: &str) -> Token {
        Token { label: label.into(), speaker: speaker.into() }
    }

    #[test]
    fn figures_by_hand() {
        let utterances =
            [("a b", "x"), ("b c", "y"), ("C d", "z"), ("a", "q")].map(|(words, who)| Utterance::new(words, who));
        // Without its own speaker's: the second ranks last, the first best: 1/1 and 2/3 of two.
        let scores = [vec![Some(0.9), Some(0.1), Some(0.5), Some(0.99)]];
        let figures = query_by_example(&scores, &[query("B", "q")], &utterances);
        assert_eq!((figures.queries, figures.utterances), (1, 4));
        assert!((figures.map - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert!((figures.p_at_10 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(figures.p_at_n, 0.5);
    }

    #[test]
    fn what_was_not_returned_earns_nothing() {
        let utterances = [("a", "x"), ("b", "y")].map(|(words, who)| Utterance::new(words, who));
        let figures = query_by_example(&[vec![None, None]], &[query("a", "q")], &utterances);
        assert_eq!((figures.map, figures.p_at_10, figures.p_at_n), (0.0, 0.0, 0.0));
    }

    #[test]
    fn a_word_that_nobody_else_says_is_no_query() {
        let utterances = [Utterance::new("a", "x")];
        let figures =
            query_by_example(&[vec![Some(1.0)], vec![Some(1.0)]], &[query("a", "x"), query("z", "y")], &utterances);
        assert_eq!(figures.queries, 0);
        assert!(figures.map.is_nan());
    }

    #[test]
    fn equal_scores_keep_the_order_of_the_utterances() {
        let utterances = [("b", "x"), ("a", "y")].map(|(words, who)| Utterance::new(words, who));
        let figures = query_by_example(&[vec![Some(0.5), Some(0.5)]], &[query("a", "q")], &utterances);
        assert_eq!(figures.map, 0.5);
    }
}
