//! The wall around files, by Landlock: nothing outside of what was named can be opened, whatever the user may.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};

/// The newest interface that is asked for; older kernels give what they have.
const NEWEST: ABI = ABI::V6;

/// No file, no TCP port, no socket or process outside.
pub(crate) fn deny_all() -> Result<(), String> {
    allow([], [])
}

/// Reading `read`, everything below `write`, nothing else.
pub(crate) fn allow<'p>(read: impl IntoIterator<Item = &'p Path>, write: impl IntoIterator<Item = &'p Path>) -> Result<(), String> {
    match restrict(read, write) {
        Ok(RulesetStatus::NotEnforced) => Err("the kernel has no Landlock, or it is switched off".to_owned()),
        // Older kernels lack the later parts (truncation, network, signals); the seccomp wall covers what they miss.
        Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn restrict<'p>(
    read: impl IntoIterator<Item = &'p Path>,
    write: impl IntoIterator<Item = &'p Path>,
) -> Result<RulesetStatus, RulesetError> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(read, AccessFs::ReadFile | AccessFs::ReadDir))?
        .add_rules(path_beneath_rules(write, AccessFs::from_all(NEWEST)))?
        .restrict_self()?;
    Ok(status.ruleset)
}
