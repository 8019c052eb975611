//! Passwords: hashed with argon2id, few at a time, with growing patience for wrong ones.
//!
//! Each hash takes 46 MiB; without a bound, two hundred parallel attempts would take the machine's memory. Wrong attempts are counted per
//! address, known or not, so that the answer and its delay tell nothing about who exists.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use hikeshi_domain::PersonId;
use hikeshi_domain::person::PasswordHash;
use hikeshi_domain::phrase::Phrase;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::error::{Error, ErrorKind, Result};

/// 46 MiB, one pass, one lane: the OWASP Password Storage Cheat Sheet's first choice.
const MEMORY_KIB: u32 = 46 * 1024;
const HASHES_AT_ONCE: usize = 2;
/// Shortest password; NIST SP 800-63B-4 asks for 15 where it is the only factor.
pub const SHORTEST_PASSWORD: usize = 15;
/// Longest password, in characters: more is no protection, only work.
pub const LONGEST_PASSWORD: usize = 256;
const FREE_ATTEMPTS: u32 = 5;
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);
const REMEMBERED: usize = 10_000;
/// Longest mail address that can be one: RFC 5321 4.5.3.1.3.
const LONGEST_ADDRESS: usize = 254;
/// Attempts that hash or wait for it; who comes after them comes again.
const WAITERS: usize = 32;

/// Hashes and checks passwords.
pub struct Passwords {
    slots: Semaphore,
    places: Semaphore,
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    until: Timestamp,
}

impl Default for Passwords {
    fn default() -> Self {
        Passwords { slots: Semaphore::new(HASHES_AT_ONCE), places: Semaphore::new(WAITERS), failures: Mutex::default() }
    }
}

impl Passwords {
    /// Hashes a new password.
    ///
    /// # Errors
    /// `Invalid` where it is too short or too long.
    pub async fn hash(&self, password: &str) -> Result<PasswordHash> {
        let length = password.chars().count();
        if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
            return Err(Error::invalid("error.password_length")
                .with("least", SHORTEST_PASSWORD.to_string())
                .with("most", LONGEST_PASSWORD.to_string()));
        }
        let password = password.to_owned();
        self.work(move || {
            hasher()?
                .hash_password(password.as_bytes())
                .map(|hash| PasswordHash(hash.to_string()))
                .map_err(|error| Error::internal(error.to_string()))
        })
        .await
    }

    /// Checks a password against the person's hash; without one (nobody of that address, or no password set) the same work is done in vain.
    ///
    /// # Errors
    /// `Unauthenticated` where it is wrong, `Busy` after too many wrong ones, or while too many are being checked.
    pub async fn check(&self, address: &str, password: &str, known: Option<&PasswordHash>, now: Timestamp) -> Result<()> {
        let wrong = || Error::new(ErrorKind::Unauthenticated, Phrase::new("error.wrong_password"));
        if address.len() > LONGEST_ADDRESS {
            return Err(wrong());
        }
        let _place = self.places.try_acquire().map_err(|_| too_many(1))?;
        let address = address.to_lowercase();
        // Counted before it is known whether it holds: attempts side by side must not all find the count of the first.
        self.admit(&address, now)?;
        let holds = match known {
            Some(known) if password.chars().count() <= LONGEST_PASSWORD => self.verify(password, known).await?,
            _ => {
                self.verify(password, &nobody()).await?;
                false
            }
        };
        if !holds {
            return Err(wrong());
        }
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&address);
        Ok(())
    }

    /// Lets an attempt at a second factor through, or says how long to wait. It counts as a wrong one until [`Passwords::code_held`].
    ///
    /// # Errors
    /// `Busy` after too many wrong ones.
    pub(crate) fn try_code(&self, person: PersonId, now: Timestamp) -> Result<()> {
        self.admit(&code_of(person), now)
    }

    /// Forgets the wrong codes of a person.
    pub(crate) fn code_held(&self, person: PersonId) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(&code_of(person));
    }

    async fn verify(&self, password: &str, known: &PasswordHash) -> Result<bool> {
        let (password, known): (String, String) = (password.chars().take(LONGEST_PASSWORD).collect(), known.0.clone());
        self.work(move || Ok(hasher()?.verify_password(password.as_bytes(), known.as_str()).is_ok())).await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let _slot = self.slots.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }

    /// Lets an attempt through, or says how long to wait; it counts as a wrong one until it holds.
    fn admit(&self, address: &str, now: Timestamp) -> Result<()> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = failures.get(address)
            && known.count >= FREE_ATTEMPTS
            && now < known.until
        {
            return Err(too_many(known.until.duration_since(now).as_secs().max(1)));
        }
        if failures.len() >= REMEMBERED && !failures.contains_key(address) {
            make_room(&mut failures, now);
        }
        let known = failures.entry(address.to_owned()).or_insert(Failures { count: 0, until: now });
        known.count = known.count.saturating_add(1);
        let doublings = known.count.saturating_sub(FREE_ATTEMPTS).min(16);
        let wait = SignedDuration::from_secs(1_i64 << doublings).min(LONGEST_WAIT);
        known.until = now.checked_add(wait).unwrap_or(now);
        Ok(())
    }
}

/// Forgets whose wait is over; where nobody's is, those with the fewest wrong attempts: guesses at many names must not free one.
fn make_room(failures: &mut HashMap<String, Failures>, now: Timestamp) {
    failures.retain(|_, known| now < known.until);
    if failures.len() < REMEMBERED {
        return;
    }
    let fewest = failures.values().map(|known| known.count).min().unwrap_or_default();
    failures.retain(|_, known| known.count > fewest);
}

/// Under what the wrong codes of a person are counted: no address looks like it.
fn code_of(person: PersonId) -> String {
    format!("code of {person}")
}

fn too_many(seconds: i64) -> Error {
    let kind = ErrorKind::Busy { retry_after: Duration::from_secs(seconds.unsigned_abs()) };
    Error::new(kind, Phrase::new("error.too_many_attempts").with("seconds", seconds.to_string()))
}

fn hasher() -> Result<Argon2<'static>> {
    let parameters = Params::new(MEMORY_KIB, 1, 1, None).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

/// A hash of nobody's password, for the same work where nobody is.
fn nobody() -> PasswordHash {
    PasswordHash(format!("$argon2id$v=19$m={MEMORY_KIB},t=1,p=1$bm9ib2R5IG5vYm9keSE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    #[tokio::test]
    async fn the_right_password_holds_and_another_does_not() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.0.starts_with("$argon2id$"), "{}", hash.0);
        passwords.check("a@example.com", "correct horse battery", Some(&hash), at(0)).await.unwrap();
        let error = passwords.check("a@example.com", "wrong horse battery", Some(&hash), at(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }

    #[tokio::test]
    async fn the_sixth_wrong_password_waits_for_known_and_unknown_alike() {
        let passwords = Passwords::default();
        for address in ["nobody@example.com", "NOBODY@example.com", "nobody@example.com", "nobody@example.com", "nobody@example.com"] {
            let error = passwords.check(address, "guess", None, at(0)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        }
        let error = passwords.check("nobody@example.com", "guess", None, at(0)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Busy { .. }));
        let error = passwords.check("nobody@example.com", "guess", None, at(2)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "after the wait it is tried again");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attempts_side_by_side_are_counted_one_by_one() {
        let passwords = std::sync::Arc::new(Passwords::default());
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..200 {
            let passwords = passwords.clone();
            attempts.spawn(async move { passwords.check("a@example.com", "guess", None, at(0)).await.unwrap_err().kind() });
        }
        let kinds = attempts.join_all().await;
        assert_eq!(kinds.iter().filter(|kind| **kind == ErrorKind::Unauthenticated).count(), 5, "the free ones; the others wait");
    }

    #[tokio::test]
    async fn what_is_remembered_is_bounded() {
        let passwords = Passwords::default();
        for _ in 0..6 {
            let _ = passwords.admit("known@example.com", at(0));
        }
        for number in 0..25_000 {
            passwords.admit(&format!("{number}@example.com"), at(0)).unwrap();
        }
        assert!(passwords.failures.lock().unwrap().len() <= REMEMBERED);
        assert!(passwords.admit("known@example.com", at(0)).is_err(), "guesses at many names do not free one");
        let long = format!("{}@example.com", "a".repeat(300));
        assert_eq!(passwords.check(&long, "guess", None, at(0)).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
        assert!(!passwords.failures.lock().unwrap().contains_key(&long));
    }

    #[tokio::test]
    async fn a_short_password_is_refused_with_the_rule() {
        let error = Passwords::default().hash("short").await.unwrap_err();
        assert_eq!(error.phrase().values.get("least").map(String::as_str), Some("15"));
    }
}
