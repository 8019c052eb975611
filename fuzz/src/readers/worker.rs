//! What a worker says, when a stranger speaks for it: `cat` gives the input out as a worker would its frames.

use std::ops::ControlFlow;
use std::path::Path;

use hikeshi_event::{DefectKind, Input};
use hikeshi_sandbox::read_apart;

/// Takes frames. Whatever they say, no text of theirs steers a terminal, and what did not end well is refused.
pub(crate) fn frames(_: &[u8], path: &Path) -> u64 {
    let name = path.display().to_string();
    let mut batches = 0;
    let reading = read_apart(Path::new("/bin/cat"), &[], &Input::file(path), |batch| {
        batches += 1;
        assert!(batch.path.starts_with(&name) && !batch.path.contains(char::is_control), "{:?}", batch.path);
        for defect in &batch.defects {
            assert!(!defect.path.contains(char::is_control) && !defect.detail.contains(char::is_control), "{defect:?}");
        }
        ControlFlow::Continue(())
    });
    let reading = reading.expect("`cat` starts");
    if let Some(refused) = &reading.refused {
        assert!(refused.kind == DefectKind::Refused && reading.totals.defects > 0 && !refused.detail.contains(char::is_control));
    }
    batches
}
