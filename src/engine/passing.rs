//! Conditions of a question → what of a store passes.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use audiosearch_index::{Collection, Label, Places, Reader, SourceKey, Span};
use rayon::prelude::*;

use super::{Engine, EngineError, Filter, Notice, filter::LastFilter};
use crate::{
    annotation::{Named, RecordingNames},
    audio::{RecorderTags, SAMPLE_RATE, recorder_tags},
    condition::{Began, Condition, Field, MomentConditions, Stretches, Subject, field_name},
    pipeline::{channel_of, resolve},
    search::{HitFilter, Searcher},
};

/// Further fields that a message lists.
const LISTED: usize = 40;

/// A source of a store, as conditions see it.
pub(super) struct KnownSource {
    pub key: SourceKey,
    /// As the user is shown it.
    pub path: PathBuf,
    /// Nothing of a text.
    pub seconds: Option<f64>,
}

/// What is known of one recording beside that.
#[derive(Default)]
struct Facts<'a> {
    row: Option<&'a HashMap<String, String>>,
    tags: RecorderTags,
}

impl Engine {
    /// A filter made ready for the recordings; the last one is kept, as a list of queries asks for the same again and again.
    pub(super) fn filter_of_hits(&self, searcher: &Arc<Searcher>, filter: &Filter) -> Result<HitFilter, EngineError> {
        if filter.is_empty() {
            return Ok(HitFilter::default());
        }
        let of = Arc::downgrade(searcher);
        let mut last = self.filter.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.as_ref().filter(|last| last.filter == *filter && last.of.ptr_eq(&of)) {
            return Ok(known.ready.clone());
        }
        let ready = self.hit_filter(searcher.reader(), Collection::Audio, filter)?;
        *last = Some(LastFilter { filter: filter.clone(), of, ready: ready.clone() });
        Ok(ready)
    }

    /// A filter made ready for what is searched.
    pub(super) fn hit_filter(
        &self,
        reader: &Reader,
        collection: Collection,
        filter: &Filter,
    ) -> Result<HitFilter, EngineError> {
        if filter.is_empty() {
            return Ok(HitFilter::default());
        }
        let sources: Vec<_> = reader.sources().collect();
        let known: Vec<KnownSource> = sources
            .iter()
            .map(|source| KnownSource {
                key: source.key.clone(),
                path: source.path.clone(),
                seconds: (collection == Collection::Audio).then(|| seconds(source.samples)),
            })
            .collect();
        let moments = filter.moments();
        let mut places = Places::default();
        for ((source, known), own) in sources.iter().zip(&known).zip(self.stretches(filter, &known)?) {
            let own = if moments.ask_labels() { own.and(&labelled(reader.labels(&source.key), &moments)) } else { own };
            if own.leaves_out(known.seconds) {
                continue;
            }
            match known.seconds.map(|all| (all, own.within(all))) {
                Some((all, parts)) if parts != [(0.0, all)] && all > 0.0 => {
                    places.add_stretches(source.id, parts.into_iter().map(span).collect());
                }
                _ => places.add(source.id),
            }
        }
        Ok(HitFilter { places: Some(Arc::new(places)), moments })
    }

    /// The stretches of each source that meet the conditions; labels and texts of moments are left aside.
    ///
    /// # Errors
    /// Where a condition names what is not there.
    pub(super) fn stretches(&self, filter: &Filter, sources: &[KnownSource]) -> Result<Vec<Stretches>, EngineError> {
        let keys = self.keys()?;
        let under = under(filter);
        let conditions = &filter.conditions;
        let named = |condition: &Condition| -> Result<Option<HashSet<&SourceKey>>, EngineError> {
            let Some(path) = condition.plain_path() else { return Ok(None) };
            let named = keys.named(Path::new(path), sources.iter().map(|source| &source.key))?;
            // What is no path here may be the name of a folder.
            Ok((!named.is_empty()).then(|| named.into_iter().collect()))
        };
        let named: Vec<(&Condition, Option<HashSet<&SourceKey>>)> = conditions
            .iter()
            .map(|condition| Ok((condition, named(condition)?)))
            .collect::<Result<_, EngineError>>()?;
        let places: Vec<PathBuf> = sources.iter().map(|source| keys.place(&source.key)).collect();
        let facts = self.facts(filter, sources, &places)?;
        let stretches = |((source, place), facts): ((&KnownSource, &PathBuf), &Facts<'_>)| {
            if !under(place) {
                return Stretches::default();
            }
            let value = |field: &str| facts.value(field);
            let channel = channel_of(&source.key).map(|channel| channel.saturating_add(1));
            let began = facts.began(&source.path);
            let subject = Subject { path: &source.path, place, seconds: source.seconds, channel, began, value: &value };
            conditions.stretches_as(&subject, &|condition| {
                let (_, keys) = named.iter().find(|(own, _)| *own == condition)?;
                keys.as_ref().map(|keys| keys.contains(&source.key))
            })
        };
        Ok(sources.iter().zip(&places).zip(&facts).map(stretches).collect())
    }

    /// What is known of each source, as far as conditions ask for it: files are looked into only where nothing else tells.
    fn facts<'a>(
        &self,
        filter: &'a Filter,
        sources: &[KnownSource],
        places: &[PathBuf],
    ) -> Result<Vec<Facts<'a>>, EngineError> {
        let mut facts: Vec<Facts<'a>> = sources.iter().map(|_| Facts::default()).collect();
        let columns = filter.metadata.as_ref().map_or(&[][..], |table| table.columns());
        if let Some(table) = &filter.metadata {
            let (names, at) = (RecordingNames::new(places), positions(places));
            for (path, row) in table.rows() {
                let full = resolve(path).unwrap_or_else(|_| path.to_owned());
                if let Named::One(place) = names.find(&full)
                    && let Some(&at) = at.get(place)
                {
                    facts[at].row = Some(row);
                }
            }
        }
        let unknown =
            |condition: &&Condition| matches!(condition.field(), Field::Other(name) if !columns.contains(name));
        let further: Vec<&Condition> = filter.conditions.iter().filter(unknown).collect();
        let (date, time) = (filter.asks(&Field::Date), filter.asks(&Field::Time));
        let wanted = |(source, facts): (&KnownSource, &Facts<'_>)| {
            let began = || facts.began(&source.path);
            let dated = || began().is_some_and(|began| began.time.is_some() || !time);
            source.seconds.is_some() && (!further.is_empty() || ((date || time) && !dated()))
        };
        let wanted: Vec<bool> = sources.iter().zip(&facts).map(wanted).collect();
        let read = |(place, wanted): (&PathBuf, bool)| wanted.then(|| recorder_tags(place)).transpose();
        let tags: Vec<io::Result<Option<RecorderTags>>> = places.par_iter().zip(wanted).map(read).collect();
        let mut unreadable = Vec::new();
        for ((facts, tags), source) in facts.iter_mut().zip(tags).zip(sources) {
            match tags {
                Ok(tags) => facts.tags = tags.unwrap_or_default(),
                Err(cause) => unreadable.push((source.path.clone(), cause)),
            }
        }
        let recordings = unreadable.len();
        if let Some((path, cause)) = unreadable.into_iter().next() {
            self.notice(&Notice::NoTags { recordings, path, cause });
        }
        let tags: BTreeSet<String> =
            facts.iter().flat_map(|facts| facts.tags.iter()).map(|(name, _)| field_name(name)).collect();
        match further.iter().find(|condition| !tags.contains(condition.field().name())) {
            Some(condition) => Err(no_field(condition, columns, tags)),
            None => Ok(facts),
        }
    }
}

impl Facts<'_> {
    fn value(&self, field: &str) -> Option<String> {
        let column = self.row.and_then(|row| row.get(field)).cloned();
        column
            .or_else(|| self.tags.iter().find(|(name, _)| field_name(name) == field).map(|(_, value)| value.to_owned()))
    }

    /// By the table, else by the name, else by what the recorder wrote.
    fn began(&self, path: &Path) -> Option<Began> {
        let column = |name: &str| self.row.and_then(|row| row.get(name)).map(String::as_str);
        let of_row =
            ["date", "timestamp", "datetime"].iter().find_map(|name| Began::of_text(column(name)?, column("time")));
        let of_name = of_row.or_else(|| Began::of_name(path)).filter(|began| began.time.is_some());
        let of_guano = || Began::of_text(self.tags.get("Timestamp")?, None);
        let of_broadcast = || {
            let date = self.tags.get("Origination Date")?.replace(|c: char| !c.is_ascii_digit(), "-");
            let time = self.tags.get("Origination Time").map(|time| time.replace(|c: char| !c.is_ascii_digit(), ":"));
            Began::of_text(&date, time.as_deref())
        };
        of_name.or_else(of_guano).or_else(of_broadcast).or(of_row).or_else(|| Began::of_name(path))
    }
}

/// Whether a place lies under one of the paths of a filter.
fn under(filter: &Filter) -> impl Fn(&Path) -> bool + use<> {
    let full: Vec<PathBuf> = filter.paths.iter().map(|path| resolve(path).unwrap_or_else(|_| path.clone())).collect();
    move |place: &Path| full.is_empty() || full.iter().any(|path| place.starts_with(path))
}

fn positions(places: &[PathBuf]) -> HashMap<&Path, usize> {
    places.iter().enumerate().map(|(at, place)| (place.as_path(), at)).collect()
}

fn no_field(condition: &Condition, columns: &[String], tags: BTreeSet<String>) -> EngineError {
    let mut there: Vec<&str> = Field::NAMES.to_vec();
    there.extend(columns.iter().map(String::as_str).chain(tags.iter().map(String::as_str)));
    let more = if there.len() > LISTED { format!(" and {} more", there.len() - LISTED) } else { String::new() };
    let (name, written) = (condition.field().name(), condition.written());
    let there = there[..there.len().min(LISTED)].join(", ");
    EngineError::Request(format!("--where '{written}': no recording has a field '{name}'; there are {there}{more}"))
}

/// The stretches that moments with a wanted label share something with. Where two labels overlap, either may be that of a moment.
pub(super) fn labelled(labels: &[Label], moments: &MomentConditions) -> Stretches {
    let of = |wanted: &dyn Fn(&Label) -> bool| {
        let own = labels.iter().filter(|label| wanted(label));
        Stretches::of(own.map(|label| label.span.map_or((f64::NEG_INFINITY, f64::INFINITY), range)).collect())
    };
    let is = |all: &[String], label: &Label| all.contains(&label.text);
    let bare = || of(&|_| true).not();
    let wanted = match moments.label.as_slice() {
        [] => Stretches::all(),
        all => {
            let own = of(&|label| is(all, label));
            if all.iter().any(String::is_empty) { own.or(bare()) } else { own }
        }
    };
    if moments.not_label.is_empty() {
        return wanted;
    }
    let others = of(&|label| !is(&moments.not_label, label));
    let without = moments.not_label.iter().any(String::is_empty);
    let left = if without { others } else { of(&|label| is(&moments.not_label, label)).not().or(others) };
    wanted.and(&left)
}

fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}

fn range(span: Span) -> (f64, f64) {
    (seconds(span.start), seconds(span.end()))
}

fn span((start, end): (f64, f64)) -> Span {
    let sample = |seconds: f64| (seconds * f64::from(SAMPLE_RATE)).round() as u64;
    let len = u32::try_from(sample(end).saturating_sub(sample(start))).unwrap_or(u32::MAX);
    Span { start: sample(start), len }
}

#[cfg(test)]
mod tests {
    use audiosearch_index::LabelOrigin;

    use super::*;
    use crate::condition::Conditions;

    fn labels() -> Vec<Label> {
        let label = |start: u64, len: u32, text: &str| {
            let rate = SAMPLE_RATE;
            let span = Span { start: start * u64::from(rate), len: len * rate };
            Label::new(Some(span), text, LabelOrigin::User, 0)
        };
        vec![label(1, 2, "owl"), label(2, 4, "dog"), label(8, 1, "owl")]
    }

    fn stretches(conditions: &[&str]) -> Vec<(f64, f64)> {
        let conditions = conditions.iter().filter_map(|text| text.parse().ok()).collect();
        labelled(&labels(), &Conditions::new(conditions).moments()).within(10.0)
    }

    #[test]
    fn moments_of_a_label_lie_where_it_does() {
        assert_eq!(stretches(&["label=owl"]), [(1.0, 3.0), (8.0, 9.0)]);
        assert_eq!(stretches(&["label=owl", "label=dog"]), [(1.0, 6.0), (8.0, 9.0)]);
        assert_eq!(stretches(&["label=fox"]), []);
        assert_eq!(stretches(&["label="]), [(0.0, 1.0), (6.0, 8.0), (9.0, 10.0)]);
        assert_eq!(stretches(&["label!=owl"]), [(0.0, 1.0), (2.0, 8.0), (9.0, 10.0)]);
        assert_eq!(stretches(&["label!="]), [(1.0, 6.0), (8.0, 9.0)]);
    }
}
