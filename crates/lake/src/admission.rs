//! What is looked at before a batch is acknowledged: how much it unpacks to, whether it is whole, how many lines it holds. Nothing is
//! kept and nothing is parsed. A batch that passes can be read within a known memory, at every start again.

use std::io::{self, Read};

use crate::stream::{AppendError, Encoding};

/// Most bytes of a batch, unpacked.
pub const LARGEST_BATCH_BYTES: u64 = 64 << 20;
/// Most lines of a batch.
pub const MOST_BATCH_LINES: u64 = 400_000;
/// Largest window of a zstd frame: 2^25 = 32 MiB; levels up to 19 take 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 25;
const PIECE_BYTES: usize = 64 << 10;

/// What a batch holds, as far as it can be told without reading its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Contents {
    /// Bytes, unpacked.
    pub(crate) bytes: u64,
    /// Lines that are not empty.
    pub(crate) lines: u64,
    /// Lines among them that are longer than an event may be, or begin neither as JSON nor as XML: no event comes of them.
    pub(crate) refused: u64,
}

/// How much a batch may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    /// The longest line that is read.
    pub(crate) line_bytes: u64,
}

impl Bounds {
    /// What is taken from senders whose lines may be so long.
    pub(crate) fn of(line_bytes: usize) -> Self {
        Bounds { bytes: LARGEST_BATCH_BYTES, lines: MOST_BATCH_LINES, line_bytes: line_bytes as u64 }
    }
}

/// Looks through a body.
///
/// # Errors
/// `TooLarge` beyond the bounds; `Damaged` where the compressed body is cut or broken.
pub(crate) fn look(body: &[u8], encoding: Encoding, bounds: Bounds) -> Result<Contents, AppendError> {
    let mut lines = Lines { bounds, contents: Contents::default(), length: 0, first: None };
    match encoding {
        Encoding::Plain => lines.take(body)?,
        Encoding::Gzip => lines.read(flate2::read::MultiGzDecoder::new(body))?,
        Encoding::Zstd => lines.read(zstd_reader(body).map_err(|_| AppendError::Damaged)?)?,
    }
    lines.end_line();
    lines.within_limits()?;
    Ok(lines.contents)
}

/// A decoder that takes no more memory than a batch may need.
pub(crate) fn zstd_reader(body: &[u8]) -> io::Result<impl Read + '_> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

/// Counts lines over pieces of text.
struct Lines {
    bounds: Bounds,
    contents: Contents,
    /// Bytes of the line that is not ended yet.
    length: u64,
    /// Its first byte that is no white space.
    first: Option<u8>,
}

impl Lines {
    fn read(&mut self, mut reader: impl Read) -> Result<(), AppendError> {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = match reader.read(&mut piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|_| AppendError::Damaged)?,
            };
            match piece.get(..read) {
                None | Some([]) => return Ok(()),
                Some(piece) => self.take(piece)?,
            }
        }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), AppendError> {
        self.contents.bytes += piece.len() as u64;
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            self.go_on(line);
            self.end_line();
            self.within_limits()?;
            rest = after.get(1..).unwrap_or_default();
        }
        self.go_on(rest);
        self.within_limits()
    }

    fn go_on(&mut self, part: &[u8]) {
        self.length += part.len() as u64;
        if self.first.is_none() {
            // The byte order mark may stand before an object.
            self.first = part.iter().copied().find(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte));
        }
    }

    fn end_line(&mut self) {
        if let Some(first) = self.first.take() {
            self.contents.lines += 1;
            self.contents.refused += u64::from(!matches!(first, b'{' | b'[' | b'<') || self.length > self.bounds.line_bytes);
        }
        self.length = 0;
    }

    fn within_limits(&self) -> Result<(), AppendError> {
        let Contents { bytes, lines, .. } = self.contents;
        if bytes > self.bounds.bytes || lines > self.bounds.lines { Err(AppendError::TooLarge) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(text, 1).unwrap()
    }

    type Pack = fn(&[u8]) -> Vec<u8>;

    const EACH: [(Encoding, Pack); 3] = [(Encoding::Plain, |text| text.to_vec()), (Encoding::Gzip, gzip), (Encoding::Zstd, zstd)];

    #[test]
    fn lines_are_counted_in_every_encoding() {
        let text = format!("\u{feff}{{\"a\":1}}\n\n  {{}}\r\nno object\n{{\"long\":\"{}\"}}\n{{}}", "x".repeat(200_000));
        for (encoding, pack) in EACH {
            let found = look(&pack(text.as_bytes()), encoding, Bounds::of(100_000)).unwrap();
            assert_eq!(found, Contents { bytes: text.len() as u64, lines: 5, refused: 2 }, "{encoding:?}");
        }
    }

    #[test]
    fn a_small_body_that_unpacks_to_much_is_refused() {
        let long = vec![b' '; usize::try_from(LARGEST_BATCH_BYTES).unwrap() + 1];
        let many = b"{}\n".repeat(usize::try_from(MOST_BATCH_LINES).unwrap() + 1);
        for (encoding, pack) in EACH {
            assert_eq!(look(&pack(&long), encoding, Bounds::of(1 << 20)), Err(AppendError::TooLarge), "{encoding:?}");
            assert_eq!(look(&pack(&many), encoding, Bounds::of(1 << 20)), Err(AppendError::TooLarge), "{encoding:?}");
            assert!(look(&pack(&many[3..]), encoding, Bounds::of(1 << 20)).is_ok(), "{encoding:?}");
            // The control: without the one bound that it breaks, each is taken for what it is.
            let unbounded = Bounds { bytes: u64::MAX, ..Bounds::of(1 << 20) };
            assert_eq!(look(&pack(&long), encoding, unbounded).map(|found| found.bytes), Ok(long.len() as u64), "{encoding:?}");
            let unbounded = Bounds { lines: u64::MAX, ..Bounds::of(1 << 20) };
            assert_eq!(look(&pack(&many), encoding, unbounded).map(|found| found.lines), Ok(MOST_BATCH_LINES + 1), "{encoding:?}");
        }
    }

    /// The window is memory that the reader must have, whatever the frame holds.
    #[test]
    fn a_frame_that_asks_for_a_large_window_is_refused() {
        let packed = |window_log| {
            let mut packer = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            packer.window_log(window_log).unwrap();
            // In two writes: of a frame whose size is known at once, that size is the window.
            packer.write_all(b"{}\n").unwrap();
            packer.flush().unwrap();
            packer.write_all(b"{}\n").unwrap();
            packer.finish().unwrap()
        };
        let (small, large) = (packed(ZSTD_WINDOW_LOG), packed(ZSTD_WINDOW_LOG + 1));
        assert_eq!(look(&small, Encoding::Zstd, Bounds::of(1 << 20)).map(|found| found.lines), Ok(2));
        assert_eq!(look(&large, Encoding::Zstd, Bounds::of(1 << 20)), Err(AppendError::Damaged));
        // The control: a decoder that does not look at the window reads it.
        assert_eq!(zstd::stream::decode_all(large.as_slice()).unwrap(), b"{}\n{}\n");
    }

    #[test]
    fn a_cut_or_broken_body_is_seen() {
        let text = b"{\"a\":1}\n".repeat(1000);
        for (encoding, pack) in EACH.into_iter().skip(1) {
            let whole = pack(&text);
            for cut in [1, 5, whole.len() / 2, whole.len() - 1] {
                assert_eq!(look(&whole[..cut], encoding, Bounds::of(1 << 20)), Err(AppendError::Damaged), "{encoding:?} cut to {cut}");
            }
            assert_eq!(look(&text, encoding, Bounds::of(1 << 20)), Err(AppendError::Damaged), "{encoding:?}");
        }
    }
}
