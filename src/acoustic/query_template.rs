//! What a clip or a written word expects of a recording.

use super::{AcousticFrames, FrameTemplate, Phones, Speech};

/// The query, as frames that begin at one offset between two steps.
///
/// Recordings have a frame every 40 ms, counted from their beginning, and a clip may be cut anywhere: the frames of the very same sound
/// may lie up to 20 ms apart, which changes them as much as another voice does. So a clip is encoded at several offsets, a part of a step
/// later each time, and one of them coincides with the recording's own frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Its frames.
    pub frames: AcousticFrames,
    /// What it expects of each of them.
    pub template: FrameTemplate,
    /// Whether they are speech.
    pub speech: Speech,
    /// Samples from the beginning of the query to the first frame.
    pub lead: i64,
    /// Samples from the end of the last frame to the end of the query.
    pub tail: i64,
}

/// What a query expects frame by frame, and the silence around it that is not searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTemplate {
    /// Frames of the clip before the query.
    pub before: AcousticFrames,
    /// The query, in whole steps from its beginning.
    pub expected: FrameTemplate,
    /// Frames of the clip after the query.
    pub after: AcousticFrames,
    /// The query at each offset between two steps; none of a written query.
    pub phases: Vec<Phase>,
    /// The phones of a written query.
    pub phones: Option<Phones>,
}

impl QueryTemplate {
    /// Of a written query.
    pub fn written(expected: FrameTemplate, phones: Phones) -> Self {
        let nothing = AcousticFrames::new(expected.dimension());
        Self { before: nothing.clone(), expected, after: nothing, phases: Vec::new(), phones: Some(phones) }
    }
}
