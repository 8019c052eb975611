//! Commands that read foreign files in their own process shut themselves in before they open the first.
//!
//! A hop to another process for each block would cost more than matching it against all rules; a process that can open nothing
//! but its inputs, and reach nobody, has little to lose. Rules are loaded, and their cache written, before.

use std::path::Path;

use hikeshi_event::Input;
use hikeshi_sandbox::confine_tool;

/// Read by the calendar where it is there.
const ZONES: &str = "/usr/share/zoneinfo";

/// Leaves this process the inputs to read and one folder to write; says on the error stream which walls the machine cannot put
/// up. No thread may run yet.
pub(crate) fn shut_in(inputs: &[Input], write: Option<&Path>) {
    let read = inputs.iter().map(Input::path).chain([Path::new(ZONES)]);
    for missing in confine_tool(read, write) {
        eprintln!("warning: {missing}");
    }
}
