//! The encodings that Sigma's modifiers put a value through before it is compared: UTF-16 and Base64.

/// UTF-16 with the low byte first (`wide`, `utf16le`).
pub(crate) fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// UTF-16 with the high byte first (`utf16be`).
pub(crate) fn utf16be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// UTF-16 with a byte-order mark (`utf16`).
pub(crate) fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(utf16le(text)).collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let octet = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = octet(0) << 16 | octet(1) << 8 | octet(2);
        for place in 0..4 {
            let letter = ALPHABET.get((group >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// The three texts that the value may have inside a longer Base64 text, by its offset there: only the characters that its own
/// bits decide (`base64offset`).
pub(crate) fn base64_offsets(bytes: &[u8]) -> [String; 3] {
    [0, 1, 2].map(|offset| {
        let mut shifted = vec![b' '; offset];
        shifted.extend_from_slice(bytes);
        let encoded = base64(&shifted);
        let start = [0, 2, 3].get(offset).copied().unwrap_or(0);
        let unsure = [0, 3, 2].get(shifted.len() % 3).copied().unwrap_or(0);
        encoded.get(start..encoded.len() - unsure).unwrap_or_default().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64(b"fooba"), "Zm9vYmE=");
        assert_eq!(base64(b"foob"), "Zm9vYg==");
        assert_eq!(base64(b""), "");
    }

    #[test]
    fn offsets_are_found_in_every_alignment() {
        for before in ["", "x", "xy", "xyz"] {
            let whole = base64(format!("{before}/bin/bash tail").as_bytes());
            assert!(base64_offsets(b"/bin/bash").iter().any(|text| whole.contains(text)), "{before}: {whole}");
        }
        assert_eq!(base64_offsets(b"foo bar"), ["Zm9vIGJhc", "ZvbyBiYX", "mb28gYmFy"]);
    }

    #[test]
    fn utf16_in_both_orders() {
        assert_eq!(utf16le("a漏"), [0x61, 0, 0x0F, 0x6F]);
        assert_eq!(utf16be("a漏"), [0, 0x61, 0x6F, 0x0F]);
        assert_eq!(utf16("a"), [0xFF, 0xFE, 0x61, 0]);
    }
}
