//! The writer's workers: threads that read batches and write segments, whichever waits first.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

/// Work for one thread with its state.
pub(crate) type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// A fixed number of threads.
pub(crate) struct Pool<S> {
    jobs: Sender<Job<S>>,
}

impl<S: 'static> Pool<S> {
    /// Starts the threads; each makes its own state.
    pub(crate) fn start(threads: usize, state: impl Fn() -> S + Clone + Send + 'static) -> io::Result<Self> {
        let (jobs, receiver) = mpsc::channel::<Job<S>>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads.max(1) {
            let (receiver, state) = (receiver.clone(), state.clone());
            std::thread::Builder::new().name("lake-work".into()).spawn(move || work(&receiver, state()))?;
        }
        Ok(Pool { jobs })
    }

    /// Hands over work; it is dropped if the threads have ended.
    pub(crate) fn give(&self, job: Job<S>) {
        let _ = self.jobs.send(job);
    }
}

fn work<S>(receiver: &Mutex<Receiver<Job<S>>>, mut state: S) {
    loop {
        let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut state),
            Err(_) => return,
        }
    }
}
