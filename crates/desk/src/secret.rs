//! Secrets that are handed out once and kept as hashes: links, session cookies, keys.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Bytes of a secret: 256 bits (OWASP ASVS 5.0, 7.2.3 asks for 128 at least).
const SECRET_BYTES: usize = 32;

/// A fresh secret of 64 hexadecimal digits.
///
/// # Errors
/// When the machine gives no random bytes.
pub(crate) fn fresh() -> Result<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(error.to_string()))?;
    Ok(hexadecimal(&bytes))
}

/// What is kept of a secret: it has 256 bits of chance, so a plain hash cannot be turned back.
pub(crate) fn hash(secret: &str) -> String {
    hexadecimal(&Sha256::digest(secret.as_bytes()))
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_differ_and_only_their_hashes_are_kept() {
        let (one, other) = (fresh().unwrap(), fresh().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 64);
        assert_ne!(hash(&one), one);
        assert_eq!(hash(&one), hash(&one));
    }
}
