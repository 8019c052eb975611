//! Charsets: text as its writer meant it, also where the mail names the wrong charset, or none.
//!
//! Japanese mail is where names and bytes differ most: ISO-2022-JP with vendor letters, with its escapes doubled, lost or left open;
//! Shift_JIS and EUC-JP without a name; UTF-8 under the name of either. What is named is believed where the bytes agree.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, WINDOWS_1252};

/// Text, and what had to be assumed for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// The charset that was taken.
    pub(crate) charset: &'static str,
    /// Where that is not what the mail said, or letters were lost: a sentence.
    pub(crate) repair: Option<String>,
}

const ESCAPE: u8 = 0x1b;

/// Decodes text. `declared` is the charset that the mail names.
pub(crate) fn decode(bytes: &[u8], declared: Option<&str>) -> Decoded {
    let named = declared.map(|name| name.trim().trim_matches(['"', '\'']).to_ascii_lowercase());
    let named = named.as_deref().filter(|name| !name.is_empty());
    let known = named.and_then(by_name);
    let has_high = !bytes.is_ascii();
    if !has_high && has_escapes(bytes) {
        return done(bytes, ISO_2022_JP, known == Some(ISO_2022_JP), named);
    }
    if !has_high {
        return plain(bytes, known, named);
    }
    match known {
        Some(encoding) if encoding != ISO_2022_JP && !is_latin(encoding) => {
            let declared = done(bytes, encoding, true, named);
            if declared.repair.is_none() { declared } else { better(bytes, declared, named) }
        }
        Some(encoding) if is_latin(encoding) && !is_ascii(named) => latin(bytes, encoding, named),
        _ => guess(bytes, named),
    }
}

/// Whether the text was written by Japanese software, as far as the charset tells.
pub(crate) fn is_japanese(charset: &str) -> bool {
    [ISO_2022_JP, SHIFT_JIS, EUC_JP].iter().any(|encoding| encoding.name() == charset)
}

/// Names that mail uses beside those of the WHATWG's table.
fn by_name(name: &str) -> Option<&'static Encoding> {
    let other = match name {
        "cp932" | "ms932c" | "x-ms-cp932" | "ibm943" | "x-sjis-jp" | "shift_jis-2004" | "shift_jisx0213" => Some(SHIFT_JIS),
        "iso-2022-jp-1"
        | "iso-2022-jp-2"
        | "iso-2022-jp-3"
        | "iso-2022-jp-2004"
        | "iso-2022-jp-ms"
        | "cp50220"
        | "cp50221"
        | "cp50222"
        | "iso2022jp"
        | "jis"
        | "iso-2022-jp-compatible" => Some(ISO_2022_JP),
        "eucjp" | "eucjp-ms" | "eucjp-win" | "cp51932" | "ujis" | "euc_jp" => Some(EUC_JP),
        "utf8mb4" | "utf_8" => Some(UTF_8),
        _ => None,
    };
    other.or_else(|| Encoding::for_label(name.as_bytes()))
}

fn is_ascii(named: Option<&str>) -> bool {
    matches!(named, Some("us-ascii" | "ascii" | "ansi_x3.4-1968" | "iso-ir-6" | "us"))
}

fn is_latin(encoding: &'static Encoding) -> bool {
    encoding.is_single_byte() && encoding.name().starts_with("windows-125") || encoding.name().starts_with("ISO-8859-")
}

fn has_escapes(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|three| matches!(three, [ESCAPE, b'$', b'B' | b'@'] | [ESCAPE, b'(', b'J' | b'I']))
}

/// Only ASCII, and no escape.
fn plain(bytes: &[u8], known: Option<&'static Encoding>, named: Option<&str>) -> Decoded {
    if known == Some(ISO_2022_JP)
        && let Some(repaired) = without_escapes(bytes)
    {
        return repaired;
    }
    match known {
        // UTF-16 in ASCII bytes, hz and their like.
        Some(encoding) if !encoding.is_ascii_compatible() && encoding != ISO_2022_JP => done(bytes, encoding, true, named),
        Some(encoding) => Decoded { text: String::from_utf8_lossy(bytes).into_owned(), charset: encoding.name(), repair: None },
        None => Decoded { text: String::from_utf8_lossy(bytes).into_owned(), charset: UTF_8.name(), repair: None },
    }
}

/// ISO-2022-JP that lost its escape bytes on the way (`$B` … `(B`): taken where all of it reads as Japanese.
fn without_escapes(bytes: &[u8]) -> Option<Decoded> {
    let mut restored = Vec::with_capacity(bytes.len() + 16);
    let (mut rest, mut shifted) = (bytes, 0);
    while let Some((first, after)) = rest.split_first() {
        if matches!(rest, [b'$', b'B' | b'@', ..] | [b'(', b'B' | b'J', ..]) {
            restored.push(ESCAPE);
            shifted += 1;
        }
        restored.push(*first);
        rest = after;
    }
    let text = decoded(&restored, ISO_2022_JP);
    let whole = !text.contains(char::REPLACEMENT_CHARACTER) && quality(&text) > 0;
    (shifted >= 2 && whole).then(|| Decoded {
        text,
        charset: ISO_2022_JP.name(),
        repair: Some("the escapes of iso-2022-jp were lost; they were put back".to_owned()),
    })
}

/// Latin that is named so: unless the bytes are UTF-8, or Japanese with kana in it.
fn latin(bytes: &[u8], encoding: &'static Encoding, named: Option<&str>) -> Decoded {
    if std::str::from_utf8(bytes).is_ok() {
        return done(bytes, UTF_8, false, named);
    }
    let japanese = guess(bytes, named);
    let kana = japanese.text.chars().filter(|letter| matches!(letter, 'ぁ'..='ん' | 'ァ'..='ヶ')).count();
    if japanese.charset != WINDOWS_1252.name() && kana >= 2 && !japanese.text.contains(char::REPLACEMENT_CHARACTER) {
        return japanese;
    }
    done(bytes, encoding, true, named)
}

/// No usable name: UTF-8 where it is, else the Japanese charset that reads best, line by line where lines differ.
fn guess(bytes: &[u8], named: Option<&str>) -> Decoded {
    if std::str::from_utf8(bytes).is_ok() {
        return done(bytes, UTF_8, named.is_none(), named);
    }
    let candidates = [EUC_JP, SHIFT_JIS, WINDOWS_1252].map(|encoding| (quality(&decoded(bytes, encoding)), encoding));
    let best = candidates.into_iter().max_by_key(|(quality, encoding)| (*quality, *encoding == SHIFT_JIS));
    let best = best.map_or(WINDOWS_1252, |(_, encoding)| encoding);
    better(bytes, done(bytes, best, false, named), named)
}

/// A decoding that lost letters, against others: UTF-8, and each line by itself.
fn better(bytes: &[u8], first: Decoded, named: Option<&str>) -> Decoded {
    if std::str::from_utf8(bytes).is_ok() {
        return done(bytes, UTF_8, false, named);
    }
    if !first.text.contains(char::REPLACEMENT_CHARACTER) {
        return first;
    }
    let text: String = bytes.split_inclusive(|byte| *byte == b'\n').map(line).collect();
    if quality(&text) > quality(&first.text) {
        let repair = format!("lines in different charsets{}; each was read by itself", but_named(named));
        return Decoded { text, charset: first.charset, repair: Some(repair) };
    }
    first
}

fn line(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !has_escapes(bytes)
    {
        return text.to_owned();
    }
    let all = [UTF_8, ISO_2022_JP, EUC_JP, SHIFT_JIS, WINDOWS_1252].map(|encoding| decoded(bytes, encoding));
    all.into_iter().max_by_key(|text| quality(text)).unwrap_or_default()
}

fn but_named(named: Option<&str>) -> String {
    named.map_or_else(String::new, |name| format!(" under the name `{}`", name.escape_debug()))
}

fn done(bytes: &[u8], encoding: &'static Encoding, as_named: bool, named: Option<&str>) -> Decoded {
    let text = decoded(bytes, encoding);
    let lost = text.matches(char::REPLACEMENT_CHARACTER).count();
    let charset = encoding.name();
    let repair = match (lost, as_named) {
        (0, true) => None,
        (0, false) => Some(match named {
            Some(_) => format!("read as {charset}{}", but_named(named)),
            None => format!("no charset is named; read as {charset}"),
        }),
        _ => Some(format!("read as {charset}{}; {lost} letters could not be read", but_named(named))),
    };
    Decoded { text, charset, repair }
}

fn decoded(bytes: &[u8], encoding: &'static Encoding) -> String {
    match encoding == ISO_2022_JP {
        true => encoding.decode_without_bom_handling(&settled(bytes)).0.into_owned(),
        false => encoding.decode_with_bom_removal(bytes).0.into_owned(),
    }
}

/// ISO-2022-JP with an escape only where the state changes, and back in ASCII at each end of a line: decoders take escapes without text
/// between them for a fault, and a line that forgot its end would swallow the next.
fn settled(bytes: &[u8]) -> Vec<u8> {
    const ASCII: [u8; 2] = *b"(B";
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let (mut state, mut wanted, mut rest) = (ASCII, ASCII, bytes);
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (&ESCAPE, [one @ (b'$' | b'('), two @ (b'B' | b'@' | b'J' | b'I'), after @ ..]) => {
                wanted = [*one, if two == &b'@' { b'B' } else { *two }];
                rest = after;
                continue;
            }
            (b'\r' | b'\n', _) => wanted = ASCII,
            _ => {}
        }
        if wanted != state {
            out.push(ESCAPE);
            out.extend(wanted);
            state = wanted;
        }
        out.push(*first);
    }
    out
}

/// How much a text looks like what people write, against bytes read in the wrong charset.
fn quality(text: &str) -> i64 {
    let worth = |letter: char| match letter {
        char::REPLACEMENT_CHARACTER => -20,
        'ぁ'..='ん' | '、' | '。' | '・' | 'ー' | '「' | '」' | '：' | '（' | '）' | '　' => 3,
        'ァ'..='ヶ' => 2,
        '\u{4e00}'..='\u{9fff}' | '！'..='～' => 1,
        '\u{ff61}'..='\u{ff9f}' => -2,
        '\u{e000}'..='\u{f8ff}' => -10,
        '\u{80}'..='\u{9f}' => -5,
        '\u{a0}'..='\u{bf}' => -1,
        _ => 0,
    };
    text.chars().map(worth).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "組織名：株式会社ひけし、緊急度は至急です。";

    fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        encoding.encode(text).0.into_owned()
    }

    #[test]
    fn a_charset_is_found_whatever_the_mail_says() {
        for encoding in [UTF_8, SHIFT_JIS, EUC_JP, ISO_2022_JP] {
            for named in
                [None, Some("us-ascii"), Some("iso-2022-jp"), Some("iso-8859-1"), Some("nonsense"), Some("utf-8"), Some("\"Shift_JIS\"")]
            {
                let read = decode(&encoded(TEXT, encoding), named);
                assert_eq!(read.text, TEXT, "{} under {named:?}", encoding.name());
            }
            assert_eq!(decode(&encoded(TEXT, encoding), Some(encoding.name())).repair, None);
        }
        assert_eq!(decode("café à Zürich".as_bytes(), Some("utf-8")).repair, None);
        assert_eq!(decode(b"caf\xe9 \xe0 Z\xfcrich", Some("iso-8859-1")).text, "café à Zürich");
    }

    #[test]
    fn iso_2022_jp_is_read_with_its_escapes_doubled_open_or_lost() {
        let whole = encoded("被害\n確認", ISO_2022_JP);
        let doubled: Vec<u8> =
            whole.iter().copied().flat_map(|byte| if byte == b'\n' { b"\x1b(J\x1b(B\n".to_vec() } else { vec![byte] }).collect();
        assert_eq!(decode(&doubled, Some("iso-2022-jp")), Decoded { text: "被害\n確認".into(), charset: "ISO-2022-JP", repair: None });
        let open: Vec<u8> = b"\x1b$B".iter().chain(b"Ho32\n\x1b$B3NG'").copied().collect();
        assert_eq!(decode(&open, Some("iso-2022-jp")).text.lines().count(), 2);
        let lost: Vec<u8> = whole.iter().copied().filter(|byte| *byte != ESCAPE).collect();
        let read = decode(&lost, Some("iso-2022-jp"));
        assert!(read.text == "被害\n確認" && read.repair.is_some(), "{read:?}");
        assert_eq!(decode(b"price $Base (B) $B", Some("iso-2022-jp")).text, "price $Base (B) $B");
    }

    #[test]
    fn vendor_letters_and_mixed_lines_are_read() {
        assert_eq!(decode(b"\x1b$B-!-j\x1b(B", Some("iso-2022-jp")).text, "①㈱");
        let mixed = [encoded("日本語の本文です。\n", UTF_8), encoded("こちらは別の行です。\n", SHIFT_JIS)].concat();
        let read = decode(&mixed, Some("utf-8"));
        assert!(read.text == "日本語の本文です。\nこちらは別の行です。\n" && read.repair.is_some(), "{read:?}");
    }
}
