//! Who signed the files that run in the tree (E3, E5, E6, E7), and whether they lie where only an administrator writes (E8).
//!
//! Sysmon tells a signature only when it loads the file (events 6 and 7).

use std::collections::BTreeMap;

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::Column;

use super::{Evidence, about, actors};
use crate::kind::Kind;
use crate::path::inside_volume;
use crate::scope::{Scope, shown_image};

/// What the log says of a file's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) signed: bool,
    pub(crate) status: String,
    pub(crate) signer: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) event: usize,
}

impl Signature {
    /// Signed, and nothing is wrong with it.
    pub(crate) fn valid(&self) -> bool {
        self.signed && self.status.eq_ignore_ascii_case("valid")
    }

    fn broken(&self) -> bool {
        let status = self.status.to_lowercase();
        ["revoked", "invalid", "mismatch", "bad", "untrusted", "notverified"].iter().any(|word| status.contains(word))
    }
}

/// Signatures of the subject's file and of the images of the tree, by path behind the volume in lower case.
pub(crate) fn signatures(scope: &Scope<'_>) -> BTreeMap<String, Signature> {
    let key = |path: &str| inside_volume(path).to_lowercase();
    let images = scope.processes().filter_map(|(_, process)| process.image).chain(scope.subject.image.as_deref());
    let wanted: std::collections::BTreeSet<String> = images.map(key).collect();
    let mut found = BTreeMap::new();
    for (index, event) in scope.host_events(&[Kind::ImageLoad, Kind::DriverLoad]) {
        let (Some(path), Some(signed)) = (event.text(Column::FilePath), event.text(Column::FileSigned)) else { continue };
        let path = key(path);
        if !wanted.contains(&path) {
            continue;
        }
        let signature = Signature {
            signed: signed.eq_ignore_ascii_case("true"),
            status: event.text(Column::FileSignatureStatus).unwrap_or_default().to_owned(),
            signer: event.text(Column::FileSigner).filter(|signer| !signer.is_empty() && *signer != "-").map(str::to_owned),
            company: event.text(Column::FileCompany).map(str::to_owned),
            event: index,
        };
        found.entry(path).or_insert(signature);
    }
    found
}

pub(super) fn weigh(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    accuse(scope, signatures, evidence);
    vouch(scope, signatures, evidence);
}

/// Any file of the tree may accuse.
fn accuse(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    for (_, process) in actors(scope) {
        let Some(image) = process.image else { continue };
        let Some(signature) = signatures.get(&inside_volume(image).to_lowercase()) else { continue };
        let signer = signature.signer.clone().unwrap_or_default();
        if signature.broken() {
            evidence.see("E5", about("finding.E5", process).with("status", &signature.status).with("signer", &signer), [signature.event]);
        } else if !signature.signed {
            evidence.see("E6", about("finding.E6", process), [signature.event]);
        }
        let company = process.company.map(str::to_owned).or(signature.company.clone()).unwrap_or_default();
        let borrowed = scope.book.fits("big_vendors", &company) && !signer.to_lowercase().contains(&first_word(&company));
        if borrowed && !scope.book.fits("system_places", inside_volume(image)) {
            let reason =
                about("finding.E7", process).with("company", company).with("signer", if signer.is_empty() { "-" } else { &signer });
            evidence.see("E7", reason, [signature.event]);
        }
    }
}

/// The subject's file vouches only for itself, and never where the tree runs what others wrote.
fn vouch(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    let Some(image) = scope.subject.image.as_deref() else { return };
    let inside = inside_volume(image);
    let Some(signature) = signatures.get(&inside.to_lowercase()) else { return };
    let signer = signature.signer.clone().unwrap_or_default();
    let known = scope.book.fits("publishers", &signer);
    if signature.valid() && !known {
        evidence.miss("E4", Phrase::new("unknown.E4").with("signer", &signer));
    }
    if !signature.valid() || scope.runs_foreign_code() || !whole_tree_valid(scope, signatures) {
        return;
    }
    if known {
        evidence.see("E3", Phrase::new("finding.E3").with("signer", &signer), [signature.event]);
    }
    if scope.book.fits("program_places", inside) {
        evidence.see("E8", Phrase::new("finding.E8").with("path", image).with("signer", signer), [signature.event]);
    }
}

fn whole_tree_valid(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>) -> bool {
    actors(scope).all(|(_, process)| {
        let signature = process.image.and_then(|image| signatures.get(&inside_volume(image).to_lowercase()));
        signature.is_some_and(Signature::valid)
    })
}

fn first_word(company: &str) -> String {
    company.split_whitespace().next().unwrap_or_default().to_lowercase()
}

impl Scope<'_> {
    /// The signer of the subject's file, if its signature was valid.
    pub(crate) fn valid_signer(&self) -> Option<String> {
        let image = self.subject.image.as_deref()?;
        let signature = signatures(self).remove(&inside_volume(image).to_lowercase())?;
        signature.valid().then_some(signature.signer).flatten()
    }

    /// Whether a program of the tree runs what others wrote: an interpreter, a system tool, a service host.
    pub(crate) fn runs_foreign_code(&self) -> bool {
        let mut members = self.processes().filter(|(index, _)| self.inner.contains(index));
        let foreign = members.any(|(_, process)| self.book.fits("hosts_of_foreign_code", &shown_image(process)));
        foreign || self.subject.channel.is_some()
    }

    /// The creation event of the subject's process.
    pub(crate) fn process_event(&self) -> Option<usize> {
        self.process.and_then(|process| self.host.processes.get(process)).and_then(|process| process.event)
    }
}
