//! Reference lists of an analyst: read before the walls are up, understood behind them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::phrases::render;
use hikeshi_domain::reference_list::ListKind;
use hikeshi_triage::lists::{Filter, ListLimits, ReadList, read};
use hikeshi_triage::{List, ListOrigin, Lists};
use jiff::Timestamp;

/// A list as it lies on the disk.
pub(super) struct Opened {
    kind: ListKind,
    path: PathBuf,
    dated: Option<Timestamp>,
    bytes: Vec<u8>,
}

/// The bytes of the lists; no more than a list may have.
pub(super) fn open(bad: &[PathBuf], good: &[PathBuf]) -> Result<Vec<Opened>> {
    let of = |kind: ListKind| move |path: &PathBuf| (kind, path.clone());
    let named = bad.iter().map(of(ListKind::Bad)).chain(good.iter().map(of(ListKind::Good)));
    named.map(|(kind, path)| opened(kind, &path).with_context(|| format!("cannot read list `{}`", path.display()))).collect()
}

fn opened(kind: ListKind, path: &Path) -> Result<Opened> {
    let file = File::open(path)?;
    let dated = file.metadata()?.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
    let most = u64::try_from(ListLimits::default().bytes).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Opened { kind, path: path.to_owned(), dated, bytes })
}

/// What the lists hold; what could not be used is said on the error stream, by line and with the reason.
pub(super) fn understood(opened: Vec<Opened>, language: Language, now: Timestamp) -> Result<Lists> {
    let mut lists = Vec::new();
    for list in opened {
        let held = read(&list.bytes, &ListLimits::default());
        tell(&list, &held, language);
        if held.count() == 0 {
            bail!(
                "list `{}` holds nothing that can be looked up: name a file with one hash, domain or address a line",
                list.path.display()
            );
        }
        let name = list.path.file_name().unwrap_or(list.path.as_os_str()).to_string_lossy().into_owned();
        let origin = ListOrigin { name, dated: list.dated, until: None };
        lists.push(List { kind: list.kind, origin, indicators: Arc::new(held.indicators) });
    }
    let filter = Filter::of(&lists);
    Ok(Lists::new(lists, now).behind(vec![filter]))
}

fn tell(list: &Opened, held: &ReadList, language: Language) {
    let path = list.path.display();
    for defect in &held.defects {
        eprintln!("{path}: line {}: {}", defect.line, render(&defect.reason, language));
    }
    let listed = u64::try_from(held.defects.len()).unwrap_or(u64::MAX);
    if held.rejected > listed {
        eprintln!("{path}: {} more lines were not used", held.rejected - listed);
    }
    if let Some(reason) = &held.refused {
        eprintln!("{path}: {}", render(reason, language));
    }
    let (hashes, names) = (held.indicators.hashes(), held.indicators.names());
    eprintln!("{path}: known {}: {hashes} hashes, {names} names and addresses, {} lines not used", list.kind.name(), held.rejected);
}
