//! Markdown: its text → blocks.

use std::ops::ControlFlow;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{Sentence, TextError, block::Block, decode::Lines, style::Style};

/// Bytes of a file that are held at once.
const MOST: usize = 64_000_000;
/// Bytes that tell how a text is written.
const HEAD: usize = 1 << 16;

pub(super) fn read(
    lines: &mut Lines,
    each: &mut dyn FnMut(Sentence) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, TextError> {
    let (mut text, mut begins) = (String::new(), Vec::new());
    while let Some(line) = lines.next()? {
        if !line.continued {
            if line.number > 1 {
                text.push('\n');
            }
            begins.push(text.len());
        }
        text.push_str(&line.text);
        if text.len() > MOST {
            return Err(TextError::TooLarge { path: lines.path().to_owned(), most: MOST });
        }
    }
    let line_at = |at: usize| begins.partition_point(|begin| *begin <= at) as u64;
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let style = Style::of(text[..text.floor_char_boundary(HEAD)].lines());
    let (mut block, mut out, mut skipped) = (Block::new(style), Vec::new(), 0);
    for (event, range) in Parser::new_ext(&text, options).into_offset_iter() {
        let line = line_at(range.start);
        match event {
            Event::Start(tag) if is_left_out(&tag) => skipped += 1,
            Event::End(tag) if ends_left_out(&tag) => skipped -= 1,
            _ if skipped > 0 => {}
            Event::Text(part) | Event::Code(part) => block.push(&part, line),
            Event::SoftBreak => block.gap(),
            Event::HardBreak | Event::Rule => block.finish(&mut out),
            Event::Start(tag) if !is_inline(&tag) => block.finish(&mut out),
            Event::End(tag) if !ends_inline(&tag) => block.finish(&mut out),
            _ => {}
        }
        block.settle(&mut out);
        for sentence in out.drain(..) {
            if each(sentence).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    debug_assert!(block.is_empty(), "the last block has an end");
    Ok(ControlFlow::Continue(()))
}

/// What is no running text.
fn is_left_out(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::MetadataBlock(_) | Tag::Image { .. })
}

fn ends_left_out(tag: &TagEnd) -> bool {
    matches!(tag, TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::MetadataBlock(_) | TagEnd::Image)
}

/// What stands within a sentence.
fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. })
}

fn ends_inline(tag: &TagEnd) -> bool {
    matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link)
}
