//! The short form of fuzzing: every target for ten seconds, or `HIKESHI_FUZZ_SECONDS`. The long form is `make trust`.

use std::process::{Command, Output};

fn fuzz(arguments: &[&str]) -> (Output, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_hikeshi-fuzz")).args(arguments).arg("--keep").arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, said)
}

#[test]
fn no_reader_panics_hangs_or_swells_on_changed_input() {
    let seconds = std::env::var("HIKESHI_FUZZ_SECONDS").unwrap_or_else(|_| "10".to_owned());
    let (output, said) = fuzz(&["all", "--seconds", &seconds]);
    print!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// A format and what is put around its inputs had parted ways: every input was refused at the first check, and the run was green.
#[test]
fn a_reader_that_gets_nothing_out_of_its_seeds_is_noticed() {
    let (output, said) = fuzz(&["control-blind", "--seconds", "1"]);
    assert!(!output.status.success() && said.contains("in any unchanged seed"), "{said}");
}

/// The controls: readers that do what the watcher is there to see.
#[test]
fn a_reader_that_breaks_its_promise_is_noticed() {
    let controls = [
        ("control-panic", "a panic"),
        ("control-panic-elsewhere", "a panic of another thread"),
        ("control-endless", "of a processor"),
        ("control-swollen", "KB of memory"),
        ("control-dead", "it died: signal: 6"),
    ];
    for (control, complaint) in controls {
        let (output, said) = fuzz(&[control, "--seconds", "1"]);
        assert!(!output.status.success() && said.contains(complaint) && said.contains("kept as"), "{control}: {said}");
    }
}
