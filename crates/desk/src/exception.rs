//! The exception list: who excused what, why, until when.

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::exception::{CitedList, Effect, Exception, Excused};
use hikeshi_domain::triage::Triage;
use hikeshi_domain::{ExceptionId, OrganizationId};
use hikeshi_record::{Change, Context, Expect, Order, Query, Stored};
use jiff::Timestamp;
use uuid::Uuid;

use crate::alert::required;
use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::everything::everything;
use crate::reference_list;

const LONGEST_PATTERN: usize = 1_000;

/// The entries of the caller's organisations, latest first.
///
/// # Errors
/// `Forbidden` where the caller may not see them.
pub async fn list(desk: &Desk, caller: &Caller) -> Result<Vec<Stored<Exception>>> {
    let context = context(&permit_everywhere(caller, Action::ReadExceptions)?);
    everything(desk, &context, Query::new().order("registered_at", Order::Desc)).await
}

/// Registers an entry. `in_effect` says that the endpoints' protection already follows it; registered alone excuses nothing.
///
/// # Errors
/// `Invalid` without a reason, with an empty or too wide pattern, or an end that has passed.
pub async fn add(
    desk: &Desk,
    caller: &Caller,
    org: OrganizationId,
    excused: Excused,
    reason: &str,
    in_effect: bool,
    until: Option<Timestamp>,
) -> Result<Stored<Exception>> {
    let context = context(&permit(caller, Action::EditExceptions, org)?);
    let reason = required(reason)?;
    let (by, now) = (caller.person().ok_or_else(Error::unauthenticated)?, desk.now());
    if until.is_some_and(|until| until <= now) {
        return Err(Error::invalid("error.exception_until"));
    }
    let excused = checked(excused)?;
    let effective_from = in_effect.then_some(now);
    let exception = Exception {
        id: ExceptionId(Uuid::now_v7()),
        org,
        excused,
        by,
        reason: reason.clone(),
        registered_at: now,
        effective_from,
        until,
        list: None,
    };
    desk.store.change(&context, Change::new("exception.add", reason).put(&exception, Expect::New)).await?;
    desk.tell(Exception::KIND, exception.id.0, Some(org));
    Ok(desk.store.get(&context, exception.id.0).await?)
}

/// The change, with an entry for a file that a reference list alone cleared (S3-111), registered by the desk in the name of whoever brought
/// the list. It is not in effect: while the list stands, the list excuses, and when it is taken away, nothing must remain that does. A file
/// that has an entry gets no other; one whose entry a person ended gets another for another version of the list only.
pub(crate) async fn cleared_by_list(
    desk: &Desk,
    context: &Context,
    change: Change,
    org: OrganizationId,
    triage: &Triage,
    known: &[Exception],
) -> Result<Change> {
    let Some(hash) = hikeshi_triage::cleared_by_list(triage) else { return Ok(change) };
    let Some(list) = reference_list::vouching(desk, context, org, hash).await? else { return Ok(change) };
    let now = desk.now();
    let same_file = |entry: &&Exception| matches!(&entry.excused, Excused::Hash { hash: known } if known.trim().eq_ignore_ascii_case(hash));
    let cites = |entry: &Exception| entry.list.as_ref().is_some_and(|cited| (cited.id, cited.version) == (list.id, list.version));
    if known.iter().filter(same_file).any(|entry| entry.effect(now) != Effect::Ended || cites(entry)) {
        return Ok(change);
    }
    let exception = Exception {
        id: ExceptionId(Uuid::now_v7()),
        org,
        excused: Excused::Hash { hash: hash.to_owned() },
        by: list.by,
        list: Some(CitedList { id: list.id, name: list.name.clone(), version: list.version, dated: list.uploaded_at }),
        reason: list.source.clone(),
        registered_at: now,
        effective_from: None,
        until: list.until,
    };
    // Two alerts on the file may be triaged at the same moment.
    let key = format!("{} {} {hash}", list.id, list.version);
    Ok(change.claim_key("exception-of-list", &key, exception.id).put(&exception, Expect::New))
}

/// Ends an entry now; it stays on the list as ended.
///
/// # Errors
/// `NotFound` where it is not the caller's.
pub async fn end(desk: &Desk, caller: &Caller, exception: ExceptionId) -> Result<()> {
    let reading = context(&permit_everywhere(caller, Action::ReadExceptions)?);
    let stored = desk.store.get::<Exception>(&reading, exception.0).await?;
    let context = context(&permit(caller, Action::EditExceptions, stored.org)?);
    let ended = Exception { until: Some(desk.now()), ..stored.entity.clone() };
    desk.store.change(&context, Change::new("exception.end", "").put(&ended, stored.expect())).await?;
    desk.tell(Exception::KIND, exception.0, Some(stored.org));
    Ok(())
}

fn checked(excused: Excused) -> Result<Excused> {
    let (field, text) = match &excused {
        Excused::Hash { hash } => ("hash", hash),
        Excused::Signer { name } => ("name", name),
        Excused::Path { pattern } => ("pattern", pattern),
        Excused::Behaviour { rule_id, .. } => ("rule_id", rule_id),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("error.field_empty").with("field", field));
    }
    if text.chars().count() > LONGEST_PATTERN {
        return Err(Error::invalid("error.field_too_long").with("field", field).with("most", LONGEST_PATTERN.to_string()));
    }
    if matches!(excused, Excused::Hash { .. }) && !([32, 40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(Error::invalid("error.hash_malformed").with("field", "hash").with("digits", "32, 40, 64"));
    }
    if matches!(excused, Excused::Path { .. }) && !is_narrow(text) {
        return Err(Error::invalid("error.exception_too_wide"));
    }
    Ok(excused)
}

/// Whether a path pattern names something: a folder, or a file by its full name. `*.exe` names every program.
fn is_narrow(pattern: &str) -> bool {
    let says_something = |part: &str| !part.contains('*') && part.chars().filter(|letter| letter.is_alphanumeric()).count() >= 2;
    let (folders, file) = pattern.rsplit_once(['\\', '/']).unwrap_or(("", pattern));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    says_something(stem) && !file.contains('*') || folders.split(['\\', '/']).any(says_something)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_names_neither_folder_nor_file_is_too_wide() {
        for wide in ["*.exe", r"*\*.exe", r"C:\*", r"C:\*.exe", "*", "*tool*", r"*\*\*", "svc*.exe", ".exe", r"*\.dll"] {
            assert!(!is_narrow(wide), "{wide}");
        }
        for narrow in ["backup.exe", r"*\backup.exe", r"C:\Apps\*", r"C:\Program Files\会計\*.exe", r"\\server\share\*", "/opt/tool/*"] {
            assert!(is_narrow(narrow), "{narrow}");
        }
    }
}
