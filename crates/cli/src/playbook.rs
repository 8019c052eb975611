//! The procedure's files that a command works with: the shipped ones, with those of a folder laid over them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use hikeshi_domain::phrases;
use hikeshi_domain::playbook::Files;

/// The shipped playbook, with the files of a folder laid over it.
pub(crate) fn files(folder: Option<&Path>) -> Result<Files> {
    let Some(folder) = folder else { return Ok(Files::shipped()) };
    let mut own = BTreeMap::new();
    collect(folder, "", &mut own).with_context(|| format!("cannot read the playbook folder `{}`", folder.display()))?;
    Ok(Files::with_own(own)?)
}

fn collect(folder: &Path, prefix: &str, own: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), own)?;
        } else if name.ends_with(".yaml") {
            own.insert(format!("{prefix}{name}"), fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The same, with the folder's sentences put in force for the whole process.
pub(crate) fn in_force(folder: Option<&Path>) -> Result<Files> {
    let files = files(folder)?;
    if folder.is_some() {
        phrases::put_in_force(&files)?;
    }
    Ok(files)
}
