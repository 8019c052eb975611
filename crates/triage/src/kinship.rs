//! By which processes two triages of one host are known to be of the same tree.

use std::collections::{BTreeMap, BTreeSet};

use hikeshi_domain::triage::{Node, NodeOrigin, Triage};

use crate::book::VerdictBook;
use crate::path::inside_volume;

/// Names of the recorded processes of the subject's tree, cut below hubs as everywhere, and of others to which findings or matches belong:
/// not of the shell of a session, which everything hangs on.
pub fn tree_ids<'t>(triage: &'t Triage, book: &VerdictBook) -> BTreeSet<&'t str> {
    let tree = Shown { nodes: triage.tree.nodes.iter().map(|node| (node.id.as_str(), node)).collect(), book };
    let own = tree.nodes.values().find(|node| node.subject).map(|subject| tree.top(subject));
    let noted = |node: &Node| node.parent.is_some() && !(node.findings.is_empty() && node.matches.is_empty());
    let belongs = |node: &&Node| node.origin == NodeOrigin::Recorded && (noted(node) || own == Some(tree.top(node)));
    triage.tree.nodes.iter().filter(belongs).map(|node| node.id.as_str()).collect()
}

/// A tree as a triage shows it.
struct Shown<'t, 'b> {
    nodes: BTreeMap<&'t str, &'t Node>,
    book: &'b VerdictBook,
}

impl<'t> Shown<'t, '_> {
    fn parent(&self, node: &Node) -> Option<&'t Node> {
        self.nodes.get(node.parent.as_deref()?).copied()
    }

    /// The highest process below the hubs that the process descends from.
    fn top(&self, node: &'t Node) -> &'t str {
        let mut top = node;
        // No more steps than there are processes: a circle ends.
        for _ in 0..self.nodes.len() {
            match self.parent(top).filter(|parent| !self.parts(parent)) {
                Some(parent) if !self.parts(top) => top = parent,
                _ => break,
            }
        }
        &top.id
    }

    /// Whether the tree is cut here: at a hub, and at a process of which nothing is known, since it may be one.
    fn parts(&self, node: &Node) -> bool {
        self.fits_hub(node) && self.parent(node).is_none_or(|parent| self.fits_hub(parent))
    }

    fn fits_hub(&self, node: &Node) -> bool {
        node.image.as_deref().is_none_or(|image| self.book.fits("hubs", inside_volume(image)))
    }
}
