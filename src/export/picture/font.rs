//! Widths and outlines of letters: DejaVu Sans, as much of it as Latin, Greek, Cyrillic and phonetic letters need.

use ttf_parser::{Face, GlyphId};

const BUILT_IN: &[u8] = include_bytes!("font/DejaVuSans.ttf");

/// What stands for a letter that no font has.
const BOX: char = '□';

/// The font that is built in, and one that may be asked for what it lacks.
pub(super) struct Font<'a> {
    faces: Vec<Face<'a>>,
}

/// A letter that can be drawn.
pub(super) struct Letter<'f, 'a> {
    pub face: &'f Face<'a>,
    pub glyph: GlyphId,
    /// Where it begins, from the left end of its text.
    pub left: f32,
    /// From the font's units to pixels.
    pub scale: f32,
}

impl<'a> Font<'a> {
    /// With another font (the bytes of a ttf, otf or ttc file) for letters that the built-in one lacks; `None` where that is no font.
    pub fn new(other: Option<&'a [u8]>) -> Option<Self> {
        let mut faces: Vec<Face<'a>> = Face::parse(BUILT_IN, 0).into_iter().collect();
        if let Some(bytes) = other {
            faces.push(Face::parse(bytes, 0).ok()?);
        }
        Some(Self { faces })
    }

    /// The width of a text in pixels, its letters `size` pixels high.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.advance(letter, size)).sum()
    }

    /// The letters of a text, and how many no font has.
    pub fn letters<'f>(&'f self, text: &str, size: f32) -> (Vec<Letter<'f, 'a>>, usize) {
        let (mut letters, mut lacking, mut left) = (Vec::new(), 0, 0.0);
        for letter in text.chars() {
            let found = self.find(letter);
            lacking += usize::from(found.is_none());
            let sign = found.or_else(|| self.find(BOX));
            if let Some((face, glyph)) = sign {
                letters.push(Letter { face, glyph, left, scale: size / f32::from(face.units_per_em()) });
            }
            left += self.advance(letter, size);
        }
        (letters, lacking)
    }

    fn find(&self, letter: char) -> Option<(&Face<'a>, GlyphId)> {
        self.faces.iter().find_map(|face| Some((face, face.glyph_index(letter)?)))
    }

    /// A letter that is in no font is taken to be as wide as high, as those of Chinese are.
    fn advance(&self, letter: char, size: f32) -> f32 {
        let own = self
            .find(letter)
            .and_then(|(face, glyph)| Some(f32::from(face.glyph_hor_advance(glyph)?) / f32::from(face.units_per_em())));
        own.unwrap_or(1.0) * size
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_built_in_font_has_latin_greek_cyrillic_and_phonetic_letters() {
        let font = Font::new(None).unwrap();
        assert_eq!(font.letters("Ægir naïve λόγος слово ˈʃɪbəlɛθ “x” – …", 12.0).1, 0);
        assert_eq!(font.letters("北京", 12.0).1, 2);
        assert!(font.width("mm", 12.0) > 2.0 * font.width("ii", 12.0));
        assert!(Font::new(Some(b"no font")).is_none());
    }
}
