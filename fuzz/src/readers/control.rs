//! Readers that do what no reader may.

use std::path::Path;

/// Panics on a thread that nobody asks.
pub(crate) fn panics_elsewhere(_: &[u8], _: &Path) -> u64 {
    let thread = std::thread::spawn(|| panic!("as planned"));
    u64::from(thread.join().is_err())
}

/// Does not come back.
pub(crate) fn never_ends(_: &[u8], _: &Path) -> u64 {
    loop {
        std::hint::spin_loop();
    }
}

/// Takes more memory than a reader may.
pub(crate) fn swells(_: &[u8], _: &Path) -> u64 {
    vec![1_u8; 600 << 20].iter().map(|byte| u64::from(*byte)).sum()
}
