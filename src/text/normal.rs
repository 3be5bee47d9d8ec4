//! The normal form: letters that a reader takes for the same are the same. It is what models read; what is shown stays as written.

use unicode_normalization::{UnicodeNormalization as _, char::decompose_compatible};

use super::one_line;

/// What models read of a sentence: composed (NFC), and NFKC where a reader sees no difference (ligatures, full width, ellipsis); every kind
/// of quote, apostrophe and dash is the one of ASCII; what has no width is gone. Raised, circled and fractional numbers stay what they are.
pub fn normal_form(text: &str) -> String {
    if text.is_ascii() && !text.contains("--") && !text.contains("''") && !text.contains('`') {
        return text.to_owned();
    }
    let letters = without_marks(text);
    let mut out = String::with_capacity(text.len());
    // With which of the two a quotation began: some languages open it as others close it.
    let (mut at, mut quoted) = (0, None);
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        at += 1;
        match letter {
            // French and other guillemets have spaces inside.
            '«' | '»' if quoted.is_none_or(|opened| opened == letter) => {
                quoted = Some(letter);
                out.push('"');
                at += letters[at..].iter().take_while(|letter| letter.is_whitespace()).count();
            }
            '«' | '»' => {
                quoted = None;
                out.truncate(out.trim_end().len());
                out.push('"');
            }
            '“' | '”' | '„' | '‟' | '″' | '〝' | '〞' | '〟' | '＂' | '❝' | '❞' | '״' => {
                out.push('"')
            }
            // Two of them are one of the other kind, as TeX writes it.
            _ if is_apostrophe(letter) && next.is_some_and(is_apostrophe) => {
                at += 1;
                out.push('"');
            }
            _ if is_apostrophe(letter) => out.push('\''),
            _ if is_hyphen(letter) && next.is_some_and(|next| is_hyphen(next) || is_dash(next)) => {
                at += dash(&mut out, &letters[at..])
            }
            _ if is_hyphen(letter) => out.push('-'),
            // Between numbers and parts of names it is a hyphen, else a dash.
            '\u{2013}'
                if !out.ends_with(' ')
                    && next.is_some_and(|next| !next.is_whitespace() && !is_hyphen(next) && !is_dash(next)) =>
            {
                out.push('-');
            }
            _ if is_dash(letter) => at += dash(&mut out, &letters[at..]),
            _ if letter.is_whitespace() => space(&mut out),
            _ if looks_different(letter) => out.push(letter),
            _ => {
                decompose_compatible(letter, |part| if part.is_whitespace() { space(&mut out) } else { out.push(part) })
            }
        }
    }
    out.nfc().collect::<String>().trim().to_owned()
}

/// The letters of a text, composed, without those that have no width.
fn without_marks(text: &str) -> Vec<char> {
    let mut letters = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        if !is_without_width(letter, letters.last().copied(), rest.peek().copied()) {
            letters.push(letter);
        }
    }
    letters.into_iter().nfc().collect()
}

fn space(out: &mut String) {
    if !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Puts a dash with spaces around it; returns how many of the letters behind it belong to it.
fn dash(out: &mut String, rest: &[char]) -> usize {
    out.truncate(out.trim_end().len());
    out.push_str(if out.is_empty() { "- " } else { " - " });
    rest.iter().take_while(|letter| letter.is_whitespace() || is_hyphen(**letter) || is_dash(**letter)).count()
}

fn is_apostrophe(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '’'
            | '‘'
            | '‚'
            | '‛'
            | '`'
            | '´'
            | '′'
            | 'ʼ'
            | 'ʻ'
            | 'ʹ'
            | '＇'
            | '‹'
            | '›'
            | '❛'
            | '❜'
            | '՚'
            | '׳'
            | 'ꞌ'
            | '｀'
    )
}

fn is_hyphen(letter: char) -> bool {
    matches!(
        letter,
        '-' | '\u{2010}'
            ..='\u{2012}' | '\u{2212}' | '\u{2043}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' | '\u{58A}' | '\u{2D7}'
    )
}

fn is_dash(letter: char) -> bool {
    matches!(letter, '\u{2013}'..='\u{2015}' | '\u{2E3A}' | '\u{2E3B}')
}

/// What a sentence is known by, whatever its case: two that have the same are the same sentence.
pub fn fold(text: &str) -> String {
    normal_form(&one_line(text)).to_lowercase()
}

/// The ways to write a sentence that is asked for: in normal form; as it is, for stores of older releases; in small letters, as the beginning
/// of a sentence, in capitals. Each is there once, the normal form first.
pub fn casings(text: &str) -> Vec<String> {
    let normal = normal_form(text);
    let small = normal.to_lowercase();
    let mut letters = small.chars();
    let begun: String = match small.find(char::is_alphanumeric) {
        Some(at) => {
            let head: String = letters.by_ref().take(small[..at].chars().count()).collect();
            head.chars().chain(letters.next().into_iter().flat_map(char::to_uppercase)).chain(letters).collect()
        }
        None => small.clone(),
    };
    let capitals = normal.to_uppercase();
    let mut ways: Vec<String> = Vec::new();
    for way in [normal, text.to_owned(), small, begun, capitals] {
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

/// What NFKC makes the same though a reader sees a difference: raised and lowered letters, fractions, circled and squared ones, spacing accents.
fn looks_different(letter: char) -> bool {
    matches!(letter,
        '\u{A8}' | '\u{AA}' | '\u{AF}' | '\u{B2}' | '\u{B3}' | '\u{B8}'..='\u{BE}' | '\u{2B0}'..='\u{2B8}' | '\u{2D8}'..='\u{2DD}' | '\u{2E0}'..='\u{2E4}'
        | '\u{37A}' | '\u{384}' | '\u{385}' | '\u{1D2C}'..='\u{1D6A}' | '\u{1FBD}' | '\u{1FBF}'..='\u{1FC1}' | '\u{1FCD}'..='\u{1FCF}' | '\u{1FDD}'..='\u{1FDF}'
        | '\u{1FED}'..='\u{1FEF}' | '\u{1FFD}' | '\u{1FFE}' | '\u{2070}'..='\u{209F}' | '\u{2100}'..='\u{2101}' | '\u{2105}' | '\u{2106}' | '\u{2116}'
        | '\u{2120}'..='\u{2122}' | '\u{213B}' | '\u{2150}'..='\u{215F}' | '\u{2189}' | '\u{2460}'..='\u{24FF}' | '\u{3200}'..='\u{33FF}' | '\u{1F100}'..='\u{1F2FF}')
}

/// Marks and controls that a reader does not see. Joiners are seen between letters of scripts that join, and between emoji.
fn is_without_width(letter: char, before: Option<char>, after: Option<char>) -> bool {
    let joins = |letter: Option<char>| {
        matches!(letter, Some('\u{590}'..='\u{1CFF}' | '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}'))
    };
    match letter {
        '\u{200C}' | '\u{200D}' => !joins(before) || !joins(after),
        '\u{AD}'
        | '\u{200B}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}'
        | '\u{34F}'
        | '\u{61C}'
        | '\u{180E}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{640}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_look_the_same_are_the_same() {
        let same = [
            ("Don’t forget the keeper’s lamp.", "Don't forget the keeper's lamp."),
            ("Don`t forget the keeper´s lamp.", "Don't forget the keeper's lamp."),
            ("“Yes,” she said.", "\"Yes,\" she said."),
            ("„Ja“, sagte sie.", "\"Ja\", sagte sie."),
            ("« Oui », dit-elle.", "\"Oui\", dit-elle."),
            ("»Ja«, sagte sie.", "\"Ja\", sagte sie."),
            ("``Yes,'' she said.", "\"Yes,\" she said."),
            ("The cafe\u{301} sells cre\u{300}me bru\u{302}le\u{301}e.", "The café sells crème brûlée."),
            ("The ﬁrst oﬃce ﬂoor", "The first office floor"),
            (
                "soft\u{AD}ened, zero\u{200B}width, no\u{2060}break, join\u{200D}er",
                "softened, zerowidth, nobreak, joiner",
            ),
            ("a\u{A0}b\u{202F}c\u{2009}d", "a b c d"),
            ("the end…", "the end..."),
            ("one—two", "one - two"),
            ("one -- two", "one - two"),
            ("one – two", "one - two"),
            ("pages 5–7, twenty‑one", "pages 5-7, twenty-one"),
            ("ＡＢＣ　１２３", "ABC 123"),
            ("ｶﾀｶﾅ", "カタカナ"),
            ("Ⅳ ſtone", "IV stone"),
        ];
        for (written, normal) in same {
            assert_eq!(normal_form(written), normal, "{written}");
            assert_eq!(normal_form(normal), normal, "{normal} is its own normal form");
        }
    }

    #[test]
    fn letters_that_look_different_stay_different() {
        for text in
            ["x² + 1", "H₂O", "½ cup", "① first", "Fig. ª", "naïve", "Straße", "می\u{200C}خواهم", "I am; we are - so."]
        {
            assert_eq!(normal_form(text), text);
        }
    }

    #[test]
    fn a_sentence_is_asked_for_in_every_case() {
        assert_eq!(casings("the Harbour"), ["the Harbour", "the harbour", "The harbour", "THE HARBOUR"]);
        assert_eq!(casings("“is it?”")[0], "\"is it?\"");
        assert!(casings("\"is it?\"").contains(&"\"Is it?\"".to_owned()));
        assert_eq!(fold("DON’T  stop"), fold("Don't stop"));
        assert_eq!(casings("123"), ["123"]);
    }
}
