//! Lists the files of `playbook/` so that the program carries them: no file is read at run time unless an organisation overrides it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let playbook = here.join("../../playbook");
    println!("cargo::rerun-if-changed={}", playbook.display());
    let mut paths = Vec::new();
    collect(&playbook, &mut paths)?;
    paths.sort();
    let mut listing = String::from("&[\n");
    for path in &paths {
        let name = path.strip_prefix(&playbook).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let absolute = path.canonicalize()?;
        writeln!(listing, "    ({name:?}, include_str!({:?})),", absolute.to_string_lossy()).map_err(io::Error::other)?;
    }
    listing.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("playbook.rs"), listing)
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "csv") {
            into.push(path);
        }
    }
    Ok(())
}
