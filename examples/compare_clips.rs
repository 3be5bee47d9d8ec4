//! How alike two clips sound: the cosine of their vectors, 1 for the very same.
//!
//!     cargo run --release --example compare_clips -- one.wav another.wav

use audiosearch::engine::{ClipInput, ModelOptions, Models, SegmentMode};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [one, another] = &args[..] else { return Err("usage: compare_clips CLIP CLIP".into()) };
    let models = Models::new(ModelOptions::default());
    let clips = [ClipInput::file(one), ClipInput::file(another)];
    let clips = models.embed(&clips, SegmentMode::Whole, &mut ())?.into_iter().collect::<Result<Vec<_>, _>>()?;
    println!("{:.3}", clips[0].spans[0].vector.dot(&clips[1].spans[0].vector));
    Ok(())
}
