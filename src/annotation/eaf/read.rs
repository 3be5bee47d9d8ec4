//! EAF → annotations.

use std::{collections::HashMap, path::Path};

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use super::{
    super::{Annotation, Imported, error::Malformed, tiers},
    media,
    resolve::{Anchor, Raw, resolve},
    write::CONFIDENCE,
};

/// What a document holds, as it stands there.
#[derive(Default)]
struct Document {
    media: Option<String>,
    /// Milliseconds; some slots have none.
    slots: HashMap<String, Option<u64>>,
    tiers: Vec<TierHead>,
    annotations: Vec<Raw>,
}

struct TierHead {
    name: String,
    kind: String,
}

/// Dependent annotations have the times of what they depend on; where several divide one, each has an equal part of it. An annotation is
/// of the recording that the document names, else of `recording`.
///
/// # Errors
/// Where it is no such document, or breaks off.
pub fn read(text: &str, recording: &Path) -> Result<Imported, Malformed> {
    let document = parse(text)?;
    let recording = document.media.as_deref().and_then(media::path).unwrap_or_else(|| recording.to_owned());
    let times = resolve(&document.annotations, &document.slots);
    let of_confidence = |raw: &Raw| document.tiers[raw.tier].kind == CONFIDENCE;
    let mut confidence = HashMap::new();
    for raw in document.annotations.iter().filter(|raw| of_confidence(raw)) {
        if let (Anchor::Parent { of, .. }, Ok(value)) = (&raw.anchor, raw.value.trim().parse::<f32>()) {
            confidence.insert(of.as_str(), value);
        }
    }
    let mut names = Default::default();
    let mut bases = Vec::new();
    for tier in &document.tiers {
        bases.push(tiers::base(&tier.name, &names).to_owned());
        names.insert(tier.name.clone());
    }
    let mut imported = Imported::default();
    for (raw, times) in document.annotations.iter().zip(times).filter(|(raw, _)| !of_confidence(raw)) {
        let place = || format!("annotation {} of tier \"{}\"", raw.id, document.tiers[raw.tier].name);
        let Some((start, end)) = times else {
            imported.skip(place(), &"it has no time");
            continue;
        };
        let annotation = Annotation::new(&recording, start / 1000.0, end / 1000.0, &raw.value);
        let annotation = annotation.map(|annotation| annotation.with_tier(&bases[raw.tier]));
        imported.take(
            place,
            match confidence.get(raw.id.as_str()) {
                Some(&confidence) => annotation.and_then(|annotation| annotation.with_confidence(confidence)),
                None => annotation,
            },
        );
    }
    Ok(imported)
}

fn parse(text: &str) -> Result<Document, Malformed> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut document = Document::default();
    let (mut begun, mut depth, mut in_value) = (false, 0_usize, false);
    loop {
        let at = reader.buffer_position();
        let wrong = |what: String| {
            let line = text.bytes().take(at as usize).filter(|&byte| byte == b'\n').count() + 1;
            Malformed { format: "eaf", what: format!("line {line}: {what}") }
        };
        let event = reader.read_event().map_err(|cause| wrong(cause.to_string()))?;
        match event {
            Event::Start(element) => {
                depth += 1;
                if !begun && element.name().as_ref() != "ANNOTATION_DOCUMENT" {
                    return Err(wrong("no ANNOTATION_DOCUMENT".into()));
                }
                begun = true;
                in_value = element.name().as_ref() == "ANNOTATION_VALUE";
                document.element(&element).map_err(wrong)?;
            }
            Event::End(_) => {
                depth -= 1;
                in_value = false;
            }
            Event::Text(text) if in_value => document.say(&text.xml10_content()),
            Event::CData(text) if in_value => document.say(&text.xml10_content()),
            Event::GeneralRef(reference) if in_value => {
                let character = reference.resolve_char_ref().map_err(|cause| wrong(cause.to_string()))?;
                match (character, resolve_predefined_entity(&reference)) {
                    (Some(character), _) => document.say(character.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => document.say(text),
                    (None, None) => return Err(wrong(format!("&{};: nothing says what this stands for", &*reference))),
                }
            }
            Event::Eof if !begun => return Err(wrong("no ANNOTATION_DOCUMENT".into())),
            Event::Eof if depth > 0 => return Err(wrong("it breaks off".into())),
            Event::Eof => return Ok(document),
            _ => {}
        }
    }
}

impl Document {
    /// Takes what the attributes of an element say.
    fn element(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let attribute = |name: &str| -> Result<Option<String>, String> {
            let Some(attribute) = element.try_get_attribute(name).map_err(|cause| cause.to_string())? else {
                return Ok(None);
            };
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|cause| cause.to_string())?;
            Ok(Some(value.into_owned()))
        };
        let needed = |name: &str| attribute(name)?.ok_or_else(|| format!("no {name}"));
        match element.name().as_ref() {
            "MEDIA_DESCRIPTOR" if self.media.is_none() => self.media = attribute("MEDIA_URL")?,
            "TIME_SLOT" => {
                let time = match attribute("TIME_VALUE")? {
                    Some(time) => {
                        Some(time.trim().parse().map_err(|_| format!("TIME_VALUE is '{time}', and not milliseconds"))?)
                    }
                    None => None,
                };
                self.slots.insert(needed("TIME_SLOT_ID")?, time);
            }
            "TIER" => {
                let kind = attribute("LINGUISTIC_TYPE_REF")?.unwrap_or_default();
                self.tiers.push(TierHead { name: needed("TIER_ID")?, kind });
            }
            "ALIGNABLE_ANNOTATION" => {
                let (start, end) = (needed("TIME_SLOT_REF1")?, needed("TIME_SLOT_REF2")?);
                self.annotation(needed("ANNOTATION_ID")?, Anchor::Slots { start, end })?;
            }
            "REF_ANNOTATION" => {
                let (of, after) = (needed("ANNOTATION_REF")?, attribute("PREVIOUS_ANNOTATION")?);
                self.annotation(needed("ANNOTATION_ID")?, Anchor::Parent { of, after })?;
            }
            _ => {}
        }
        Ok(())
    }

    fn annotation(&mut self, id: String, anchor: Anchor) -> Result<(), String> {
        let tier = self.tiers.len().checked_sub(1).ok_or("an annotation outside of all tiers")?;
        self.annotations.push(Raw { id, tier, anchor, value: String::new() });
        Ok(())
    }

    /// More of the value of the last annotation.
    fn say(&mut self, text: &str) {
        if let Some(annotation) = self.annotations.last_mut() {
            annotation.value.push_str(text);
        }
    }
}
