//! What binds a login to one encrypted connection: the hash of the server's certificate (RFC 5929, 4.1).

use sha2::{Digest, Sha256, Sha384, Sha512};

/// A sequence in DER.
const SEQUENCE: u8 = 0x30;
/// An object identifier in DER.
const OBJECT: u8 = 0x06;

/// Signature algorithms (RFC 8017 A.2.4, RFC 5758 3.2) by the hash that binds: MD5 and SHA-1 are replaced by SHA-256.
const RSA: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const ECDSA: [u8; 6] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];

/// The hash of a certificate, by the algorithm that signed it; `None` where none is laid down for that algorithm, or the bytes are no certificate.
pub(super) fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let (parts, _) = element(certificate, SEQUENCE)?;
    let (_, after) = element(parts, SEQUENCE)?;
    let (algorithm, _) = element(after, SEQUENCE)?;
    let (name, _) = element(algorithm, OBJECT)?;
    let number = name.strip_prefix(&RSA).or_else(|| name.strip_prefix(&ECDSA))?;
    let is_rsa = name.starts_with(&RSA);
    match (is_rsa, number) {
        (true, [4 | 5 | 11]) | (false, [1] | [3, 2]) => Some(Sha256::digest(certificate).to_vec()),
        (true, [12]) | (false, [3, 3]) => Some(Sha384::digest(certificate).to_vec()),
        (true, [13]) | (false, [3, 4]) => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// The content of the element of that kind that the bytes begin with, and what follows it.
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(2)?;
    let [found, length] = head.try_into().ok()?;
    if found != kind {
        return None;
    }
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate of which only the name of the algorithm is true.
    fn signed_by(name: &[u8]) -> Vec<u8> {
        let of = |kind: u8, content: &[u8]| [&[kind, u8::try_from(content.len()).unwrap()], content].concat();
        of(SEQUENCE, &[of(SEQUENCE, b"tbs"), of(SEQUENCE, &of(OBJECT, name)), b"signature".to_vec()].concat())
    }

    #[test]
    fn the_hash_is_that_of_the_signature_but_never_a_broken_one() {
        let check = |name: &[&[u8]], bytes: Option<usize>| {
            let certificate = signed_by(&name.concat());
            assert_eq!(end_point(&certificate).map(|hash| hash.len()), bytes, "{name:?}");
        };
        check(&[&RSA, &[5]], Some(32));
        check(&[&RSA, &[11]], Some(32));
        check(&[&RSA, &[12]], Some(48));
        check(&[&RSA, &[13]], Some(64));
        check(&[&ECDSA, &[1]], Some(32));
        check(&[&ECDSA, &[3, 2]], Some(32));
        check(&[&ECDSA, &[3, 4]], Some(64));
        // RSA-PSS names its hash elsewhere, Ed25519 none.
        check(&[&RSA, &[10]], None);
        check(&[&[0x2b, 0x65, 0x70]], None);
    }

    #[test]
    fn what_is_no_certificate_binds_nothing() {
        let whole = signed_by(&[RSA.as_slice(), &[11]].concat());
        for end in 0..whole.len() - 9 {
            assert_eq!(end_point(&whole[..end]), None, "cut off at {end}");
        }
        assert_eq!(end_point(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(end_point(&[0x30, 0x83, 0xff, 0xff, 0xff]), None);
    }
}
