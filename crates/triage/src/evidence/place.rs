//! Where the files of the tree lie and what they are called (E9 … E12).

use std::collections::BTreeMap;

use hikeshi_domain::phrase::Phrase;
use hikeshi_event::Column;

use super::{Evidence, Signature, about, actors, shown_in};
use crate::kind::Kind;
use crate::path::{extension, inside_volume, lower_name, name_of};
use crate::process::Process;
use crate::scope::Scope;

pub(super) fn weigh(scope: &Scope<'_>, signatures: &BTreeMap<String, Signature>, evidence: &mut Evidence) {
    for (_, process) in actors(scope) {
        let Some(image) = process.image else { continue };
        let inside = inside_volume(image);
        let vouched = signatures.get(&inside.to_lowercase()).is_some_and(|signature| {
            signature.valid() && signature.signer.as_deref().is_some_and(|signer| scope.book.fits("publishers", signer))
        });
        place(scope, process, image, vouched, evidence);
        masquerade(scope, process, image, vouched, evidence);
        let ending = extension(image);
        if is_full_path(image) && !scope.book.fits("program_extensions", &ending) {
            evidence.see("E12", about("finding.E12", process).with("path", image).with("extension", ending), shown_in(scope, process));
        }
    }
    file_of_alert(scope, evidence);
    written(scope, evidence);
}

fn place(scope: &Scope<'_>, process: &Process<'_>, image: &str, vouched: bool, evidence: &mut Evidence) {
    let inside = inside_volume(image);
    let ordinary = vouched || scope.book.fits("ordinary_in_user_places", inside);
    if scope.book.fits("user_writable", inside) && !ordinary {
        evidence.see("E9", about("finding.E9", process).with("path", image), shown_in(scope, process));
    }
    if scope.book.fits("deceptive_names", name_of(image)) || scope.book.fits("deceptive_names", inside) {
        evidence.see("E11", about("finding.E11", process).with("path", visible(image)), shown_in(scope, process));
    }
}

fn masquerade(scope: &Scope<'_>, process: &Process<'_>, image: &str, vouched: bool, evidence: &mut Evidence) {
    let (inside, name) = (inside_volume(image), lower_name(image));
    if is_full_path(image)
        && scope.book.fits("system_names", &name)
        && !scope.book.fits("system_places", inside)
        && !scope.book.fits("program_places", inside)
    {
        evidence.see("E10", about("finding.E10", process).with("path", image), shown_in(scope, process));
    }
    if scope.book.fits("lookalikes", &name) && !vouched {
        evidence.see("E10", about("finding.E10.lookalike", process).with("path", image), shown_in(scope, process));
    }
    let Some(original) = process.original_name else { return };
    let bare = |name: &str| {
        let name = name.to_lowercase();
        let stem = name.trim_end_matches(".mui").trim_end_matches(".exe").trim_end_matches(".dll").trim_end_matches(".c");
        stem.trim_end_matches(|sign: char| sign.is_ascii_digit()).to_owned()
    };
    let renamed = scope.book.fits("system_tools_original", original) && bare(&name) != bare(original);
    if renamed {
        evidence.see("E10", about("finding.E10.renamed", process).with("original", original), shown_in(scope, process));
    }
}

/// A file that an alert names, run or not.
fn file_of_alert(scope: &Scope<'_>, evidence: &mut Evidence) {
    let Some(path) = scope.subject.image.as_deref().filter(|_| scope.process.is_none() || !scope.subject_runs()) else { return };
    let inside = inside_volume(path);
    let said = |key: &str| Phrase::new(key).with("image", name_of(path)).with("path", visible(path));
    if scope.book.fits("user_writable", inside) && !scope.book.fits("ordinary_in_user_places", inside) {
        evidence.see("E9", said("finding.E9"), []);
    }
    if scope.book.fits("deceptive_names", name_of(path)) {
        evidence.see("E11", said("finding.E11"), []);
    }
}

/// Files that the tree wrote: names that deceive, executables that do not say so.
fn written(scope: &Scope<'_>, evidence: &mut Evidence) {
    for (index, event) in scope.of_kinds(&[Kind::FileCreate, Kind::FileStream, Kind::FileExecutable]) {
        let Some(path) = event.text(Column::FilePath) else { continue };
        let name = name_of(path);
        let said = |key: &str| Phrase::new(key).with("image", name).with("path", visible(path)).with("extension", extension(path));
        if scope.book.fits("deceptive_names", name) && !name.contains(':') {
            evidence.see("E11", said("finding.E11"), [index]);
        }
        if scope.host.kind(index) == Kind::FileExecutable && !scope.book.fits("program_extensions", &extension(path)) {
            evidence.see("E12", said("finding.E12"), [index]);
        }
    }
}

/// Signs that a reader would not see are written as their code points.
fn visible(path: &str) -> String {
    let hidden = |sign: char| matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    path.chars().map(|sign| if hidden(sign) { format!("<U+{:04X}>", u32::from(sign)) } else { sign.to_string() }).collect()
}

fn is_full_path(image: &str) -> bool {
    image.contains('\\') && name_of(image).contains('.')
}
