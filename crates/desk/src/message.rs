//! The outbox: written with the change that causes it, sent by a job, readable and resendable whether or not it left.

use hikeshi_access::{Action, Caller, permit, permit_everywhere};
use hikeshi_domain::entity::Entity;
use hikeshi_domain::message::{Delivery, Message};
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::settings::{MailServer, Settings};
use hikeshi_domain::{MessageId, OrganizationId};
use hikeshi_notify::mail::{self, Letter, SendError};
use hikeshi_record::{Change, Context, Job, Order, Page, Query, Stored};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, context};
use crate::error::{Error, Result};
use crate::everything::everything;
use crate::settings;

/// Queue of mails to send.
pub(crate) const MAIL_QUEUE: &str = "mail";
/// Attempts before a mail is given up: with doubling pauses, about a day.
const ATTEMPTS: u32 = 30;

/// Payload of a mail job.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct MailJob {
    pub(crate) message: MessageId,
}

/// Which messages.
#[derive(Debug, Clone, Default)]
pub struct MessageQuery {
    /// Of one organisation only.
    pub org: Option<OrganizationId>,
    /// In this state.
    pub state: Option<String>,
    /// After this place.
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// Lists messages, latest first.
///
/// # Errors
/// `NotFound` for an organisation that is not the caller's.
pub async fn list(desk: &Desk, caller: &Caller, query: MessageQuery) -> Result<Page<Stored<Message>>> {
    let permit = match query.org {
        Some(org) => permit(caller, Action::ReadMessages, org)?,
        None => permit_everywhere(caller, Action::ReadMessages)?,
    };
    let mut asked = Query::new().order("created_at", Order::Desc).after(query.cursor).limit(query.limit);
    if let Some(state) = query.state {
        asked = asked.eq("state", state);
    }
    Ok(desk.store.list(&context(&permit), asked).await?)
}

/// One message.
///
/// # Errors
/// `NotFound` where the caller does not see it.
pub async fn get(desk: &Desk, caller: &Caller, message: MessageId) -> Result<Stored<Message>> {
    Ok(desk.store.get(&context(&permit_everywhere(caller, Action::ReadMessages)?), message.0).await?)
}

/// Sends a message (again): a held or failed one that can leave now is queued.
///
/// # Errors
/// `Invalid` where it cannot leave: a drill sends nothing outside, and without a mail server nothing is sent.
pub async fn resend(desk: &Desk, caller: &Caller, message: MessageId) -> Result<Stored<Message>> {
    let stored = get(desk, caller, message).await?;
    let context = context(&permit(caller, Action::ResendMessages, stored.org)?);
    if let Some(reason) = obstacle(desk, &stored).await? {
        return Err(Error::new(crate::ErrorKind::Invalid, reason));
    }
    if !matches!(stored.delivery, Delivery::Queued) {
        desk.store.change(&context, queued("message.resend", &stored)).await?;
        desk.tell(Message::KIND, stored.id.0, Some(stored.org));
    }
    Ok(desk.store.get(&context, message.0).await?)
}

/// Where a fresh message stands: queued, or held with the reason.
pub(crate) async fn first_delivery(desk: &Desk, drill: bool) -> Result<Delivery> {
    let (settings, _) = settings::read(desk, &Context::system("outbox")).await?;
    Ok(match hindrance(&settings, drill) {
        Some(reason) => Delivery::Held { reason },
        None => Delivery::Queued,
    })
}

/// The change with the job that sends the message, if it may leave.
pub(crate) fn with_job(change: Change, message: &Message) -> Change {
    match message.delivery {
        Delivery::Queued => change.enqueue(Job::new(MAIL_QUEUE, &MailJob { message: message.id }).attempts(ATTEMPTS)),
        Delivery::Held { .. } | Delivery::Sent { .. } | Delivery::Failed { .. } => change,
    }
}

/// Messages that waited for a mail server leave once one is set; those of drills stay.
pub(crate) async fn release_held(desk: &Desk, settings: &Settings) -> Result<()> {
    let context = Context::system("outbox");
    let held = everything::<Message>(desk, &context, Query::new().eq("state", "held")).await?;
    for message in held.iter().filter(|message| hindrance(settings, message.drill).is_none()) {
        desk.store.change(&context, queued("message.release", message)).await?;
        desk.tell(Message::KIND, message.id.0, Some(message.org));
    }
    Ok(())
}

/// Sends one message of the queue.
///
/// # Errors
/// `Unavailable` where it makes sense to try again.
pub(crate) async fn send(desk: &Desk, job: MailJob, last_attempt: bool, attempt: u32) -> Result<()> {
    let context = Context::system("outbox");
    let stored = desk.store.get::<Message>(&context, job.message.0).await?;
    if !matches!(stored.delivery, Delivery::Queued) {
        return Ok(());
    }
    let (settings, _) = settings::read(desk, &context).await?;
    let mut moved = stored.entity.clone();
    let held = hindrance(&settings, stored.drill);
    let mut later = None;
    moved.delivery = match (held, settings.mail_server) {
        (Some(reason), _) => Delivery::Held { reason },
        (None, None) => Delivery::Held { reason: Phrase::new("message.no_mail_server") },
        (None, Some(server)) => {
            let failures = to_each(&server, &mut moved, desk.now()).await;
            if failures.iter().any(|failure| failure.error.is_temporary()) && !last_attempt {
                later = Some(told(&failures));
                Delivery::Queued
            } else if failures.is_empty() {
                Delivery::Sent { at: desk.now() }
            } else {
                Delivery::Failed { at: desk.now(), error: told(&failures), attempts: attempt }
            }
        }
    };
    if moved != stored.entity {
        desk.store.change(&context, Change::new("message.send", "").put(&moved, stored.expect())).await?;
        desk.tell(Message::KIND, stored.id.0, Some(stored.org));
    }
    match later {
        Some(told) => Err(Error::new(crate::ErrorKind::Unavailable, Phrase::new("error.mail_server")).caused_by(told)),
        None => Ok(()),
    }
}

/// An address that the mail did not reach, and why.
struct SendFailure {
    address: String,
    error: SendError,
}

/// Sends to each address by itself: one that the server refuses must not cost the others their mail.
async fn to_each(server: &MailServer, message: &mut Message, now: Timestamp) -> Vec<SendFailure> {
    let mut failures = Vec::new();
    for address in message.to.clone() {
        if message.taken_for.contains(&address) {
            continue;
        }
        let letter = Letter { to: std::slice::from_ref(&address), ..Letter::from(&*message) };
        let sent = mail::send(server, letter, now).await;
        match sent {
            Ok(()) => message.taken_for.push(address),
            Err(error) => failures.push(SendFailure { address, error }),
        }
    }
    failures
}

fn told(failures: &[SendFailure]) -> String {
    failures.iter().map(|failure| format!("{}: {}", failure.address, failure.error)).collect::<Vec<_>>().join("; ")
}

fn queued(action: &str, message: &Stored<Message>) -> Change {
    let moved = Message { delivery: Delivery::Queued, ..message.entity.clone() };
    with_job(Change::new(action, "").put(&moved, message.expect()), &moved)
}

async fn obstacle(desk: &Desk, message: &Message) -> Result<Option<Phrase>> {
    let (settings, _) = settings::read(desk, &Context::system("outbox")).await?;
    Ok(hindrance(&settings, message.drill))
}

/// What keeps mail from leaving.
fn hindrance(settings: &Settings, drill: bool) -> Option<Phrase> {
    if drill {
        Some(Phrase::new("message.drill"))
    } else if settings.mail_server.is_none() {
        Some(Phrase::new("message.no_mail_server"))
    } else {
        None
    }
}
