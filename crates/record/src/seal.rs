//! Keys: one of the installation in a file, one of each organisation and of each erasable entity, wrapped by the one above.
//!
//! XChaCha20-Poly1305 with random nonces. What a ciphertext belongs to is authenticated with it, so that one cannot be put in the
//! place of another.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ed25519_dalek::SigningKey;

use crate::error::{Error, Result};

/// Folder of the key files inside the data directory.
pub(crate) const KEYS: &str = "keys";
const BOX_KEY: &str = "installation.key";
const SIGNING_KEY: &str = "checkpoint.key";
const NONCE: usize = 24;

/// A symmetric key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key([u8; 32]);

/// The keys that lie in files of the data directory.
pub(crate) struct KeyFiles {
    pub(crate) installation: Key,
    pub(crate) signing: SigningKey,
}

impl KeyFiles {
    /// Reads the key files; makes them if the record has never been opened.
    pub(crate) fn load(data: &Path, fresh: bool) -> Result<Self> {
        let folder = data.join(KEYS);
        let installation = Key(key_file(&folder, BOX_KEY, fresh)?);
        let signing = SigningKey::from_bytes(&key_file(&folder, SIGNING_KEY, fresh)?);
        Ok(KeyFiles { installation, signing })
    }
}

fn key_file(folder: &Path, name: &str, fresh: bool) -> Result<[u8; 32]> {
    let path = folder.join(name);
    let broken = |why: String| Error::file(&path, why);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let key = hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
            key.ok_or_else(|| broken("does not hold a key of 32 bytes in hexadecimal".to_owned()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && fresh => {
            let key = random::<32>()?;
            write_secret(&path, hex::encode(key).as_bytes()).map_err(|error| broken(error.to_string()))?;
            Ok(key)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(broken("is missing: put the key files of this installation back; without them sealed entities cannot be read".to_owned()))
        }
        Err(error) => Err(broken(error.to_string())),
    }
}

fn write_secret(path: &Path, text: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text)?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

impl Key {
    /// A new random key.
    pub(crate) fn generate() -> Result<Self> {
        random().map(Key)
    }

    /// The key wrapped by this one for that purpose.
    pub(crate) fn wrap(&self, key: &Key, purpose: &[u8]) -> Result<Vec<u8>> {
        self.seal(&key.0, purpose)
    }

    /// A key that was wrapped by this one.
    pub(crate) fn unwrap_key(&self, wrapped: &[u8], purpose: &[u8]) -> Result<Key> {
        let bytes = self.open(wrapped, purpose)?;
        bytes.try_into().map(Key).map_err(|_| Error::Corrupt("a wrapped key has a wrong length".to_owned()))
    }

    /// Nonce and ciphertext of the text, bound to what it belongs to.
    pub(crate) fn seal(&self, text: &[u8], belongs_to: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let cipher = XChaCha20Poly1305::new(&self.0.into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: text, aad: belongs_to });
        let sealed = sealed.map_err(|_| Error::Internal("the cipher refused the text".to_owned()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// The text of a ciphertext.
    pub(crate) fn open(&self, sealed: &[u8], belongs_to: &[u8]) -> Result<Vec<u8>> {
        let damaged = || Error::Corrupt("a sealed text does not open: wrong key, or changed".to_owned());
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let cipher = XChaCha20Poly1305::new(&self.0.into());
        cipher.decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: belongs_to }).map_err(|_| damaged())
    }
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_only_where_it_belongs() {
        let key = Key::generate().unwrap();
        let sealed = key.seal("漏洩".as_bytes(), b"alert 1").unwrap();
        assert_eq!(key.open(&sealed, b"alert 1").unwrap(), "漏洩".as_bytes());
        assert!(key.open(&sealed, b"alert 2").is_err());
        assert!(Key::generate().unwrap().open(&sealed, b"alert 1").is_err());
        assert!(key.open(sealed.get(..10).unwrap(), b"alert 1").is_err());
    }

    #[test]
    fn key_files_are_for_their_owner_only_and_never_made_twice() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        assert!(KeyFiles::load(data.path(), false).is_err());
        let made = KeyFiles::load(data.path(), true).unwrap();
        let again = KeyFiles::load(data.path(), false).unwrap();
        assert!(made.installation == again.installation && made.signing == again.signing);
        let mode = fs::metadata(data.path().join(KEYS).join(BOX_KEY)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
