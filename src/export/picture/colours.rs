//! Eight colours that colour-blind people tell apart (Okabe and Ito 2008) in five shapes, as the page has them (`html/style.js`).

/// How a group of points is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// Red, green, blue.
    pub colour: [u8; 3],
    pub shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Cross,
}

const COLOURS: [[u8; 3]; 8] = [
    [0x00, 0x72, 0xB2],
    [0xD5, 0x5E, 0x00],
    [0x00, 0x9E, 0x73],
    [0xCC, 0x79, 0xA7],
    [0xE6, 0x9F, 0x00],
    [0x3F, 0xA5, 0xDE],
    [0xB7, 0xA8, 0x00],
    [0x40, 0x40, 0x40],
];
const SHAPES: [Shape; 5] = [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Cross];

/// How many groups can be distinguished.
pub(super) const KINDS: usize = COLOURS.len() * SHAPES.len();
/// Of what has no colour of its own.
pub(super) const OTHER: Style = Style { colour: [0x96, 0x9D, 0xA4], shape: Shape::Circle };

/// The style of the group at this place, the largest first.
pub(super) fn style(place: usize) -> Style {
    let shape = SHAPES.get(place / COLOURS.len());
    shape.map_or(OTHER, |&shape| Style { colour: COLOURS[place % COLOURS.len()], shape })
}

impl Shape {
    /// Its corners around the origin, one unit in radius; none for a circle.
    pub fn corners(self) -> &'static [[f32; 2]] {
        match self {
            Self::Circle => &[],
            Self::Square => &[[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]],
            Self::Triangle => &[[0.0, -1.0], [1.05, 0.9], [-1.05, 0.9]],
            Self::Diamond => &[[0.0, -1.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]],
            Self::Cross => &[
                [-0.95, -0.32],
                [-0.32, -0.32],
                [-0.32, -0.95],
                [0.32, -0.95],
                [0.32, -0.32],
                [0.95, -0.32],
                [0.95, 0.32],
                [0.32, 0.32],
                [0.32, 0.95],
                [-0.32, 0.95],
                [-0.32, 0.32],
                [-0.95, 0.32],
            ],
        }
    }
}
