//! Writes docs/faults.md from what the runs of `scripts/soak` have told: `faults FOLDER PAGE`.

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result, bail};
use kakou_tests::faults::{CATALOGUE, Catalogue};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, page] = arguments.as_slice() else { bail!("usage: faults FOLDER PAGE") };
    let text = Catalogue::parse(CATALOGUE)?.page(Path::new(folder))?;
    fs::write(page, text).with_context(|| format!("{page} cannot be written"))
}
