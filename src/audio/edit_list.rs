//! The edit lists of an MP4 file, which tell how much encoder delay its tracks start with.
//!
//! Boxes after ISO/IEC 14496-12: `moov / trak / {tkhd, edts / elst, mdia / mdhd}`. symphonia does not apply them.

use std::io::{self, Read, Seek, SeekFrom};

/// Most boxes looked at on one level; files have a few dozen.
const MAX_BOXES: usize = 4_096;

/// Where the presentation of one track starts in its media.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TrackStart {
    pub(super) track: u32,
    /// The first media time that is presented, in ticks.
    pub(super) media_time: u64,
    /// Ticks a second.
    pub(super) timescale: u32,
}

/// The starts of all tracks; none where this is no MP4 file. Leaves the source at its beginning.
pub(super) fn track_starts(source: &mut (impl Read + Seek + ?Sized)) -> io::Result<Vec<TrackStart>> {
    let length = source.seek(SeekFrom::End(0))?;
    let mut starts = Vec::new();
    // a damaged list is the decoder's to report
    let _ = find_tracks(source, 0, length, &mut starts);
    source.seek(SeekFrom::Start(0))?;
    Ok(starts)
}

fn find_tracks(
    source: &mut (impl Read + Seek + ?Sized),
    start: u64,
    end: u64,
    starts: &mut Vec<TrackStart>,
) -> io::Result<()> {
    for_each_box(source, start, end, &mut |source, kind, start, end| match kind {
        b"moov" => find_tracks(source, start, end, starts),
        b"trak" => {
            let mut found = TrackStart::default();
            read_track(source, start, end, &mut found)?;
            starts.push(found);
            Ok(())
        }
        _ => Ok(()),
    })
}

fn read_track(
    source: &mut (impl Read + Seek + ?Sized),
    start: u64,
    end: u64,
    found: &mut TrackStart,
) -> io::Result<()> {
    for_each_box(source, start, end, &mut |source, kind, start, end| {
        match kind {
            b"edts" | b"mdia" => read_track(source, start, end, found)?,
            b"tkhd" => found.track = if version(source)? == 1 { skip_u32(source, 4)? } else { skip_u32(source, 2)? },
            b"mdhd" => {
                found.timescale = if version(source)? == 1 { skip_u32(source, 4)? } else { skip_u32(source, 2)? }
            }
            b"elst" => found.media_time = first_media_time(source)?,
            _ => {}
        }
        Ok(())
    })
}

/// The media time of the first edit that is no gap.
fn first_media_time(source: &mut (impl Read + Seek + ?Sized)) -> io::Result<u64> {
    let wide = version(source)? == 1;
    let edits = read_u32(source)?;
    for _ in 0..edits.min(16) {
        let time = if wide {
            let high = skip_u32(source, 2)?;
            (u64::from(high) << 32 | u64::from(read_u32(source)?)) as i64
        } else {
            i64::from(skip_u32(source, 1)? as i32)
        };
        if let Ok(time) = u64::try_from(time) {
            return Ok(time);
        }
        read_u32(source)?;
    }
    Ok(0)
}

type Visit<'a, S> = &'a mut dyn FnMut(&mut S, &[u8; 4], u64, u64) -> io::Result<()>;

/// Calls `visit` with the kind, start and end of the content of each box, the source being at its start.
fn for_each_box<S: Read + Seek + ?Sized>(source: &mut S, start: u64, end: u64, visit: Visit<'_, S>) -> io::Result<()> {
    let mut at = start;
    for _ in 0..MAX_BOXES {
        if end.saturating_sub(at) < 8 {
            break;
        }
        source.seek(SeekFrom::Start(at))?;
        let mut size = u64::from(read_u32(source)?);
        let mut kind = [0; 4];
        source.read_exact(&mut kind)?;
        let mut header = 8;
        if size == 1 {
            header = 16;
            size = u64::from(read_u32(source)?) << 32 | u64::from(read_u32(source)?);
        } else if size == 0 {
            size = end - at;
        }
        let next = at.saturating_add(size);
        if size < header || next > end {
            break;
        }
        visit(source, &kind, at + header, next)?;
        at = next;
    }
    Ok(())
}

/// Reads the version of a full box and skips its flags.
fn version(source: &mut (impl Read + ?Sized)) -> io::Result<u8> {
    Ok((read_u32(source)? >> 24) as u8)
}

fn skip_u32(source: &mut (impl Read + ?Sized), skipped: usize) -> io::Result<u32> {
    for _ in 0..skipped {
        read_u32(source)?;
    }
    read_u32(source)
}

fn read_u32(source: &mut (impl Read + ?Sized)) -> io::Result<u32> {
    let mut bytes = [0; 4];
    source.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}
