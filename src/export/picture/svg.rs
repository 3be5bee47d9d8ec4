//! Scalable Vector Graphics 1.1, with texts that stay texts.

use std::{fmt::Write as _, io::Write as _, path::Path};

use super::{
    Scene,
    colours::Style,
    font::Font,
    scene::{HEIGHT, NAME, SMALL, TITLE, WIDTH},
};
use crate::export::{ExportError, Exporter, Format, Map, Shows, files::whole};

/// A picture that scales to any size.
#[derive(Debug, Clone, Copy, Default)]
pub struct Svg;

/// How `export` offers it.
pub(in crate::export) const SVG: Format = Format {
    name: "svg",
    endings: &["svg"],
    about: "A picture that scales to any size",
    shows: Shows::Picture,
    font: false,
    exporter: |_| Box::new(Svg),
};

impl Exporter for Svg {
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError> {
        let layout = map.layout(out)?;
        let picture = Font::new(None).map(|font| write(&Scene::new(map, layout, &font))).unwrap_or_default();
        whole(out, |file| file.write_all(picture.as_bytes())).map_err(ExportError::write(out))?;
        Ok(Vec::new())
    }
}

fn write(scene: &Scene) -> String {
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = body(scene, &mut svg);
    svg
}

fn body(scene: &Scene, svg: &mut String) -> std::fmt::Result {
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"'DejaVu Sans', Verdana, sans-serif\" fill=\"#111\">"
    )?;
    writeln!(svg, "<title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>", escaped(&scene.title))?;
    text(svg, [28.0, 38.0], TITLE, "font-weight=\"bold\"", &scene.title)?;
    text(svg, [28.0, 60.0], SMALL, "fill=\"#5a636c\"", &scene.about)?;
    for group in scene.groups.iter().filter(|group| !group.points.is_empty()) {
        writeln!(svg, "<g fill=\"{}\" fill-opacity=\"0.85\">", colour(group.style))?;
        for point in &group.points {
            mark(svg, group.style, *point, scene.radius)?;
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("<g stroke=\"#111\" stroke-width=\"2\" fill=\"none\">\n");
    for [[x0, y0], [x1, y1]] in &scene.arrows {
        let angle = (y1 - y0).atan2(x1 - x0);
        let wing = |turn: f32| [x1 + 12.0 * (angle + turn).cos(), y1 + 12.0 * (angle + turn).sin()];
        let [[ax, ay], [bx, by]] = [wing(2.7), wing(-2.7)];
        writeln!(
            svg,
            "<path d=\"M{x0:.1} {y0:.1}L{x1:.1} {y1:.1}M{ax:.1} {ay:.1}L{x1:.1} {y1:.1}L{bx:.1} {by:.1}\"/>"
        )?;
    }
    svg.push_str("</g>\n<g stroke=\"#5a636c\" stroke-width=\"0.8\">\n");
    for (name, [x, y]) in scene.names.iter().filter_map(|name| Some((name, name.from?))) {
        writeln!(svg, "<path d=\"M{:.1} {:.1}L{x:.1} {y:.1}\"/>", name.at[0], name.at[1])?;
    }
    svg.push_str("</g>\n<g text-anchor=\"middle\" stroke=\"#fff\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\">\n");
    for name in &scene.names {
        text(svg, [name.at[0], name.at[1] + 0.36 * NAME], NAME, "class=\"name\"", &name.text)?;
    }
    svg.push_str("</g>\n");
    for entry in &scene.legend {
        if let Some(style) = entry.style {
            write!(svg, "<g fill=\"{}\">", colour(style))?;
            mark(svg, style, [entry.at[0], entry.at[1]], 5.5)?;
            svg.push_str("</g>");
        }
        text(svg, [entry.at[0] + 14.0, entry.at[1] + 0.36 * SMALL], SMALL, "class=\"legend\"", &entry.text)?;
    }
    svg.push_str("</svg>\n");
    Ok(())
}

fn text(svg: &mut String, [x, y]: [f32; 2], size: f32, more: &str, words: &str) -> std::fmt::Result {
    writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" {more}>{}</text>", escaped(words))
}

fn mark(svg: &mut String, style: Style, [x, y]: [f32; 2], radius: f32) -> std::fmt::Result {
    let corners = style.shape.corners();
    if corners.is_empty() {
        return writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>");
    }
    svg.push_str("<path d=\"");
    for (number, [dx, dy]) in corners.iter().enumerate() {
        write!(svg, "{}{:.1} {:.1}", if number == 0 { 'M' } else { 'L' }, x + dx * radius, y + dy * radius)?;
    }
    svg.push_str("z\"/>\n");
    Ok(())
}

fn colour(style: Style) -> String {
    let [r, g, b] = style.colour;
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
