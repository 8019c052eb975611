//! Loads rules: finds the files, parses them on all cores, and keeps the compiled form in a cache that is checked against them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::cache;
use crate::compile::compile;
use crate::set::{LoadError, Loaded, RuleSet};

/// Rule files larger than this are refused.
pub(crate) const MAX_FILE_BYTES: u64 = 4 << 20;
/// Folders nested deeper than this are not entered.
const MAX_DEPTH: usize = 32;

/// How to load.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Where compiled rule sets are kept; `None` compiles each time.
    pub cache: Option<PathBuf>,
    /// Values of the placeholders that `expand` asks for, by name.
    pub placeholders: BTreeMap<String, Vec<String>>,
}

impl LoadOptions {
    /// The user's cache folder: `$XDG_CACHE_HOME/hikeshi`, else `~/.cache/hikeshi`.
    pub fn with_user_cache() -> LoadOptions {
        let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        LoadOptions { cache: named.or_else(home).map(|folder| folder.join("hikeshi")), ..LoadOptions::default() }
    }
}

/// One rule file.
#[derive(Debug, Clone)]
pub(crate) struct RuleFile {
    pub(crate) path: PathBuf,
    /// The text, or why there is none.
    pub(crate) text: Result<String, String>,
}

impl RuleSet {
    /// Loads every rule file under the paths. What cannot be used is listed in [`Loaded::refused`].
    pub fn load(paths: &[PathBuf], options: &LoadOptions) -> Result<Loaded, LoadError> {
        from_files(files(paths)?, options)
    }
}

/// Every rule file under the paths, in order of their names.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<RuleFile>, LoadError> {
    let mut found = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|source| LoadError::Io { path: path.clone(), source })?;
        match metadata.is_dir() {
            true => walk(path, 0, &mut found).map_err(|source| LoadError::Io { path: path.clone(), source })?,
            false => found.push(path.clone()),
        }
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        let named: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(LoadError::Nothing(named.join(", ")));
    }
    Ok(read_all(found))
}

/// Compiles the files, or takes the compiled form from the cache if it was made from the same contents.
pub(crate) fn from_files(files: Vec<RuleFile>, options: &LoadOptions) -> Result<Loaded, LoadError> {
    let count = files.len();
    let hash = content_hash(&files, &options.placeholders);
    let cached = options.cache.as_deref().and_then(|folder| cache::read(folder, &hash));
    let program = match cached {
        Some(program) => program,
        None => {
            let placeholders: HashMap<_, _> = options.placeholders.clone().into_iter().collect();
            let program = compile(&files, placeholders, version(&files))?;
            if let Some(folder) = options.cache.as_deref() {
                // A cache that cannot be written costs time at the next start, nothing else.
                let _ = cache::write(folder, &hash, &program);
            }
            program
        }
    };
    let refused = program.refused.clone();
    Ok(Loaded { rules: Arc::new(RuleSet::new(program)), refused, files: count })
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if depth > MAX_DEPTH {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        let is_rule = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
        if kind.is_dir() {
            walk(&path, depth + 1, found)?;
        } else if is_rule {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads the files on all cores, keeping their order.
fn read_all(paths: Vec<PathBuf>) -> Vec<RuleFile> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = paths.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = paths.chunks(share).map(|paths| scope.spawn(move || paths.iter().map(read).collect::<Vec<_>>())).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    })
}

fn read(path: &PathBuf) -> RuleFile {
    let text = || {
        let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
        if size > MAX_FILE_BYTES {
            return Err(format!("the file has {size} bytes, more than the limit of {MAX_FILE_BYTES}"));
        }
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())
    };
    RuleFile { path: path.clone(), text: text() }
}

/// Names the sources, their places and the placeholders exactly, so that a stale cache is never read.
fn content_hash(files: &[RuleFile], placeholders: &BTreeMap<String, Vec<String>>) -> String {
    let mut hash = Sha256::new();
    hash.update(cache::ENGINE);
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for file in files {
        part(file.path.as_os_str().as_encoded_bytes());
        match &file.text {
            Ok(text) => part(text.as_bytes()),
            Err(reason) => part(reason.as_bytes()),
        }
    }
    for (name, values) in placeholders {
        part(name.as_bytes());
        values.iter().for_each(|value| part(value.as_bytes()));
    }
    hex(&hash.finalize())
}

/// Names the contents alone.
fn version(files: &[RuleFile]) -> String {
    let mut digests: Vec<[u8; 32]> =
        files.iter().filter_map(|file| file.text.as_ref().ok()).map(|text| Sha256::digest(text).into()).collect();
    digests.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(cache::ENGINE);
    digests.iter().for_each(|digest| hash.update(digest));
    let text = hex(&hash.finalize());
    format!("sigma-{}", text.get(..12).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
