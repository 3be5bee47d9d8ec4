//! Annotations → EAF.

use std::{
    collections::HashSet,
    io::{self, Write},
};

use jiff::Timestamp;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

use super::{
    super::{
        Annotation, Recording,
        tiers::{Tier, tiers},
        timestamp,
    },
    media,
};

type Xml<'o> = Writer<&'o mut dyn Write>;

/// The type of tiers that hold how probable the annotations of another tier are.
pub(super) const CONFIDENCE: &str = "confidence";
const TYPE: &str = "default-lt";
const SCHEMA: &str = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd";

/// A tier a tier, in the order of the annotations; what overlaps goes into a tier of its own. How probable they are stands in a dependent tier.
pub fn write(out: &mut dyn Write, recording: &Recording, annotations: &[Annotation]) -> io::Result<()> {
    // Laid out by whole milliseconds, so that rounding cannot make two overlap.
    let rounded: Vec<Annotation> = annotations.iter().filter_map(rounded).collect();
    let tiers = tiers(&rounded, false);
    let date = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default().to_string();
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("ANNOTATION_DOCUMENT")
        .with_attributes([
            ("AUTHOR", ""),
            ("DATE", date.as_str()),
            ("FORMAT", "3.0"),
            ("VERSION", "3.0"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("xsi:noNamespaceSchemaLocation", SCHEMA),
        ])
        .write_inner_content(|xml| {
            header(xml, recording, &tiers)?;
            time_order(xml, &tiers)?;
            let confident = all_tiers(xml, &tiers)?;
            types(xml, confident)
        })?;
    xml.get_mut().write_all(b"\n")
}

fn rounded(annotation: &Annotation) -> Option<Annotation> {
    let (start, end) = timestamp::stretch(annotation.start(), annotation.end());
    let seconds = |milliseconds: u64| milliseconds as f64 / 1000.0;
    let mut same = Annotation::new(annotation.path(), seconds(start), seconds(end), annotation.label()).ok()?;
    if let Some(tier) = annotation.tier() {
        same = same.with_tier(tier);
    }
    match annotation.confidence() {
        Some(confidence) => same.with_confidence(confidence).ok(),
        None => Some(same),
    }
}

fn header(xml: &mut Xml<'_>, recording: &Recording, tiers: &[Tier<'_>]) -> io::Result<()> {
    let name = recording.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (url, relative) = (media::url(&recording.path), format!("./{name}"));
    let last: usize = tiers.iter().map(|tier| tier.annotations.len() + confident(tier).count()).sum();
    xml.create_element("HEADER")
        .with_attributes([("MEDIA_FILE", ""), ("TIME_UNITS", "milliseconds")])
        .write_inner_content(|xml| {
            xml.create_element("MEDIA_DESCRIPTOR")
                .with_attributes([
                    ("MEDIA_URL", url.as_str()),
                    ("MIME_TYPE", media::mime_type(&recording.path)),
                    ("RELATIVE_MEDIA_URL", relative.as_str()),
                ])
                .write_empty()?;
            let property = xml.create_element("PROPERTY").with_attribute(("NAME", "lastUsedAnnotationId"));
            property.write_text_content(BytesText::new(&last.to_string()))?;
            Ok(())
        })?;
    Ok(())
}

/// Two slots an annotation, in the order of the tiers: slots need not be by time.
fn time_order(xml: &mut Xml<'_>, tiers: &[Tier<'_>]) -> io::Result<()> {
    xml.create_element("TIME_ORDER").write_inner_content(|xml| {
        let annotations = tiers.iter().flat_map(|tier| &tier.annotations);
        let mut times: Vec<(u64, usize)> = annotations
            .flat_map(|annotation| [annotation.start(), annotation.end()])
            .map(timestamp::milliseconds)
            .enumerate()
            .map(|(number, time)| (time, number + 1))
            .collect();
        times.sort_unstable();
        for (time, number) in times {
            let (id, value) = (format!("ts{number}"), time.to_string());
            let slot = xml.create_element("TIME_SLOT");
            slot.with_attributes([("TIME_SLOT_ID", id.as_str()), ("TIME_VALUE", value.as_str())]).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Whether any tier says how probable its annotations are.
fn all_tiers(xml: &mut Xml<'_>, tiers: &[Tier<'_>]) -> io::Result<bool> {
    let mut taken: HashSet<String> = tiers.iter().map(|tier| tier.name.clone()).collect();
    let total: usize = tiers.iter().map(|tier| tier.annotations.len()).sum();
    let (mut first, mut next) = (1, total + 1);
    for tier in tiers {
        xml.create_element("TIER")
            .with_attributes([("LINGUISTIC_TYPE_REF", TYPE), ("TIER_ID", &tier.name)])
            .write_inner_content(|xml| {
                for (number, annotation) in (first..).zip(&tier.annotations) {
                    aligned(xml, number, annotation.label())?;
                }
                Ok(())
            })?;
        if confident(tier).next().is_some() {
            let mut name = format!("{} {CONFIDENCE}", tier.name);
            while !taken.insert(name.clone()) {
                name.push('*');
            }
            let attributes =
                [("LINGUISTIC_TYPE_REF", CONFIDENCE), ("PARENT_REF", &tier.name), ("TIER_ID", name.as_str())];
            xml.create_element("TIER").with_attributes(attributes).write_inner_content(|xml| {
                for (offset, confidence) in confident(tier) {
                    dependent(xml, next, first + offset, &confidence.to_string())?;
                    next += 1;
                }
                Ok(())
            })?;
        }
        first += tier.annotations.len();
    }
    Ok(next > total + 1)
}

/// The annotations of a tier whose confidence is known, by their place in it.
fn confident<'t>(tier: &'t Tier<'_>) -> impl Iterator<Item = (usize, f32)> + 't {
    tier.annotations.iter().enumerate().filter_map(|(place, annotation)| Some((place, annotation.confidence()?)))
}

fn aligned(xml: &mut Xml<'_>, number: usize, label: &str) -> io::Result<()> {
    let (id, start, end) = (format!("a{number}"), format!("ts{}", 2 * number - 1), format!("ts{}", 2 * number));
    let attributes =
        [("ANNOTATION_ID", id.as_str()), ("TIME_SLOT_REF1", start.as_str()), ("TIME_SLOT_REF2", end.as_str())];
    annotation(xml, "ALIGNABLE_ANNOTATION", &attributes, label)
}

fn dependent(xml: &mut Xml<'_>, number: usize, of: usize, value: &str) -> io::Result<()> {
    let (id, of) = (format!("a{number}"), format!("a{of}"));
    annotation(xml, "REF_ANNOTATION", &[("ANNOTATION_ID", id.as_str()), ("ANNOTATION_REF", of.as_str())], value)
}

fn annotation(xml: &mut Xml<'_>, kind: &str, attributes: &[(&str, &str)], value: &str) -> io::Result<()> {
    xml.create_element("ANNOTATION").write_inner_content(|xml| {
        xml.create_element(kind).with_attributes(attributes.iter().copied()).write_inner_content(|xml| {
            xml.create_element("ANNOTATION_VALUE").write_text_content(BytesText::new(value))?;
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn types(xml: &mut Xml<'_>, confident: bool) -> io::Result<()> {
    let common = [("GRAPHIC_REFERENCES", "false"), ("LINGUISTIC_TYPE_ID", TYPE), ("TIME_ALIGNABLE", "true")];
    xml.create_element("LINGUISTIC_TYPE").with_attributes(common).write_empty()?;
    if confident {
        let attributes = [
            ("CONSTRAINTS", "Symbolic_Association"),
            ("GRAPHIC_REFERENCES", "false"),
            ("LINGUISTIC_TYPE_ID", CONFIDENCE),
            ("TIME_ALIGNABLE", "false"),
        ];
        xml.create_element("LINGUISTIC_TYPE").with_attributes(attributes).write_empty()?;
        let constraint =
            [("DESCRIPTION", "1-1 association with a parent annotation"), ("STEREOTYPE", "Symbolic_Association")];
        xml.create_element("CONSTRAINT").with_attributes(constraint).write_empty()?;
    }
    Ok(())
}
