//! One page that needs nothing else: the map to look at, to listen to and to search.
//!
//! The page is a template with its styles and scripts; the points go in as JSON. What came from files and users is text to the page
//! and never markup, and the page's own policy lets nothing run but the scripts whose digests it names.

mod data;

use std::{io::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::{ExportError, Exporter, Format, Map, Shows, files::whole, map::grouped, sound::carry};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// In the order in which they use each other.
const SCRIPTS: [&str; 8] = [
    include_str!("data.js"),
    include_str!("style.js"),
    include_str!("draw.js"),
    include_str!("view.js"),
    include_str!("sound.js"),
    include_str!("panel.js"),
    include_str!("table.js"),
    include_str!("main.js"),
];

/// A page for a browser.
#[derive(Debug, Clone, Copy)]
pub struct Html {
    /// Bytes of the page that sound may take.
    pub audio_budget: u64,
}

/// How `export` offers it.
pub(super) const FORMAT: Format = Format {
    name: "html",
    endings: &["html", "htm"],
    about: "A page to look at and listen to",
    shows: Shows::Picture,
    font: false,
    exporter: |options| Box::new(Html { audio_budget: options.audio_budget }),
};

impl Exporter for Html {
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError> {
        let layout = map.layout(out)?;
        let sound = if map.is_audio() { carry(map, self.audio_budget) } else { Default::default() };
        let mut remarks = sound.failed.clone();
        if map.is_audio() && sound.points < map.points.len() && sound.failed.is_empty() {
            let (all, some) = (grouped(map.points.len()), grouped(sound.points));
            remarks.push(format!(
                "{some} of {all} points carry their sound, the others play from the recordings; --audio-budget says how much may be carried"
            ));
        }
        let json = serde_json::to_string(&data::page(map, layout, &sound))
            .map_err(|cause| ExportError::write(out)(std::io::Error::from(cause)))?;
        let page = page(&map.title, &safe(&json));
        whole(out, |file| file.write_all(page.as_bytes())).map_err(ExportError::write(out))?;
        Ok(remarks)
    }
}

/// JSON that cannot end the element it stands in, nor a line of script.
fn safe(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

fn page(title: &str, data: &str) -> String {
    let script = format!("\"use strict\";\n(() => {{\n{}}})();\n", SCRIPTS.concat());
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; media-src 'self' file: blob:; base-uri 'none'; form-action 'none'",
        digest(&script),
        digest(STYLE)
    );
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    fill(PAGE, &[("csp", &policy), ("title", &title), ("style", STYLE), ("data", data), ("script", &script)])
}

/// Puts values in the places of `@name@`. What is put in is not looked at again.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(values.iter().map(|(_, value)| value.len()).sum::<usize>() + template.len());
    let mut parts = template.split('@');
    out.push_str(parts.next().unwrap_or_default());
    while let Some(name) = parts.next() {
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["@", name, "@"]),
        }
        out.push_str(parts.next().unwrap_or_default());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_not_a_template() {
        assert_eq!(fill("<@a@|@b@>", &[("a", "@b@"), ("b", "2")]), "<@b@|2>");
        let page = page("a < b", "{\"x\":\"@script@\"}");
        assert!(page.contains("<title>a &lt; b</title>") && page.contains("{\"x\":\"@script@\"}"));
    }

    #[test]
    fn no_text_can_end_the_element_that_holds_the_data() {
        let json = safe("\"</script><!--\u{2028}\"");
        assert!(!json.contains('<') && !json.contains('\u{2028}'));
        assert_eq!(serde_json::from_str::<String>(&json).ok().as_deref(), Some("</script><!--\u{2028}"));
    }

    #[test]
    fn scripts_and_styles_can_be_embedded_and_reach_for_nothing_outside() {
        for text in SCRIPTS.iter().chain([&STYLE]) {
            assert!(!text.contains("</") && !text.contains("<!--"), "would end its element");
            assert!(!text.contains("innerHTML") && !text.contains("insertAdjacentHTML"));
            assert!(!text.contains("https://"), "the page is whole by itself");
        }
        assert!(PAGE.matches('@').count() == 10, "five places to fill, none twice");
    }
}
