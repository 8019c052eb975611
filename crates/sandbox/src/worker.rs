//! The worker's side: one file in, its records out.

use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::fd::AsFd as _;

use hikeshi_event::{Block, Input, Limits, LogFormat, Record, Totals, Work, process};

use crate::frame::{self, Head};
use crate::resources::Budget;
use crate::walls::confine_worker;

/// Threads that parse.
const THREADS: usize = 2;

/// Shuts this process in, reads the file that is its standard input, and writes the originals of its records to standard
/// output in frames. `member` names a member of an archive to read alone.
///
/// # Errors
/// When the file cannot be taken, or nobody reads the frames any more.
pub fn serve_worker(member: Option<String>) -> io::Result<()> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let size_bytes = file.metadata()?.len();
    let missing = confine_worker(&Budget::of(size_bytes), file.as_fd());
    let mut out = io::stdout().lock();
    frame::write(&mut out, &Head::Started { missing: missing.iter().map(ToString::to_string).collect() }, &[])?;
    let input = Input::opened(file, "", size_bytes, member);
    let mut failed = None;
    let totals = process(&[input], &Limits::default(), THREADS, &Originals, |block| match send(&mut out, &block) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    });
    match failed {
        Some(error) => Err(error),
        None => ended(&mut out, totals),
    }
}

type Lines = Vec<(LogFormat, Vec<u8>)>;

fn send(out: &mut dyn Write, block: &Block<Lines>) -> io::Result<()> {
    let head = Head::Block {
        inside: block.path.as_ref().to_owned(),
        parts: block.out.iter().map(|(format, lines)| (format.name().to_owned(), lines.len() as u64)).collect(),
        events: block.events,
        bytes: block.bytes,
        disk_bytes: block.disk_bytes,
        defects: block.defects.clone(),
    };
    let parts: Vec<&[u8]> = block.out.iter().map(|(_, lines)| lines.as_slice()).collect();
    frame::write(out, &head, &parts)
}

fn ended(out: &mut dyn Write, totals: Totals) -> io::Result<()> {
    let Totals { events, bytes, disk_bytes, defects } = totals;
    frame::write(out, &Head::Ended { events, bytes, disk_bytes, defects }, &[])
}

/// The originals of a block, a line each, apart by format.
struct Originals;

impl Work for Originals {
    type Scratch = ();
    type Out = Lines;

    fn scratch(&self) {}

    fn see(&self, (): &mut (), _path: &str, record: &Record<'_>, out: &mut Lines) {
        if !out.iter().any(|(format, _)| *format == record.format) {
            out.push((record.format, Vec::new()));
        }
        if let Some((_, lines)) = out.iter_mut().find(|(format, _)| *format == record.format) {
            record.write_line(lines);
        }
    }
}
