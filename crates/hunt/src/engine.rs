//! The threads that queries run on: their own, so that an expression that does not yield keeps no thread of the server, and with stacks
//! that hold the deepest query that the limits let through.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// One for each query that runs at once: each may be at work in one place at least.
const THREADS: usize = 2;
/// Address space; only what is used takes memory. A level of a query takes about ten kilobytes of it.
const STACK_BYTES: usize = 128 << 20;

/// Threads for queries.
pub(crate) struct Engine(Option<Runtime>);

impl Engine {
    pub(crate) fn start() -> io::Result<Engine> {
        let mut threads = Builder::new_multi_thread();
        threads.worker_threads(THREADS).thread_stack_size(STACK_BYTES).thread_name("hunt").enable_all();
        Ok(Engine(Some(threads.build()?)))
    }

    /// Where to run on them; `None` once they are closed.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.0.as_ref().map(Runtime::handle)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Whatever does not yield must not hold up whoever closes the lake.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
