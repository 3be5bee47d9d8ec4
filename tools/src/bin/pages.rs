//! Manual pages and completions, out of the command line itself: `pages FOLDER` writes `FOLDER/share/…` as it lies below a prefix.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use clap_complete::Shell;

const PROGRAM: &str = "audiosearch";

/// Where each shell looks, below a prefix, and what it expects the file to be called.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "share/bash-completion/completions/audiosearch"),
    (Shell::Zsh, "share/zsh/site-functions/_audiosearch"),
    (Shell::Fish, "share/fish/vendor_completions.d/audiosearch.fish"),
];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder] = &args[..] else { bail!("usage: pages FOLDER") };
    let folder = Path::new(folder);
    let manual = folder.join("share/man/man1");
    fs::create_dir_all(&manual).with_context(|| manual.display().to_string())?;
    clap_mangen::generate_to(audiosearch::cli::command(), &manual).with_context(|| manual.display().to_string())?;
    for (shell, place) in COMPLETIONS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut audiosearch::cli::command(), PROGRAM, &mut script);
        let path = folder.join(place);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        fs::write(&path, script).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
