//! The procedure's files that a command works with: the shipped ones, with those of a folder laid over them, all of them checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use hikeshi_domain::clock::Clocks;
use hikeshi_domain::phrases::{self, Phrases};
use hikeshi_domain::playbook::{Files, PlaybookError};
use hikeshi_domain::procedure::Procedure;
use hikeshi_domain::raise::Raising;
use hikeshi_domain::request::Signs;
use hikeshi_triage::VerdictBook;

/// The shipped playbook, with the files of a folder laid over it. What is wrong in any of them is refused, whatever the command needs.
pub(crate) fn files(folder: Option<&Path>) -> Result<Files> {
    let Some(folder) = folder else { return Ok(Files::shipped()) };
    let mut own = BTreeMap::new();
    collect(folder, "", &mut own).with_context(|| format!("cannot use the playbook folder `{}`", folder.display()))?;
    if own.is_empty() {
        bail!("the playbook folder `{}` holds no file; expected one of a shipped file's name, e.g. `matrix.yaml`", folder.display());
    }
    let names: BTreeSet<String> = own.keys().cloned().collect();
    // What is wrong is named where it lies: in the folder, or among the shipped files.
    let placed = |error: PlaybookError| match names.contains(&error.file) {
        true => anyhow!(error.under(&folder.display().to_string())),
        false => error.into(),
    };
    let files = Files::with_own(own).map_err(placed)?;
    check(&files).map_err(placed)?;
    Ok(files)
}

/// Reads every file. What is hidden, such as a version control's folder, is passed over.
fn collect(folder: &Path, prefix: &str, own: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), own)?;
        } else if name.ends_with(".yaml") {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{prefix}{name}`"))?;
            own.insert(format!("{prefix}{name}"), text);
        } else {
            bail!("`{prefix}{name}` is no playbook file; expected names that end in `.yaml`");
        }
    }
    Ok(())
}

fn check(files: &Files) -> Result<(), PlaybookError> {
    Procedure::load(files)?;
    Clocks::load(files)?;
    Signs::load(files)?;
    Raising::load(files)?;
    VerdictBook::load(files)?;
    hikeshi_mail::Book::load(files)?;
    Phrases::complete(files)?;
    hikeshi_drill::list(files).iter().try_for_each(|name| hikeshi_drill::load(name, files).map(drop))
}

/// The same, with the folder's sentences put in force for the whole process.
pub(crate) fn in_force(folder: Option<&Path>) -> Result<Files> {
    let files = files(folder)?;
    if folder.is_some() {
        phrases::put_in_force(&files)?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::playbook::shipped;

    use super::*;

    /// A folder with these files, and what is said of it; the folder is called `own`.
    fn said(own: &[(&str, &str)]) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in own {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let here = folder.path().display().to_string();
        files(Some(folder.path())).map(drop).map_err(|error| format!("{error:#}").replace(&here, "own"))
    }

    fn refused(own: &[(&str, &str)], expected: &str) {
        let error = said(own).unwrap_err();
        assert!(error.contains(expected), "`{error}` does not say `{expected}`");
    }

    /// It ran with the shipped procedure, and nobody was told.
    #[test]
    fn a_folder_that_changes_nothing_is_refused() {
        let matrix = shipped("matrix.yaml").unwrap();
        refused(&[], "holds no file");
        refused(&[(".git/config", "")], "holds no file");
        refused(&[("matrix.yml", matrix)], "`matrix.yml` is no playbook file");
        refused(&[("matrix.yaml", matrix), ("phrases/desk.yaml.orig", "")], "`phrases/desk.yaml.orig` is no playbook file");
        said(&[("matrix.yaml", matrix), (".git/config", ""), (".gitignore", "")]).unwrap();
    }

    #[test]
    fn what_is_wrong_in_any_file_is_told_before_anything_runs() {
        let week = shipped("drills/company-week.yaml").unwrap();
        refused(&[("drills/mine.yaml", &week.replacen("event: file_create", "event: file_creat", 1))], "own/drills/mine.yaml:");
        said(&[("drills/mine.yaml", week)]).unwrap();
        let fit = shipped("drills/fit.yaml").unwrap();
        refused(&[("drills/fit.yaml", &format!("{fit}\nnonsense: 1\n"))], "own/drills/fit.yaml:");
        refused(&[("calendars/jpn.yaml", shipped("calendars/jp.yaml").unwrap())], "own/calendars/jpn.yaml: ");
        let desk = shipped("phrases/desk.yaml").unwrap();
        refused(&[("phrases/desk.yaml", &desk.replacen("error.body:", "error.boby:", 1))], "expected a sentence `error.body`");
        refused(&[("raise.yaml", "nonsense: 1\n")], "own/raise.yaml:1: ");
        refused(&[("nosuch.yaml", "")], "own/nosuch.yaml: no such playbook file");
    }
}
