//! Log-mel frames as pictures side by side, in the same colours.

use std::{io::Write as _, path::Path};

use tiny_skia::PremultipliedColorU8;

use super::{
    font::Font,
    png::{Canvas, INK, SCALE, SOFT},
    scene::{SMALL, TITLE},
};
use crate::{
    export::{ExportError, files::whole},
    features::{FeatureConfig, Features},
};

const WIDTH: f32 = 1200.0;
const HEIGHT: f32 = 420.0;
const LEFT: f32 = 76.0;
const TOP: f32 = 56.0;
const BOTTOM: f32 = 40.0;
const GAP: f32 = 28.0;
/// Share of the cells that are darker than the darkest colour.
const DARKEST: f32 = 0.02;
/// From soft to loud.
const COLOURS: [[f32; 3]; 6] = [
    [10.0, 8.0, 30.0],
    [60.0, 20.0, 105.0],
    [140.0, 40.0, 120.0],
    [215.0, 75.0, 80.0],
    [250.0, 155.0, 60.0],
    [252.0, 250.0, 190.0],
];

/// One of the pictures.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// Its frames, 10 ms each.
    pub features: &'a Features,
}

/// Paints `panels` from left to right into a png of 2400 × 840 pixels: time to the right, bands upwards, the first panel's range of values
/// from dark to bright in all of them. `config` is that of the frames.
///
/// # Errors
/// What the system says.
pub fn write_spectrograms(out: &Path, panels: &[Panel<'_>], config: &FeatureConfig) -> Result<(), ExportError> {
    let failed = |what: &str| ExportError::write(out)(std::io::Error::other(what.to_owned()));
    let font = Font::new(None).ok_or_else(|| failed("the built-in font cannot be read"))?;
    let mut canvas = Canvas::new(WIDTH, HEIGHT, &font).ok_or_else(|| failed("no memory"))?;
    let range = panels.first().map_or((0.0, 1.0), |panel| range(&panel.features.data));
    let count = panels.len().max(1) as f32;
    let width = (WIDTH - LEFT - GAP * count) / count;
    let bottom = HEIGHT - BOTTOM;
    canvas.text([8.0, TOP + SMALL], SMALL, SOFT, &format!("{:.0} Hz", config.high_hz));
    canvas.text([8.0, bottom], SMALL, SOFT, &format!("{:.0} Hz", config.low_hz));
    for (number, panel) in panels.iter().enumerate() {
        let left = LEFT + number as f32 * (width + GAP);
        canvas.text([left, 34.0], TITLE, INK, &fitting(&font, panel.title, width));
        cells(&mut canvas, panel.features, [left, TOP, width, bottom - TOP], range);
        let seconds = format!("{:.2} s", panel.features.frames() as f32 / 100.0);
        canvas.text([left, bottom + 22.0], SMALL, SOFT, "0 s");
        canvas.text([left + width - font.width(&seconds, SMALL), bottom + 22.0], SMALL, SOFT, &seconds);
    }
    let bytes = canvas.pixmap.encode_png().map_err(|cause| failed(&cause.to_string()))?;
    whole(out, |file| file.write_all(&bytes)).map_err(ExportError::write(out))
}

/// From where colours begin to where they end.
fn range(values: &[f32]) -> (f32, f32) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let low = sorted.get((sorted.len() as f32 * DARKEST) as usize).copied().unwrap_or(0.0);
    let high = sorted.last().copied().unwrap_or(1.0);
    (low, high.max(low + 1e-3))
}

fn colour(share: f32) -> PremultipliedColorU8 {
    let at = share.clamp(0.0, 1.0) * (COLOURS.len() - 1) as f32;
    let low = (at as usize).min(COLOURS.len() - 2);
    let part = |k: usize| (COLOURS[low][k] + (at - low as f32) * (COLOURS[low + 1][k] - COLOURS[low][k])) as u8;
    // Opaque, so that nothing is multiplied and it cannot fail.
    PremultipliedColorU8::from_rgba(part(0), part(1), part(2), 255).unwrap_or(PremultipliedColorU8::TRANSPARENT)
}

/// Fills `[left, top, width, height]` of the scene with the frames, each pixel with the cell it lies in.
fn cells(canvas: &mut Canvas<'_, '_>, features: &Features, place: [f32; 4], (low, high): (f32, f32)) {
    let (frames, bands) = (features.frames(), features.bands());
    if frames == 0 || bands == 0 {
        return;
    }
    let [left, top, width, height] = place.map(|value| (value * SCALE) as usize);
    let stride = canvas.pixmap.width() as usize;
    let pixels = canvas.pixmap.pixels_mut();
    for y in 0..height {
        let band = bands - 1 - y * bands / height;
        for x in 0..width {
            let value = features.row(x * frames / width)[band];
            pixels[(top + y) * stride + left + x] = colour((value - low) / (high - low));
        }
    }
}

/// As much of a title as there is room for.
fn fitting(font: &Font<'_>, title: &str, width: f32) -> String {
    let mut text = title.to_owned();
    while font.width(&text, TITLE) > width && text.pop().is_some() {}
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn loud_is_bright_and_high_is_up() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("x.png");
        let config = FeatureConfig { bands: 2, ..FeatureConfig::default() };
        // The upper band is loud in the second half.
        let features = Features { bands: 2, data: [[0.0, 0.0], [0.0, 5.0]].concat() };
        let soft = Features { bands: 2, data: vec![0.0; 4] };
        let panels = [Panel { title: "one", features: &features }, Panel { title: "two", features: &soft }];
        write_spectrograms(&out, &panels, &config).unwrap();
        let picture = tiny_skia::Pixmap::load_png(&out).unwrap();
        assert_eq!((picture.width(), picture.height()), (2400, 840));
        let brightness = |x: f32, y: f32| {
            let pixel = picture.pixel((x * SCALE) as u32, (y * SCALE) as u32).unwrap();
            u32::from(pixel.red()) + u32::from(pixel.green()) + u32::from(pixel.blue())
        };
        let width = (WIDTH - LEFT - 2.0 * GAP) / 2.0;
        let right = LEFT + 0.75 * width;
        assert!(brightness(right, TOP + 20.0) > 600);
        for (x, y) in
            [(right, HEIGHT - BOTTOM - 20.0), (LEFT + 0.25 * width, TOP + 20.0), (right + width + GAP, TOP + 20.0)]
        {
            assert!(brightness(x, y) < 100, "{x} {y}");
        }
    }
}
