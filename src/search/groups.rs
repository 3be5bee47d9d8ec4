//! Moments that sound alike, put into groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use audiosearch_index::{SourceId, Span};

/// Rounds until names hardly move any more.
const ROUNDS: usize = 20;

/// Two moments that sound alike, and how probable it is that they are the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// One of them.
    pub one: (SourceId, Span),
    /// The other.
    pub other: (SourceId, Span),
    /// How probable, 0 to 1.
    pub confidence: f32,
}

/// A moment of a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// The recording.
    pub source: SourceId,
    /// Where in it.
    pub span: Span,
    /// How probable it is that it belongs with the one of the group that it is most like.
    pub confidence: f32,
}

/// Moments by what they overlap: two spans of a recording that share most of the longer one are one moment.
#[derive(Debug, Default)]
struct Moments {
    all: Vec<Member>,
    by_source: HashMap<SourceId, Vec<usize>>,
}

impl Moments {
    fn of(&mut self, (source, span): (SourceId, Span), confidence: f32) -> usize {
        let known = self.by_source.entry(source).or_default();
        let shared = |&at: &usize| span.overlap(&self.all[at].span);
        let same = known.iter().copied().max_by_key(shared).filter(|at| {
            let longer = span.len.max(self.all[*at].span.len);
            2 * shared(at) > u64::from(longer)
        });
        same.unwrap_or_else(|| {
            known.push(self.all.len());
            self.all.push(Member { source, span, confidence });
            self.all.len() - 1
        })
    }
}

/// Groups of moments, those of most members first, the surest member of each first; no two members of one overlap.
///
/// Chinese Whispers (Biemann 2006): every moment bears a name of its own to begin with and takes, over and over, the name that weighs
/// most among those it is like. A likeness weighs the more, the more moments are like both. So a chance likeness between two groups does
/// not make them one, as it would if likeness were simply passed on. Names are taken in a fixed order: the same likenesses make the same groups.
pub fn groups(mut likenesses: Vec<Likeness>) -> Vec<Vec<Member>> {
    // The surest first: a moment has the boundaries of its best likeness.
    likenesses
        .sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.one.cmp(&b.one)).then(a.other.cmp(&b.other)));
    let mut moments = Moments::default();
    let mut edges: BTreeMap<(usize, usize), f32> = BTreeMap::new();
    for Likeness { one, other, confidence } in likenesses {
        let (a, b) = (moments.of(one, confidence), moments.of(other, confidence));
        if a != b {
            edges.entry((a.min(b), a.max(b))).or_insert(confidence);
        }
    }
    let mut alike = vec![BTreeSet::new(); moments.all.len()];
    for &(a, b) in edges.keys() {
        alike[a].insert(b);
        alike[b].insert(a);
    }
    let mut beside = vec![Vec::new(); moments.all.len()];
    for (&(a, b), &confidence) in &edges {
        let weight = confidence * (1 + alike[a].intersection(&alike[b]).count()) as f32;
        beside[a].push((b, weight));
        beside[b].push((a, weight));
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (moment, name) in named(&beside).into_iter().enumerate() {
        members.entry(name).or_default().push(moment);
    }
    let mut groups: Vec<Vec<Member>> = members.into_values().map(|group| apart(&group, &moments.all)).collect();
    groups.retain(|group| group.len() > 1);
    let weight = |group: &Vec<Member>| group.iter().map(|member| member.confidence).sum::<f32>();
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then(weight(b).total_cmp(&weight(a))));
    groups
}

/// A name for each moment, from what it is like and how much.
fn named(beside: &[Vec<(usize, f32)>]) -> Vec<usize> {
    let mut names: Vec<usize> = (0..beside.len()).collect();
    for _ in 0..ROUNDS {
        let mut moved = false;
        for (moment, likes) in beside.iter().enumerate() {
            let mut weights: BTreeMap<usize, f32> = BTreeMap::new();
            likes.iter().for_each(|(other, weight)| *weights.entry(names[*other]).or_default() += weight);
            let heaviest = weights.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((name, _)) = heaviest.filter(|(name, _)| *name != names[moment]) {
                names[moment] = name;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    names
}

/// The members of a group, the surest first, without those that overlap a surer one. Moments are numbered from the surest on.
fn apart(group: &[usize], moments: &[Member]) -> Vec<Member> {
    let mut kept: Vec<Member> = Vec::new();
    for member in group.iter().map(|&at| moments[at]) {
        if kept.iter().all(|other| other.source != member.source || other.span.overlap(&member.span) == 0) {
            kept.push(member);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: u32, start: u64) -> (SourceId, Span) {
        (SourceId(source), Span { start, len: 8_000 })
    }

    fn like(one: (SourceId, Span), other: (SourceId, Span), confidence: f32) -> Likeness {
        Likeness { one, other, confidence }
    }

    fn candidates(group: &[Member]) -> Vec<(u32, u64)> {
        let mut candidates: Vec<_> = group.iter().map(|member| (member.source.0, member.span.start)).collect();
        candidates.sort_unstable();
        candidates
    }

    #[test]
    fn what_is_alike_comes_together() {
        let found = groups(vec![
            like(at(1, 0), at(2, 0), 0.9),
            like(at(2, 0), at(3, 0), 0.8),
            like(at(4, 0), at(5, 50_000), 0.7),
        ]);
        assert_eq!(
            found.iter().map(|group| candidates(group)).collect::<Vec<_>>(),
            [vec![(1, 0), (2, 0), (3, 0)], vec![(4, 0), (5, 50_000)]]
        );
        assert_eq!(found[0][0].confidence, 0.9, "the surest first");
    }

    #[test]
    fn a_chance_likeness_does_not_join_two_groups() {
        let triangle = |first: u32| {
            let all = [at(first, 0), at(first + 1, 0), at(first + 2, 0)];
            [like(all[0], all[1], 0.9), like(all[1], all[2], 0.9), like(all[0], all[2], 0.9)]
        };
        let bridge = like(at(1, 0), at(11, 0), 0.95);
        let found = groups([&triangle(1)[..], &triangle(11), &[bridge]].concat());
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
    }

    #[test]
    fn spans_that_share_most_are_one_moment_with_the_surest_boundaries() {
        let found = groups(vec![like(at(1, 100), at(2, 0), 0.9), like(at(1, 1_000), at(3, 0), 0.8)]);
        assert_eq!(found.len(), 1);
        assert_eq!(candidates(&found[0]), [(1, 100), (2, 0), (3, 0)]);
    }

    #[test]
    fn members_of_a_group_do_not_overlap() {
        let found = groups(vec![like(at(1, 0), at(2, 0), 0.9), like(at(1, 5_000), at(2, 0), 0.8)]);
        assert_eq!(found.len(), 1);
        assert_eq!(candidates(&found[0]), [(1, 0), (2, 0)]);
        assert!(groups(vec![like(at(1, 0), at(1, 5_000), 0.9)]).is_empty(), "alone with itself");
    }
}
