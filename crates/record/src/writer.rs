//! The one who writes: takes what callers submit, puts many changes into one transaction, each still atomic by a savepoint, and
//! answers only when the whole is on the disk.
//!
//! Invariant: nobody is told "done" before the commit that holds their change has returned. After a failed commit the connection is
//! thrown away; nothing is written until a fresh one has shown what the database really holds.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot, watch};

use crate::backend::{Backend, Fault, Purpose, Session, Tenants, values};
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::transaction::{Head, Transaction};

/// Most changes of one commit.
const BATCH: usize = 256;
/// How often a batch is tried again when other transactions were in its way.
const TRIES: u32 = 10;
/// How long to wait before that.
const RETRY_AFTER: Duration = Duration::from_millis(5);
/// How often writing is tried while it does not work.
const PROBE_AFTER: Duration = Duration::from_secs(1);
/// How long a tail of versions may stay unsigned.
const SIGN_AFTER: Duration = Duration::from_secs(60);

/// Tells what time it is.
pub(crate) type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// Something to be done inside a transaction. May be run again after a rollback.
#[async_trait]
pub(crate) trait Work: Send + 'static {
    type Output: Send + 'static;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output>;
}

/// A submitted work, whatever its output.
#[async_trait]
pub(crate) trait Submitted: Send {
    async fn attempt(&mut self, transaction: &mut Transaction<'_>) -> Result<()>;
    fn settle(self: Box<Self>, outcome: Result<()>);
}

struct Submission<W: Work> {
    work: W,
    output: Option<W::Output>,
    reply: oneshot::Sender<Result<W::Output>>,
}

#[async_trait]
impl<W: Work> Submitted for Submission<W> {
    async fn attempt(&mut self, transaction: &mut Transaction<'_>) -> Result<()> {
        self.output = Some(self.work.run(transaction).await?);
        Ok(())
    }

    fn settle(self: Box<Self>, outcome: Result<()>) {
        let lost = || Error::Internal("a change was settled without having been tried".to_owned());
        let Submission { output, reply, .. } = *self;
        let answer = outcome.and_then(|()| output.ok_or_else(lost));
        // Nobody may wait any more: the change stands all the same.
        let _ = reply.send(answer);
    }
}

/// Where changes are handed in.
#[derive(Clone)]
pub(crate) struct Desk {
    queue: mpsc::Sender<Box<dyn Submitted>>,
    pub(crate) standing: watch::Receiver<Standing>,
}

/// How the writer stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// Last committed place in the record.
    pub(crate) seq: u64,
    /// Why nothing can be written now.
    pub(crate) fault: Option<String>,
    /// The writer has ended.
    pub(crate) ended: bool,
}

impl Desk {
    /// Hands in a work and waits until it is durable.
    pub(crate) async fn submit<W: Work>(&self, work: W) -> Result<W::Output> {
        let closed = || Error::Unavailable("the record is closed".to_owned());
        let (reply, answer) = oneshot::channel();
        let submission = Submission { work, output: None, reply };
        self.queue.send(Box::new(submission)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

/// Starts the writer where the backend wants it.
pub(crate) fn start(backend: &Arc<dyn Backend>, keyring: Arc<Keyring>, clock: Clock, signs: bool, seq: u64) -> Result<Desk> {
    let (queue, submissions) = mpsc::channel(BATCH * 4);
    let (standing_in, standing) = watch::channel(Standing { seq, ..Standing::default() });
    let writer = Writer { backend: Arc::clone(backend), keyring, clock, signs, session: None, standing: standing_in };
    backend.host(Box::pin(writer.run(submissions)))?;
    Ok(Desk { queue, standing })
}

struct Writer {
    backend: Arc<dyn Backend>,
    keyring: Arc<Keyring>,
    clock: Clock,
    /// Whether a tail of versions is signed when nothing else is to be done.
    signs: bool,
    session: Option<Box<dyn Session>>,
    standing: watch::Sender<Standing>,
}

type Batch = Vec<Box<dyn Submitted>>;
type Results = Vec<Result<()>>;

/// A transaction that did not come to its end.
enum Broken {
    /// Before the commit: nothing is kept.
    Before(Fault),
    /// At the commit: only the database knows. Where the record stands if it was kept, and whether that can be told from before.
    AtCommit { fault: Fault, head: Box<Head>, results: Results, telling: bool },
}

impl Writer {
    async fn run(mut self, mut submissions: mpsc::Receiver<Box<dyn Submitted>>) {
        let mut unsigned = self.signs;
        loop {
            let faulted = self.standing.borrow().fault.is_some();
            let patience = if faulted { PROBE_AFTER } else { SIGN_AFTER };
            let next = match tokio::time::timeout(patience, submissions.recv()).await {
                Ok(None) => break,
                Ok(Some(first)) => Some(first),
                Err(_) if unsigned || faulted => None,
                Err(_) => continue,
            };
            let mut batch: Batch = next.into_iter().collect();
            while batch.len() < BATCH
                && let Ok(more) = submissions.try_recv()
            {
                batch.push(more);
            }
            unsigned = self.signs && !batch.is_empty();
            self.write(batch).await;
        }
        if self.signs {
            self.write(Vec::new()).await;
        }
        self.standing.send_modify(|standing| standing.ended = true);
    }

    /// Writes a batch; an empty one signs what stands unsigned and shows whether writing works. What does not fit on the disk
    /// together is tried one by one.
    async fn write(&mut self, batch: Batch) {
        let Some((batch, fault)) = self.try_batch(batch).await else { return };
        if matches!(fault, Fault::Full(_)) && batch.len() > 1 {
            for single in batch {
                if let Some((left, fault)) = self.try_batch(vec![single]).await {
                    settle_all(left, &fault);
                }
            }
        } else {
            settle_all(batch, &fault);
        }
    }

    /// Tries until the batch is settled, or gives it back with the reason.
    async fn try_batch(&mut self, mut batch: Batch) -> Option<(Batch, Fault)> {
        for _ in 0..TRIES {
            let broken = match self.transact(&mut batch).await {
                Ok((results, seq, enqueued)) => {
                    self.settled(batch, results, seq, enqueued);
                    return None;
                }
                Err(broken) => broken,
            };
            self.keyring.forget_uncommitted();
            match broken {
                Broken::Before(Fault::Again(_)) => tokio::time::sleep(RETRY_AFTER).await,
                Broken::Before(fault) => {
                    self.alarm(&fault);
                    return Some((batch, fault));
                }
                Broken::AtCommit { fault, head, results, telling } => {
                    self.alarm(&fault);
                    if telling && arrived(&self.backend, &head).await {
                        self.settled(batch, results, head.seq, true);
                        return None;
                    }
                    return Some((batch, fault));
                }
            }
        }
        Some((batch, Fault::Again("other changes were in the way; try again".to_owned())))
    }

    /// Whoever waits for commits is woken by a change of the record or a new job, not by the end of an old one.
    fn settled(&self, batch: Batch, results: Results, seq: u64, enqueued: bool) {
        self.standing.send_if_modified(|standing| {
            let news = enqueued || standing.seq != seq || standing.fault.is_some();
            (standing.seq, standing.fault) = (seq, None);
            news
        });
        batch.into_iter().zip(results).for_each(|(item, result)| item.settle(result));
    }

    fn alarm(&self, fault: &Fault) {
        let (Fault::Full(why) | Fault::Lost(why) | Fault::Again(why) | Fault::Wrong(why)) = fault;
        // Every change is tried: the same reason is told once.
        if self.standing.borrow().fault.as_ref() != Some(why) {
            tracing::error!(why, "the record cannot be written");
        }
        self.standing.send_modify(|standing| standing.fault = Some(why.clone()));
    }

    /// One transaction: every item under its own savepoint; the results, where the record stands after it, and whether a job was enqueued.
    async fn transact(&mut self, batch: &mut Batch) -> Result<(Results, u64, bool), Broken> {
        let mut session = self.begun().await.map_err(Broken::Before)?;
        let before = Head::lock(session.as_mut()).await.map_err(Broken::Before)?;
        let seq_before = before.seq;
        let mut transaction = Transaction::new(session.as_mut(), before, &self.keyring, (self.clock)());
        let mut results = Vec::with_capacity(batch.len());
        for item in batch.iter_mut() {
            results.push(transaction.apart(item.as_mut()).await.map_err(Broken::Before)?);
        }
        let enqueued = transaction.enqueued;
        let head = transaction.close(batch.is_empty()).await.map_err(Broken::Before)?;
        match session.commit().await {
            Ok(()) => {
                self.session = Some(session);
                Ok((results, head.seq, enqueued))
            }
            Err(fault @ Fault::Again(_)) => Err(Broken::Before(fault)),
            Err(fault) => {
                let telling = head.seq > seq_before;
                Err(Broken::AtCommit { fault, head: Box::new(head), results, telling })
            }
        }
    }

    /// A connection inside a transaction: the old one, or a fresh one if that has gone away meanwhile.
    async fn begun(&mut self) -> Result<Box<dyn Session>, Fault> {
        if let Some(mut session) = self.session.take()
            && session.begin(Purpose::Write, &Tenants::All).await.is_ok()
        {
            return Ok(session);
        }
        let mut session = self.backend.writer().await?;
        session.begin(Purpose::Write, &Tenants::All).await?;
        Ok(session)
    }
}

fn settle_all(batch: Batch, fault: &Fault) {
    batch.into_iter().for_each(|item| item.settle(Err(Error::from(fault.clone()))));
}

/// Whether a commit whose answer was lost is in the database after all, seen through a fresh connection.
async fn arrived(backend: &Arc<dyn Backend>, head: &Head) -> bool {
    let look = async || {
        let mut session = backend.writer().await?;
        session.begin(Purpose::Read, &Tenants::All).await?;
        let rows = session.query("SELECT hash FROM version WHERE seq = $1", values![head.seq as i64]).await?;
        session.commit().await?;
        rows.first().map(|row| row.hash(0)).transpose()
    };
    look().await == Ok(Some(head.hash))
}
