//! Choices of the installation: the mail server and the public address.

use hikeshi_access::{Action, Caller, permit_installation};
use hikeshi_domain::MessageId;
use hikeshi_domain::entity::Entity;
use hikeshi_domain::phrase::Phrase;
use hikeshi_domain::phrases::render;
use hikeshi_domain::settings::{MailServer, Settings};
use hikeshi_notify::mail::{self, Letter};
use hikeshi_record::{Change, Context, Expect, Store};
use uuid::Uuid;

use crate::desk::{Desk, context};
use crate::error::{Error, Result};

/// The settings with their version; 0 before anybody chose anything.
///
/// # Errors
/// `Forbidden` where the caller does not run the installation.
pub async fn get(desk: &Desk, caller: &Caller) -> Result<(Settings, u64)> {
    read(desk, &context(&permit_installation(caller, Action::EditInstallation)?)).await
}

/// Sets the mail server (`None`: mail is held) and the address under which people reach the console.
///
/// # Errors
/// `Invalid` where a value cannot be, `Conflict` where the settings have changed since `version`.
pub async fn change(
    desk: &Desk,
    caller: &Caller,
    mail_server: Option<MailServer>,
    public_url: Option<String>,
    version: u64,
) -> Result<(Settings, u64)> {
    let context = context(&permit_installation(caller, Action::EditInstallation)?);
    let (standing, _) = read(desk, &context).await?;
    let mail_server = mail_server.map(|server| checked(server, &standing)).transpose()?;
    let public_url = public_url.map(|url| url.trim().trim_end_matches('/').to_owned()).filter(|url| !url.is_empty());
    if let Some(url) = &public_url
        && !hikeshi_document::notice::may_carry(url)
    {
        return Err(Error::invalid("error.public_url"));
    }
    let expect = if version == 0 { Expect::New } else { Expect::Version(version) };
    let settings = Settings { mail_server, public_url };
    desk.store.change(&context, Change::new("settings.change", "").put(&settings, expect)).await?;
    desk.tell(Settings::KIND, Settings::ID, None);
    crate::message::release_held(desk, &settings).await?;
    read(desk, &context).await
}

/// Sends a mail to the caller by the mail server that is set, and tells the address.
///
/// # Errors
/// `Invalid` where no server is set, or with what the server said where it did not take the mail.
pub async fn send_test_mail(desk: &Desk, caller: &Caller) -> Result<String> {
    permit_installation(caller, Action::EditInstallation)?;
    let person = crate::person::me(desk, caller).await?;
    let (settings, _) = read(desk, &Context::system("test mail")).await?;
    let server = settings.mail_server.ok_or_else(|| Error::invalid("message.no_mail_server"))?;
    let text = |key| render(&Phrase::new(key), person.language);
    let (subject, body) = (text("mail.test.subject"), text("mail.test.body"));
    let letter = Letter { id: MessageId(Uuid::now_v7()), to: std::slice::from_ref(&person.email), subject: &subject, body: &body };
    match mail::send(&server, letter, desk.now()).await {
        Ok(()) => Ok(person.email.clone()),
        Err(error) => Err(Error::invalid("error.test_mail").with("detail", error.to_string())),
    }
}

/// The address under which people reach the console, where one is set. For whoever holds the desk's data.
///
/// # Errors
/// When the record cannot be read.
pub async fn public_url(store: &Store) -> Result<Option<String>> {
    Ok(stored(store, &Context::system("sign-in link")).await?.0.public_url)
}

/// The settings as the desk's jobs read them.
pub(crate) async fn read(desk: &Desk, context: &Context) -> Result<(Settings, u64)> {
    stored(&desk.store, context).await
}

async fn stored(store: &Store, context: &Context) -> Result<(Settings, u64)> {
    match store.get::<Settings>(context, Settings::ID).await {
        Ok(stored) => Ok((stored.entity.clone(), stored.version)),
        Err(hikeshi_record::Error::NotFound { .. }) => Ok((Settings::default(), 0)),
        Err(error) => Err(error.into()),
    }
}

/// A password that was not sent again is the one that stands, for the same user on the same server only.
fn checked(mut server: MailServer, standing: &Settings) -> Result<MailServer> {
    server.host = server.host.trim().to_owned();
    if server.host.is_empty() || server.host.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(Error::invalid("error.mail_host"));
    }
    if !server.from.contains('@') {
        return Err(Error::invalid("error.email").with("value", server.from));
    }
    if server.password.is_none()
        && let Some(known) = &standing.mail_server
        && known.host == server.host
        && known.user == server.user
    {
        server.password.clone_from(&known.password);
    }
    Ok(server)
}
