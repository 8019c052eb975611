//! The threads that queries run on: each query has its own, so that an expression that does not yield keeps no thread of the server and
//! none of another query, and with stacks that hold the deepest query that the limits let through.
//!
//! A thread cannot be stopped in the middle of an expression over a batch of rows. A query that has used up its time is therefore left
//! behind with its threads, which end with that batch; its place is free at once. So many may be left behind, no more.

use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Queries that run side by side; others wait, and waiting counts as their time.
const AT_ONCE: usize = 2;
/// Queries whose threads are there: those that run, and those that were left behind.
const WITH_THREADS: usize = 4;
/// Threads of a query: the parts of a plan run side by side.
const THREADS: usize = 2;
/// Address space; only what is used takes memory. A level of a query takes about ten kilobytes of it.
const STACK_BYTES: usize = 128 << 20;

/// Gives queries threads.
pub(crate) struct Engine {
    places: Arc<Semaphore>,
    threads: Arc<Semaphore>,
}

/// The threads of one query and its place among those that run; dropped, the place is free, and the threads end as soon as they can.
pub(crate) struct Lent {
    runtime: Option<Runtime>,
    _place: OwnedSemaphorePermit,
}

impl Engine {
    pub(crate) fn new() -> Engine {
        Engine { places: Arc::new(Semaphore::new(AT_ONCE)), threads: Arc::new(Semaphore::new(WITH_THREADS)) }
    }

    /// Waits for a place and for threads.
    ///
    /// # Errors
    /// When the system gives none.
    pub(crate) async fn lend(&self) -> io::Result<Lent> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        let counted = Arc::clone(&self.threads).acquire_owned().await.map_err(io::Error::other)?;
        let mut threads = Builder::new_multi_thread();
        threads.worker_threads(THREADS).thread_stack_size(STACK_BYTES).thread_name("hunt").enable_all();
        // The last thread drops what is to be done when one stops: until then they are counted.
        threads.on_thread_stop(move || {
            let _ = &counted;
        });
        Ok(Lent { runtime: Some(threads.build()?), _place: place })
    }
}

impl Lent {
    /// Where to run on them; `None` once they are closed.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.runtime.as_ref().map(Runtime::handle)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Whatever does not yield must hold up neither who asked nor whoever closes the lake.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::yield_now;

    use super::*;

    /// Two queries that did not yield held both threads and both places long after their time.
    #[tokio::test]
    async fn what_does_not_yield_is_left_behind_and_counted_until_it_ends() {
        let engine = Engine::new();
        let mut behind = Vec::new();
        for _ in 0..WITH_THREADS {
            let lent = engine.lend().await.unwrap();
            let (started, begins) = tokio::sync::oneshot::channel();
            let (end, ends) = mpsc::channel::<()>();
            drop(lent.handle().unwrap().spawn(async move {
                started.send(()).unwrap();
                // Blocks its thread, as an expression does.
                let _ = ends.recv();
            }));
            begins.await.unwrap();
            behind.push(end);
        }
        assert_eq!(engine.places.available_permits(), AT_ONCE, "nobody waits for them");
        assert_eq!(engine.threads.available_permits(), 0, "but there are no more of them");
        behind.clear();
        while engine.threads.available_permits() < WITH_THREADS {
            yield_now().await;
        }
        let lent = engine.lend().await.unwrap();
        assert_eq!(lent.handle().unwrap().spawn(async { 7 }).await.unwrap(), 7);
    }
}
