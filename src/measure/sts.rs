//! Semantic textual similarity: are sentences that people hold for alike alike?

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    engine::{Embedding, EngineError, Models, Observer, Problem, Watch},
    eval::{BagOfWords, spearman},
};

/// Spearman's correlations with people's scores, by what the likeness was measured with.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StsCorrelations {
    /// The cosine of the vectors.
    pub vector: f64,
    /// That of their meaning part alone.
    pub meaning: f64,
    /// That of a bag of words of the same tokens, counts by inverse document frequency.
    pub bag_of_words: f64,
}

/// The correlations of a file, the mean of a folder, or the mean of all folders.
#[derive(Debug, Serialize)]
pub struct StsLine {
    /// A file, a folder, or `mean`.
    pub set: String,
    /// Scored pairs.
    pub pairs: usize,
    /// What they came to.
    #[serde(flatten)]
    pub correlations: StsCorrelations,
}

/// One scored pair.
struct Pair {
    score: f64,
    sentences: [String; 2],
}

/// Measures tab-separated files of score and two sentences, and folders of them.
///
/// # Errors
/// Where a file cannot be read or is no such file, there is none with two scored pairs, or the observer asked to stop.
pub fn measure_sts(
    models: &Models,
    paths: &[PathBuf],
    observer: &mut impl Observer,
) -> Result<Vec<StsLine>, EngineError> {
    let mut files = Vec::new();
    for path in paths {
        gather(path, &mut files)?;
    }
    if files.is_empty() {
        return Err(EngineError::Request("no .tsv file among what was named".into()));
    }
    models.text(None)?;
    let mut lines = Vec::new();
    let mut years: BTreeMap<String, Vec<(usize, StsCorrelations)>> = BTreeMap::new();
    for file in &files {
        let pairs = read(file)?;
        if pairs.len() < 2 {
            Watch::new(observer).problem(Problem::FewPairs { path: file.clone() });
            continue;
        }
        let correlations = correlations(models, &pairs, observer)?;
        let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        years.entry(folder).or_default().push((pairs.len(), correlations));
        lines.push(StsLine { set: file.to_string_lossy().into_owned(), pairs: pairs.len(), correlations });
    }
    if lines.is_empty() {
        return Err(EngineError::Request("no file holds two scored pairs".into()));
    }
    let folders = years.into_iter().map(|(year, sets)| line(year, &sets));
    let folders: Vec<StsLine> = folders.collect();
    let all: Vec<(usize, StsCorrelations)> = folders.iter().map(|folder| (folder.pairs, folder.correlations)).collect();
    lines.extend(folders);
    lines.push(line("mean".into(), &all));
    Ok(lines)
}

/// The mean of sets.
fn line(set: String, sets: &[(usize, StsCorrelations)]) -> StsLine {
    let of = |what: fn(&StsCorrelations) -> f64| sets.iter().map(|(_, c)| what(c)).sum::<f64>() / sets.len() as f64;
    let correlations =
        StsCorrelations { vector: of(|c| c.vector), meaning: of(|c| c.meaning), bag_of_words: of(|c| c.bag_of_words) };
    StsLine { set, pairs: sets.iter().map(|set| set.0).sum(), correlations }
}

fn correlations(models: &Models, pairs: &[Pair], observer: &mut impl Observer) -> Result<StsCorrelations, EngineError> {
    let model = models.text(None)?;
    let texts: Vec<&str> = pairs.iter().flat_map(|pair| &pair.sentences).map(String::as_str).collect();
    let vectors = models.embed_sentences(&texts, observer)?;
    let ids: Vec<Vec<i64>> = model.with(|model| {
        let (tokens, longest) = (model.tokens(), model.config().longest);
        texts.iter().map(|text| tokens.encode(text, longest)).collect()
    });
    let bag = BagOfWords::new(ids.iter().map(Vec::as_slice));
    let scores: Vec<f64> = pairs.iter().map(|pair| pair.score).collect();
    let whole: Vec<f64> = vectors.chunks_exact(2).map(|pair| f64::from(pair[0].dot(&pair[1]))).collect();
    let meaning = |pair: &[Embedding]| -> Result<f64, EngineError> {
        model.with(|model| {
            let [a, b] = [model.meaning_part(&pair[0])?, model.meaning_part(&pair[1])?];
            Ok(f64::from(a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>()))
        })
    };
    let meanings: Vec<f64> = vectors.chunks_exact(2).map(meaning).collect::<Result<_, _>>()?;
    let bags: Vec<f64> = ids.chunks_exact(2).map(|pair| bag.cosine(&pair[0], &pair[1])).collect();
    Ok(StsCorrelations {
        vector: spearman(&whole, &scores),
        meaning: spearman(&meanings, &scores),
        bag_of_words: spearman(&bags, &scores),
    })
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> EngineError {
    let path = path.to_owned();
    move |cause| EngineError::Io { path: path.clone(), cause }
}

/// The files of a folder and of the folders in it, in order.
fn gather(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), EngineError> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(io(path))?;
    let mut entries: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(io(path))?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "tsv") {
            gather(&entry, files)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Pair>, EngineError> {
    let text = fs::read_to_string(path).map_err(io(path))?;
    let mut pairs = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let fail = |cause: &str| EngineError::Request(format!("{}:{}: {cause}", path.display(), number + 1));
        let mut cells = line.split('\t');
        let score = cells.next().unwrap_or_default().trim();
        if score.is_empty() {
            continue;
        }
        let score: f64 = score.parse().map_err(|_| fail("the first column is no score"))?;
        let mut sentence = || cells.next().map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned);
        let (Some(a), Some(b)) = (sentence(), sentence()) else {
            return Err(fail("a score, a tab, a sentence, a tab and a sentence are wanted"));
        };
        pairs.push(Pair { score, sentences: [a, b] });
    }
    Ok(pairs)
}
