//! An error in words, with what stands behind it.

use std::error::Error;

/// The error's own text and that of each cause behind it, parted by `: `.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
