//! What kind of incident it is, how severe, and what is to be done: the matrix, the flows, the proposal, the lead's choice.
//!
//! The content stands in `playbook/matrix.yaml` and `playbook/proposal.yaml`; this module knows their shape, what a flow brings with
//! it, and when a reason is due. It proposes; people decide.

mod choose;
mod matrix;
mod propose;

use std::sync::LazyLock;

pub use choose::{Choice, ChoiceError, Reclassification};
pub use matrix::{Entry, Matrix, Words};
pub use propose::{Execution, Facts};
use sha2::{Digest, Sha256};

use crate::playbook::{Files, PlaybookError};

static SHIPPED: LazyLock<Result<Procedure, PlaybookError>> = LazyLock::new(|| Procedure::load(&Files::shipped()));

/// The procedure in force for an organisation, checked.
#[derive(Debug, Clone)]
pub struct Procedure {
    matrix: Matrix,
    rules: propose::Rules,
    version: String,
}

impl Procedure {
    /// Reads and checks the procedure's files.
    ///
    /// # Errors
    /// When a file is wrong: its name, the line and what was expected.
    pub fn load(files: &Files) -> Result<Self, PlaybookError> {
        let matrix = Matrix::load(files)?;
        let rules = propose::Rules::load(files)?;
        let version = format!("{}+{}", matrix.version, fingerprint(files));
        Ok(Procedure { matrix, rules, version })
    }

    /// The shipped procedure.
    ///
    /// # Errors
    /// When a shipped file is wrong; ask once at start.
    pub fn shipped() -> Result<&'static Procedure, PlaybookError> {
        SHIPPED.as_ref().map_err(Clone::clone)
    }

    /// Types, severities, flows, cells.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// Stamp of each decision: the file's own version and a fingerprint of the files in force, e.g. `2026-11-22+9f2c01d4`.
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn fingerprint(files: &Files) -> String {
    let mut hash = Sha256::new();
    for path in [matrix::PATH, propose::PATH] {
        hash.update(files.text(path).unwrap_or_default());
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
