//! Passwords: hashed with argon2id, few at a time, with growing patience for wrong ones.
//!
//! Each hash takes 46 MiB; without a bound, two hundred parallel attempts would take the machine's memory. Wrong attempts are counted per
//! address, known or not, so that the answer and its delay tell nothing about who exists.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
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

/// Hashes and checks passwords.
pub struct Passwords {
    slots: Semaphore,
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    until: Timestamp,
}

impl Default for Passwords {
    fn default() -> Self {
        Passwords { slots: Semaphore::new(HASHES_AT_ONCE), failures: Mutex::default() }
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
    /// `Unauthenticated` where it is wrong, `Busy` after too many wrong ones.
    pub async fn check(&self, address: &str, password: &str, known: Option<&PasswordHash>, now: Timestamp) -> Result<()> {
        self.admit(address, now)?;
        let holds = match known {
            Some(known) if password.chars().count() <= LONGEST_PASSWORD => self.verify(password, known).await?,
            _ => {
                self.verify(password, &nobody()).await?;
                false
            }
        };
        self.note(address, holds, now);
        if holds { Ok(()) } else { Err(Error::new(ErrorKind::Unauthenticated, Phrase::new("error.wrong_password"))) }
    }

    async fn verify(&self, password: &str, known: &PasswordHash) -> Result<bool> {
        let (password, known): (String, String) = (password.chars().take(LONGEST_PASSWORD).collect(), known.0.clone());
        self.work(move || Ok(hasher()?.verify_password(password.as_bytes(), known.as_str()).is_ok())).await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let _slot = self.slots.acquire().await.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }

    fn admit(&self, address: &str, now: Timestamp) -> Result<()> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failures.get(&address.to_lowercase()) {
            Some(known) if known.count >= FREE_ATTEMPTS && now < known.until => {
                let wait = known.until.duration_since(now).as_secs().max(1);
                let kind = ErrorKind::Busy { retry_after: Duration::from_secs(wait.unsigned_abs()) };
                Err(Error::new(kind, Phrase::new("error.too_many_attempts").with("seconds", wait.to_string())))
            }
            _ => Ok(()),
        }
    }

    fn note(&self, address: &str, holds: bool, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let address = address.to_lowercase();
        if holds {
            failures.remove(&address);
            return;
        }
        if failures.len() >= REMEMBERED {
            failures.retain(|_, known| now < known.until);
        }
        let known = failures.entry(address).or_insert(Failures { count: 0, until: now });
        known.count = known.count.saturating_add(1);
        let doublings = known.count.saturating_sub(FREE_ATTEMPTS).min(16);
        let wait = SignedDuration::from_secs(1_i64 << doublings).min(LONGEST_WAIT);
        known.until = now.checked_add(wait).unwrap_or(now);
    }
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

    #[tokio::test]
    async fn a_short_password_is_refused_with_the_rule() {
        let error = Passwords::default().hash("short").await.unwrap_err();
        assert_eq!(error.phrase().values.get("least").map(String::as_str), Some("15"));
    }
}
