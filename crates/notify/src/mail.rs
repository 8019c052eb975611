//! Mail by SMTP: one message, one attempt, and an answer that says whether trying again makes sense.

use std::time::{Duration, SystemTime};

use hikeshi_domain::MessageId;
use hikeshi_domain::causes::causes;
use hikeshi_domain::message::Message;
use hikeshi_domain::settings::{MailSecurity, MailServer};
use jiff::Timestamp;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

/// How long connecting, and each answer of the server, may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// An address cannot be written into a mail.
    #[error("`{address}` is no mail address")]
    Address {
        /// The address.
        address: String,
    },
    /// The mail could not be composed.
    #[error("the mail cannot be composed: {reason}")]
    Compose {
        /// What the composer said.
        reason: String,
    },
    /// The server cannot be reached, or its proof (TLS, password) does not hold, or it says "later". Trying again makes sense.
    #[error("the mail server did not take it: {reason}")]
    Temporary {
        /// What happened.
        reason: String,
    },
    /// The server refused for good.
    #[error("the mail server refused it: {reason}")]
    Permanent {
        /// What the server said.
        reason: String,
    },
}

impl SendError {
    /// Whether the same mail may be taken later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, SendError::Temporary { .. })
    }
}

/// What a mail says, to whom.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The Message-ID is made from it.
    pub id: MessageId,
    /// Addresses.
    pub to: &'a [String],
    /// Subject.
    pub subject: &'a str,
    /// Plain text.
    pub body: &'a str,
}

impl<'a> From<&'a Message> for Letter<'a> {
    fn from(message: &'a Message) -> Self {
        Letter { id: message.id, to: &message.to, subject: &message.subject, body: &message.body }
    }
}

/// Sends one mail to all its addresses in one transaction. The Message-ID is made from the message's id, so that a repeated sending is one
/// mail to whoever receives it.
///
/// # Errors
/// [`SendError`]; its kind says whether to try again.
pub async fn send(server: &MailServer, letter: impl Into<Letter<'_>>, now: Timestamp) -> Result<(), SendError> {
    let mail = compose(server, letter.into(), now)?;
    let transport = transport(server)?;
    match transport.send(mail).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_permanent() => Err(SendError::Permanent { reason: causes(&error) }),
        Err(error) => Err(SendError::Temporary { reason: causes(&error) }),
    }
}

fn transport(server: &MailServer) -> Result<AsyncSmtpTransport<Tokio1Executor>, SendError> {
    let tls = || TlsParameters::new(server.host.clone()).map_err(|error| SendError::Temporary { reason: causes(&error) });
    let protection = match server.security {
        MailSecurity::Tls => Tls::Wrapper(tls()?),
        MailSecurity::Starttls => Tls::Required(tls()?),
        MailSecurity::Plain => Tls::None,
    };
    let mut builder =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host).port(server.port).tls(protection).timeout(Some(PATIENCE));
    if let (Some(user), Some(password)) = (&server.user, &server.password) {
        builder = builder.credentials(Credentials::new(user.clone(), password.0.clone()));
    }
    Ok(builder.build())
}

fn compose(server: &MailServer, letter: Letter<'_>, now: Timestamp) -> Result<lettre::Message, SendError> {
    let from = address(&server.from)?;
    let id = format!("<{}@{}>", letter.id, from.domain());
    let mut builder: MessageBuilder = lettre::Message::builder()
        .message_id(Some(id))
        .date(SystemTime::from(now))
        .subject(one_line(letter.subject))
        .from(Mailbox::new(None, from));
    for to in letter.to {
        builder = builder.to(Mailbox::new(None, address(to)?));
    }
    let composed = builder.header(ContentType::TEXT_PLAIN).body(letter.body.to_owned());
    composed.map_err(|error| SendError::Compose { reason: error.to_string() })
}

fn address(text: &str) -> Result<Address, SendError> {
    text.trim().parse().map_err(|_| SendError::Address { address: text.to_owned() })
}

/// A header is one line: what would end it becomes a space.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
