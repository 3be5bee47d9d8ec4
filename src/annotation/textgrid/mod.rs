//! TextGrids of Praat.
//!
//! Written as the long text form in UTF-8. Read are the long and the short form, by the rule of Praat's own text files: what counts are
//! the numbers, the texts in quotes and the flags in angle brackets that stand alone; everything else is decoration.

mod read;
mod token;
mod write;

pub(super) use read::read;
pub(super) use write::write;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::{super::Annotation, *};

    const SHORT: &str = "File type = \"ooTextFile short\"\n\"TextGrid\"\n\n0\n2.5\n<exists>\n2\n\"IntervalTier\"\n\"words\"\n0\n2.5\n3\n0\n0.7\n\"\"\n0.7\n1.4\n\"so \"\"he\"\" said\"\n1.4\n2.5\n\"\"\n\"TextTier\"\n\"clicks\"\n0\n2.5\n1\n1.25\n\"click\"\n";

    const LONG: &str = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0 \nxmax = 2.5 \ntiers? <exists> \nsize = 2 \nitem []: \n    item [1]:\n        class = \"IntervalTier\" \n        name = \"words\" \n        xmin = 0 \n        xmax = 2.5 \n        intervals: size = 3 \n        intervals [1]:\n            xmin = 0 \n            xmax = 0.7 \n            text = \"\" \n        intervals [2]:\n            xmin = 0.7 \n            xmax = 1.4 \n            text = \"so \"\"he\"\" said\" \n        intervals [3]:\n            xmin = 1.4 \n            xmax = 2.5 \n            text = \"\" \n    item [2]:\n        class = \"TextTier\" \n        name = \"clicks\" \n        xmin = 0 \n        xmax = 2.5 \n        points: size = 1 \n        points [1]:\n            number = 1.25 \n            mark = \"click\" \n";

    fn expected() -> [Annotation; 2] {
        [
            Annotation::new("a.wav", 0.7, 1.4, "so \"he\" said").unwrap().with_tier("words"),
            Annotation::new("a.wav", 1.25, 1.25, "click").unwrap().with_tier("clicks"),
        ]
    }

    #[test]
    fn both_forms_are_read() {
        for text in [SHORT, LONG] {
            let read = read(text, Path::new("a.wav")).unwrap();
            assert_eq!(read.annotations, expected());
            assert!(read.skipped.is_empty());
        }
    }

    #[test]
    fn the_long_form_is_written() {
        let recording = super::super::Recording { path: "a.wav".into(), seconds: Some(2.5) };
        let mut out = Vec::new();
        write(&mut out, &recording, &expected()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), LONG);
    }

    #[test]
    fn what_is_no_textgrid_says_why() {
        let message = |text: &str| read(text, Path::new("a.wav")).unwrap_err().to_string();
        assert!(message("Dear all").contains("does not begin as a text file of Praat"));
        assert!(message("File type = \"ooTextFile\"\nObject class = \"Pitch 1\"\n").contains("\"Pitch 1\""));
        assert!(message(&SHORT.replace("1.25\n", "")).contains("line 27"), "{}", message(&SHORT.replace("1.25\n", "")));
        assert!(message(&SHORT[..SHORT.len() - 9]).contains("ends too early"));
        assert!(message("\"Praat chronological TextGrid text file\"\n0 1").contains("chronological"));
        assert!(
            read("File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n0 1 <absent>", Path::new("a.wav"))
                .unwrap()
                .annotations
                .is_empty()
        );
    }

    #[test]
    fn comments_are_passed_over_and_impossible_intervals_named() {
        let text = SHORT.replace("0.7\n1.4", "0.7 ! \"here\" 9\n0.4");
        let read = read(&text, Path::new("a.wav")).unwrap();
        assert_eq!(read.annotations.len(), 1);
        assert_eq!(read.skipped[0].place, "tier \"words\", interval 2");
    }
}
