//! How far long work on a record has come: told to whoever asked for it by [`crate::Settings::progress`].

use std::io::{self, Write};
use std::sync::Arc;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Files go into a backup; counted in bytes.
    Copying,
    /// Files of a backup are hashed; counted in bytes.
    Hashing,
    /// Files of a backup are brought back and checked; counted in bytes.
    Restoring,
    /// The chain is read again; counted in versions.
    Verifying,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// What is being done.
    pub stage: Stage,
    /// So much of it is done.
    pub done: u64,
    /// So much there is.
    pub of: u64,
}

/// Whom to tell.
#[derive(Clone)]
pub(crate) struct Progress(Arc<dyn Fn(Reached) + Send + Sync>);

impl Progress {
    pub(crate) fn new(told: impl Fn(Reached) + Send + Sync + 'static) -> Self {
        Progress(Arc::new(told))
    }

    /// Nobody asked.
    pub(crate) fn silent() -> Self {
        Progress::new(|_| ())
    }

    /// Begins a stage.
    pub(crate) fn stage(&self, stage: Stage, of: u64) -> Stretch<'_> {
        let stretch = Stretch { progress: self, step: Reached { stage, done: 0, of } };
        stretch.tell();
        stretch
    }
}

/// A stage under way.
pub(crate) struct Stretch<'p> {
    progress: &'p Progress,
    step: Reached,
}

impl Stretch<'_> {
    /// So much more is done.
    pub(crate) fn on(&mut self, by: u64) {
        self.step.done = self.step.done.saturating_add(by);
        self.tell();
    }

    fn tell(&self) {
        (self.progress.0)(self.step);
    }
}

/// Bytes that go past count.
pub(crate) struct Counted<'s, 'p, W> {
    pub(crate) out: W,
    pub(crate) stretch: &'s mut Stretch<'p>,
}

impl<W: Write> Write for Counted<'_, '_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.stretch.on(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
