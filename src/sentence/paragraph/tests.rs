//! What users of the room see, on networks that have seen nothing.
#![allow(clippy::unwrap_used)]

use super::model::ids;
use super::*;
use crate::encoder::{Cell, Device, Precision};
use crate::sentence::testing::{paragraphs, tokens};
use crate::sentence::{SentenceError, Tokens};

fn config(levels: Levels) -> ParagraphConfig {
    ParagraphConfig { levels, longest: 60, sentences: 6, cell: Cell::Gru, token: 64, width: 512 }
}

fn model(levels: Levels) -> ParagraphEncoder {
    ParagraphEncoder::untrained(config(levels), tokens(), 1).unwrap()
}

fn rewrite(model: &ParagraphEncoder, paragraphs: &[String]) -> Vec<Rewritten> {
    let paragraphs: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    model.rewrite(&paragraphs, 1).unwrap()
}

#[test]
fn the_start_alone_writes_short_paragraphs_again_sentence_by_sentence() {
    for (levels, least, most) in [(Levels::Flat, 1, 1), (Levels::Hierarchical, 1, 2), (Levels::Attention, 2, 3)] {
        let paragraphs = paragraphs(24, least, most);
        let rewritten = rewrite(&model(levels), &paragraphs);
        let exact = rewritten.iter().filter(|one| one.read == one.written).count();
        assert!(exact >= 12, "{levels:?}: {exact} of 24, such as {:?}", rewritten[0]);
        for (one, paragraph) in rewritten.iter().zip(&paragraphs) {
            assert_eq!(&one.read, paragraph);
            assert!((least..=most).contains(&one.sentences), "{one:?}");
            assert_eq!(one.sentences_written.is_none(), levels == Levels::Flat);
        }
    }
}

#[test]
fn attention_reads_sentences_that_one_vector_cannot_hold() {
    // So narrow that a paragraph does not fit, wide enough for a sentence.
    let narrow = |levels| {
        let config = ParagraphConfig { width: 256, ..config(levels) };
        ParagraphEncoder::untrained(config, tokens(), 1).unwrap()
    };
    let paragraphs = paragraphs(16, 5, 5);
    let exact = |levels| rewrite(&narrow(levels), &paragraphs).iter().filter(|one| one.read == one.written).count();
    let (without, with) = (exact(Levels::Hierarchical), exact(Levels::Attention));
    assert!(with > without, "{with} with, {without} without");
}

#[test]
fn what_else_is_in_the_call_does_not_matter() {
    for levels in [Levels::Flat, Levels::Hierarchical, Levels::Attention] {
        let model = model(levels);
        let mut all = paragraphs(8, 1, 4);
        all.push("One. Two. Three. Four. Five. Six. Seven. Eight.".into());
        let together = rewrite(&model, &all);
        assert_eq!(together[8].sentences, 6, "no more are read");
        for at in [0, 5, 8] {
            assert_eq!(rewrite(&model, &all[at..=at])[0], together[at], "{levels:?}");
        }
    }
}

#[test]
fn long_paragraphs_are_cut_and_what_is_written_is_no_longer() {
    let tokens = Tokens::bytes().unwrap();
    let long = "A long sentence. ".repeat(30);
    for levels in [Levels::Flat, Levels::Hierarchical] {
        let config = config(levels);
        let rows = ids(&long, &tokens, &config);
        assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), 60);
        let model = ParagraphEncoder::untrained(config, tokens.clone(), 3).unwrap();
        let rewritten = rewrite(&model, std::slice::from_ref(&long)).remove(0);
        assert!(long.starts_with(&rewritten.read), "{rewritten:?}");
        // Bytes may become a replacement character each, of three.
        assert!(rewritten.written.len() <= 3 * 60 + 6, "{rewritten:?}");
    }
}

#[test]
fn blank_paragraphs_are_refused_by_number() {
    let refusal = model(Levels::Hierarchical).rewrite(&["One.", " \t"], 1).unwrap_err();
    assert!(matches!(refusal, SentenceError::Blank { number: 2 }), "{refusal}");
}

#[test]
fn a_model_comes_back_as_it_was_saved_and_a_cut_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.safetensors");
    let paragraphs = paragraphs(4, 2, 4);
    for levels in [Levels::Flat, Levels::Hierarchical, Levels::Attention] {
        let model = model(levels);
        model.save(&path, Precision::F32).unwrap();
        let read = ParagraphEncoder::open(&path, Device::Cpu).unwrap();
        assert_eq!((read.config(), read.parameter_count()), (model.config(), model.parameter_count()));
        assert_eq!(rewrite(&read, &paragraphs), rewrite(&model, &paragraphs));
    }
    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let refusal = ParagraphEncoder::open(&path, Device::Cpu).unwrap_err().to_string();
        assert!(refusal.contains("mine.safetensors"), "{length}: {refusal}");
    }
    crate::sentence::testing::untrained(crate::sentence::testing::small_config()).save(&path, Precision::F32).unwrap();
    let refusal = ParagraphEncoder::open(&path, Device::Cpu).unwrap_err().to_string();
    assert!(refusal.contains("mine.safetensors") && refusal.contains("kind is not paragraph"), "{refusal}");
    let huge = ParagraphConfig { width: 1 << 40, ..config(Levels::Flat) };
    assert!(ParagraphEncoder::untrained(huge, tokens(), 1).unwrap_err().to_string().contains("width"));
}
