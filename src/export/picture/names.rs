//! Names beside their groups, none over another.

/// A rectangle: left, top, right, bottom.
pub(super) type Frame = [f32; 4];

/// A name that found a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Name {
    pub text: String,
    /// The middle of its text.
    pub at: [f32; 2],
    /// The middle of its group, where the name stands far from it.
    pub from: Option<[f32; 2]>,
}

/// Half the height of a line, with room around it.
const HALF: f32 = 10.0;
/// How far a name may stand from its group, in pixels.
const FARTHEST: f32 = 84.0;
/// Beyond this a line leads from the group to its name.
const LEADER: f32 = 24.0;

/// Places for names of given widths around where they belong, the first served first; those that find none are left out.
pub(super) fn place(wanted: Vec<(String, f32, [f32; 2])>, within: Frame) -> Vec<Name> {
    let mut taken: Vec<Frame> = Vec::new();
    let mut names = Vec::new();
    for (text, width, middle) in wanted {
        let half = width / 2.0 + 3.0;
        let frame = |[x, y]: [f32; 2]| [x - half, y - HALF, x + half, y + HALF];
        let free = |at: &[f32; 2]| {
            let own = frame(*at);
            let inside = own[0] >= within[0] && own[1] >= within[1] && own[2] <= within[2] && own[3] <= within[3];
            inside && !taken.iter().any(|other| overlap(&own, other))
        };
        if let Some(at) = spiral(middle).find(free) {
            taken.push(frame(at));
            let far = (at[0] - middle[0]).hypot(at[1] - middle[1]) > LEADER;
            names.push(Name { text, at, from: far.then_some(middle) });
        }
    }
    names
}

pub(super) fn overlap(a: &Frame, b: &Frame) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// The middle, then places around it, farther and farther away.
fn spiral(middle: [f32; 2]) -> impl Iterator<Item = [f32; 2]> {
    let rings = (1..).map(|ring| ring as f32 * 12.0).take_while(|radius| *radius <= FARTHEST);
    let around = rings.flat_map(move |radius| {
        (0..16).map(move |turn| {
            // Above and below first: there a name covers less of its group than beside it.
            let angle = std::f32::consts::FRAC_PI_2 + [1.0, -1.0][turn % 2] * (turn as f32 / 2.0).ceil() * 0.392;
            [middle[0] + 1.6 * radius * angle.cos(), middle[1] - radius * angle.sin()]
        })
    });
    std::iter::once(middle).chain(around)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_place_stand_around_it_and_never_over_each_other() {
        let wanted = (0..40).map(|n| (format!("name {n}"), 60.0, [200.0, 150.0])).collect();
        let within = [0.0, 0.0, 400.0, 300.0];
        let names = place(wanted, within);
        assert!(names.len() > 10, "{}", names.len());
        assert_eq!((names[0].at, names[0].from), ([200.0, 150.0], None));
        let frame = |name: &Name| [name.at[0] - 30.0, name.at[1] - 8.0, name.at[0] + 30.0, name.at[1] + 8.0];
        for (n, a) in names.iter().enumerate() {
            for b in &names[..n] {
                assert!(!overlap(&frame(a), &frame(b)), "{a:?} {b:?}");
            }
            assert!(frame(a)[0] >= 0.0 && frame(a)[3] <= 300.0);
        }
    }
}
