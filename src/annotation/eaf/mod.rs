//! Annotation documents of ELAN (EAF 3.0).

mod media;
mod read;
mod resolve;
mod write;

pub(super) use read::read;
pub(super) use write::write;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::{super::Annotation, *};

    /// Words whose inner boundaries are not aligned, their parts, and a translation of the whole.
    const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00Z" FORMAT="3.0" VERSION="3.0">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///home/ann/day%201/b.wav" MIME_TYPE="audio/x-wav" RELATIVE_MEDIA_URL="./b.wav"/>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/><TIME_SLOT TIME_SLOT_ID="ts2"/>
    <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="3000"/>
  </TIME_ORDER>
  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="phrase">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts3">
      <ANNOTATION_VALUE>salt &amp; <![CDATA[<pepper>]]> &#x5317;</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="words" PARENT_REF="phrase" TIER_ID="word">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE>pepper</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>salt</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="parts" PARENT_REF="word" TIER_ID="part">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a3" PREVIOUS_ANNOTATION="a4"><ANNOTATION_VALUE>per</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a3"><ANNOTATION_VALUE>pep</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a6" ANNOTATION_REF="a9"><ANNOTATION_VALUE>lost</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a7" ANNOTATION_REF="a2"><ANNOTATION_VALUE/></REF_ANNOTATION></ANNOTATION>
  </TIER>
</ANNOTATION_DOCUMENT>"#;

    #[test]
    fn aligned_and_dependent_annotations_have_times() {
        let read = read(DOCUMENT, Path::new("a.wav")).unwrap();
        let found: Vec<_> =
            read.annotations.iter().map(|a| (a.tier().unwrap(), a.start(), a.end(), a.label())).collect();
        assert_eq!(
            found,
            [
                ("phrase", 1.0, 3.0, "salt & <pepper> 北"),
                ("word", 2.0, 3.0, "pepper"),
                ("word", 1.0, 2.0, "salt"),
                ("part", 2.5, 3.0, "per"),
                ("part", 2.0, 2.5, "pep"),
            ]
        );
        assert!(read.annotations.iter().all(|a| a.path() == Path::new("/home/ann/day 1/b.wav")));
        let reasons: Vec<String> = read.skipped.iter().map(|s| format!("{}: {}", s.place, s.reason)).collect();
        assert_eq!(
            reasons,
            ["annotation a6 of tier \"part\": it has no time", "annotation a7 of tier \"part\": no label"]
        );
    }

    #[test]
    fn what_overlaps_and_confidence_are_kept() {
        let recording = super::super::Recording { path: "/x/a.wav".into(), seconds: None };
        let all = [
            Annotation::new("/x/a.wav", 1.0, 2.0, "a").unwrap().with_tier("t").with_confidence(0.5).unwrap(),
            Annotation::new("/x/a.wav", 1.5, 2.5, "b").unwrap().with_tier("t").with_confidence(0.25).unwrap(),
        ];
        let mut out = Vec::new();
        write(&mut out, &recording, &all).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("TIER_ID=\"t (2)\""), "{text}");
        assert_eq!(read(&text, Path::new("b.wav")).unwrap().annotations, all);
    }

    #[test]
    fn what_is_no_document_says_why() {
        let message = |text: &str| read(text, Path::new("a.wav")).unwrap_err().to_string();
        assert!(message("Dear all").contains("no ANNOTATION_DOCUMENT"));
        assert!(message("<html></html>").contains("no ANNOTATION_DOCUMENT"));
        assert!(message(&DOCUMENT[..DOCUMENT.len() - 30]).starts_with("no eaf file: "));
        // References of annotations to each other in a circle have no time, and end.
        let circle = DOCUMENT.replace("ANNOTATION_REF=\"a9\"", "ANNOTATION_REF=\"a6\"");
        assert_eq!(read(&circle, Path::new("a.wav")).unwrap().annotations.len(), 5);
    }
}
