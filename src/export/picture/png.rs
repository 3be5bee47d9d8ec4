//! Portable Network Graphics, twice the size of the svg, so that print is sharp.

use std::{io::Write as _, path::Path};

use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Stroke, Transform};
use ttf_parser::OutlineBuilder;

use super::{
    Scene,
    colours::Style,
    font::Font,
    scene::{HEIGHT, NAME, SMALL, TITLE, WIDTH},
};
use crate::export::{ExportError, Exporter, Format, Map, Shows, files::whole};

/// Pixels of the png a pixel of the scene.
pub(super) const SCALE: f32 = 2.0;
pub(super) const INK: [u8; 3] = [0x11, 0x11, 0x11];
pub(super) const SOFT: [u8; 3] = [0x5A, 0x63, 0x6C];

/// A picture of 2400 × 1800 pixels.
#[derive(Debug, Clone, Default)]
pub struct Png {
    /// The bytes of a font for letters that the built-in one lacks.
    pub font: Option<Vec<u8>>,
}

/// How `export` offers it.
pub(in crate::export) const PNG: Format = Format {
    name: "png",
    endings: &["png"],
    about: "A picture of 2400 × 1800 pixels",
    shows: Shows::Picture,
    font: true,
    exporter: |options| Box::new(Png { font: options.font }),
};

impl Exporter for Png {
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError> {
        let layout = map.layout(out)?;
        let failed = |what: &str| ExportError::write(out)(std::io::Error::other(what.to_owned()));
        let font = Font::new(self.font.as_deref()).ok_or_else(|| failed("the file of --font is no font"))?;
        let mut canvas = Canvas::new(WIDTH, HEIGHT, &font).ok_or_else(|| failed("no memory"))?;
        canvas.draw(&Scene::new(map, layout, &font));
        let bytes = canvas.pixmap.encode_png().map_err(|cause| failed(&cause.to_string()))?;
        whole(out, |file| file.write_all(&bytes)).map_err(ExportError::write(out))?;
        let lacking = canvas.lacking;
        let remark = format!(
            "{lacking} letters are boxes: the built-in font lacks them; --font names one that has them, and .svg needs none"
        );
        Ok((lacking > 0).then_some(remark).into_iter().collect())
    }
}

pub(super) struct Canvas<'c, 'a> {
    pub pixmap: Pixmap,
    font: &'c Font<'a>,
    /// Letters that no font had.
    lacking: usize,
}

impl<'c, 'a> Canvas<'c, 'a> {
    /// White, `width` × `height` pixels of a scene; `None` without memory for it.
    pub fn new(width: f32, height: f32, font: &'c Font<'a>) -> Option<Self> {
        let mut pixmap = Pixmap::new((width * SCALE) as u32, (height * SCALE) as u32)?;
        pixmap.fill(Color::WHITE);
        Some(Self { pixmap, font, lacking: 0 })
    }

    fn draw(&mut self, scene: &Scene) {
        self.text([28.0, 38.0], TITLE, INK, &scene.title);
        self.text([28.0, 60.0], SMALL, SOFT, &scene.about);
        for group in &scene.groups {
            for point in &group.points {
                self.mark(group.style, *point, scene.radius, 217);
            }
        }
        for [[x0, y0], [x1, y1]] in scene.arrows.iter().copied() {
            let angle = (y1 - y0).atan2(x1 - x0);
            let wing = |turn: f32| [x1 + 12.0 * (angle + turn).cos(), y1 + 12.0 * (angle + turn).sin()];
            self.line(&[[x0, y0], [x1, y1]], 2.0, INK);
            self.line(&[wing(2.7), [x1, y1], wing(-2.7)], 2.0, INK);
        }
        for name in &scene.names {
            if let Some(from) = name.from {
                self.line(&[name.at, from], 0.8, SOFT);
            }
        }
        for name in &scene.names {
            let left = name.at[0] - self.font.width(&name.text, NAME) / 2.0;
            self.haloed([left, name.at[1] + 0.36 * NAME], &name.text);
        }
        for entry in &scene.legend {
            if let Some(style) = entry.style {
                self.mark(style, entry.at, 5.5, 255);
            }
            self.text([entry.at[0] + 14.0, entry.at[1] + 0.36 * SMALL], SMALL, INK, &entry.text);
        }
    }

    fn mark(&mut self, style: Style, [x, y]: [f32; 2], radius: f32, alpha: u8) {
        let mut path = PathBuilder::new();
        let corners = style.shape.corners();
        if corners.is_empty() {
            path.push_circle(x, y, radius);
        }
        for (number, [dx, dy]) in corners.iter().enumerate() {
            let (x, y) = (x + dx * radius, y + dy * radius);
            if number == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        if !corners.is_empty() {
            path.close();
        }
        self.fill(path, style.colour, alpha);
    }

    pub fn line(&mut self, points: &[[f32; 2]], width: f32, colour: [u8; 3]) {
        let mut path = PathBuilder::new();
        for (number, [x, y]) in points.iter().enumerate() {
            if number == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
        }
        self.stroke(path, width, colour);
    }

    pub fn text(&mut self, at: [f32; 2], size: f32, colour: [u8; 3], text: &str) {
        let (path, lacking) = self.outline(at, size, text);
        self.lacking += lacking;
        self.fill(path, colour, 255);
    }

    /// A name that can be read over points.
    fn haloed(&mut self, at: [f32; 2], text: &str) {
        let (path, lacking) = self.outline(at, NAME, text);
        self.lacking += lacking;
        self.stroke(path.clone(), 3.0, [255; 3]);
        self.fill(path, INK, 255);
    }

    /// The outlines of a text whose line begins at `at`, and how many letters no font has.
    fn outline(&self, at: [f32; 2], size: f32, text: &str) -> (PathBuilder, usize) {
        let (letters, lacking) = self.font.letters(text, size);
        let mut outline = Outline { path: PathBuilder::new(), at, scale: 1.0 };
        for letter in letters {
            outline.at = [at[0] + letter.left, at[1]];
            outline.scale = letter.scale;
            letter.face.outline_glyph(letter.glyph, &mut outline);
        }
        (outline.path, lacking)
    }

    fn fill(&mut self, path: PathBuilder, colour: [u8; 3], alpha: u8) {
        if let Some(path) = path.finish() {
            self.pixmap.fill_path(&path, &paint(colour, alpha), FillRule::Winding, scaled(), None);
        }
    }

    fn stroke(&mut self, path: PathBuilder, width: f32, colour: [u8; 3]) {
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        if let Some(path) = path.finish() {
            self.pixmap.stroke_path(&path, &paint(colour, 255), &stroke, scaled(), None);
        }
    }
}

fn scaled() -> Transform {
    Transform::from_scale(SCALE, SCALE)
}

fn paint([r, g, b]: [u8; 3], alpha: u8) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(r, g, b, alpha);
    paint
}

/// A letter's outline, from the font's units (y upwards) to the scene's pixels.
struct Outline {
    path: PathBuilder,
    at: [f32; 2],
    scale: f32,
}

impl Outline {
    fn x(&self, x: f32) -> f32 {
        self.at[0] + x * self.scale
    }

    fn y(&self, y: f32) -> f32 {
        self.at[1] - y * self.scale
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x(x), self.y(y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x(x), self.y(y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(self.x(x1), self.y(y1), self.x(x), self.y(y));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path.cubic_to(self.x(x1), self.y(y1), self.x(x2), self.y(y2), self.x(x), self.y(y));
    }

    fn close(&mut self) {
        self.path.close();
    }
}
