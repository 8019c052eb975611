//! How much memory lists may take. They are held whole, and the server has half a gigabyte for everything: a part is kept for the lists of
//! the installation, and of the rest an organisation gets a quarter of what the others leave. So nobody takes all, what is promised is
//! there, and even those who ask at the same moment on several nodes do not take more than there is.

use hikeshi_domain::OrganizationId;
use hikeshi_domain::reference_list::ReferenceList;
use hikeshi_record::Stored;

use crate::error::{Error, Result};

/// Of the lists of the installation together: 2,000,000 SHA-256, as many as one list may name.
const INSTALLATION_BYTES: u64 = 72_000_000;
/// Of the lists of all organisations together.
const ORGANIZATIONS_BYTES: u64 = 56_000_000;
/// An organisation may take this part of what the others leave: 388,000 SHA-256 where there is no other.
const PART: u64 = 4;

/// Whether the list fits beside the others, in place of one that took `replaced` bytes.
pub(super) fn bounded(list: &ReferenceList, replaced: u64, beside: &[Stored<ReferenceList>]) -> Result<()> {
    bounded_among(list.org, list.memory(), replaced, beside.iter().map(|other| (other.org, other.memory())))
}

fn bounded_among(
    org: Option<OrganizationId>,
    size: u64,
    replaced: u64,
    beside: impl Iterator<Item = (Option<OrganizationId>, u64)>,
) -> Result<()> {
    let (mut own, mut others) = (0_u64, 0_u64);
    for (owner, bytes) in beside {
        match owner {
            owner if owner == org => own = own.saturating_add(bytes),
            Some(_) => others = others.saturating_add(bytes),
            None => {}
        }
    }
    let most = match org {
        None => INSTALLATION_BYTES,
        Some(_) => ORGANIZATIONS_BYTES.saturating_sub(others) / PART,
    };
    // What takes no more than before always fits.
    if size <= replaced || own.saturating_add(size) <= most {
        return Ok(());
    }
    let error = match org {
        None => Error::invalid("error.lists_memory").with("most", megabytes(most)),
        // How much the others hold is not the caller's to know.
        Some(_) => Error::invalid("error.lists_memory_of_organization"),
    };
    Err(error.with("others", megabytes(own)).with("size", megabytes(size)))
}

/// Millions of bytes with one decimal, rounded up.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn org(number: u128) -> Option<OrganizationId> {
        Some(OrganizationId(Uuid::from_u128(number)))
    }

    fn fits(owner: Option<OrganizationId>, size: u64, beside: &[(Option<OrganizationId>, u64)]) -> bool {
        bounded_among(owner, size, 0, beside.iter().copied()).is_ok()
    }

    #[test]
    fn the_installation_has_a_part_of_its_own() {
        assert!(fits(None, INSTALLATION_BYTES, &[(org(1), ORGANIZATIONS_BYTES)]));
        assert!(!fits(None, 1, &[(None, INSTALLATION_BYTES)]));
        assert!(fits(org(1), 14_000_000, &[(None, INSTALLATION_BYTES)]));
    }

    /// One organisation could take all, and the next, and the operator, had nothing left.
    #[test]
    fn an_organisation_gets_a_quarter_of_what_the_others_leave() {
        assert!(fits(org(1), 14_000_000, &[]) && !fits(org(1), 14_000_001, &[]));
        assert!(!fits(org(1), 1, &[(org(1), 14_000_000)]));
        let mut taken = Vec::new();
        for number in 0..20 {
            let left: u64 = ORGANIZATIONS_BYTES - taken.iter().map(|(_, bytes)| bytes).sum::<u64>();
            assert!(left / PART > 0 && fits(org(number), left / PART, &taken), "{number}");
            taken.push((org(number), left / PART));
        }
        let modest: Vec<_> = (0..25).map(|number| (org(number), 1_800_000)).collect();
        assert!(fits(org(25), 1_800_000, &modest), "two dozen with 50,000 SHA-256 each leave room for one more");
    }

    #[test]
    fn a_smaller_file_always_replaces_a_larger_one() {
        let beside = [(org(2), 55_000_000), (org(1), 1_000_000)];
        assert!(bounded_among(org(1), 2_000_000, 2_000_000, beside.iter().copied()).is_ok());
        assert!(bounded_among(org(1), 2_000_001, 2_000_000, beside.iter().copied()).is_err());
    }

    #[test]
    fn sizes_are_told_in_megabytes() {
        for (bytes, told) in [(0, "0.0"), (1, "0.1"), (72_000_000, "72.0"), (35_999_999, "36.0")] {
            assert_eq!(megabytes(bytes), told);
        }
    }
}
