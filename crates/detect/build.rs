//! Packs the project's own rules into one compressed file that the library embeds, and fingerprints the engine's sources, so that
//! rule sets compiled by another engine are never read from the cache.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let mut sources = DefaultHasher::new();
    for folder in ["src", "data"] {
        fingerprint(Path::new(folder), &mut sources)?;
    }
    println!("cargo:rustc-env=DETECT_SOURCES={:016x}", sources.finish());
    pack_rules()
}

fn fingerprint(folder: &Path, sources: &mut DefaultHasher) -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => fingerprint(&path, sources)?,
            false => std::fs::read(&path)?.hash(sources),
        }
    }
    Ok(())
}

fn pack_rules() -> Result<(), Box<dyn Error>> {
    let folder = Path::new("../../rules");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yml") {
            files.push(path);
        }
    }
    files.sort();
    let mut bundle: Vec<(String, String)> = Vec::new();
    for path in files {
        println!("cargo:rerun-if-changed={}", path.display());
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a rule file's name is not UTF-8")?;
        bundle.push((name.to_owned(), std::fs::read_to_string(&path)?));
    }
    let packed = zstd::bulk::compress(&postcard::to_stdvec(&bundle)?, 19)?;
    let target = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no OUT_DIR")?).join("rules.bin");
    std::fs::write(target, packed)?;
    Ok(())
}
