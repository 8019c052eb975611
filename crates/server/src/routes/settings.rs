//! Choices of the installation: the mail server, the public address.

use axum::Json;
use axum::extract::State;
use hikeshi_desk::{Error, settings};
use hikeshi_domain::settings::{MailSecurity, MailServer, Secret, Settings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, SignedIn};
use crate::router::App;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get, change)).routes(routes!(send_test_mail))
}

#[derive(Serialize, ToSchema)]
struct SettingsView {
    /// What `expected_version` takes; 0 before anybody chose anything.
    version: u64,
    mail_server: Option<MailServerView>,
    public_url: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MailServerView {
    host: String,
    port: u16,
    /// `tls`, `starttls`, `plain`.
    #[schema(value_type = word::MailSecurity)]
    security: MailSecurity,
    user: Option<String>,
    /// The password itself is never shown.
    has_password: bool,
    from: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsChange {
    /// Absent or null: mail is held.
    mail_server: Option<MailServerChange>,
    public_url: Option<String>,
    expected_version: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailServerChange {
    host: String,
    port: u16,
    /// `tls`, `starttls`, `plain`.
    #[schema(value_type = word::MailSecurity)]
    security: String,
    user: Option<String>,
    /// Absent: the one that stands, for the same host and user.
    password: Option<String>,
    from: String,
}

#[derive(Serialize, ToSchema)]
struct TestMail {
    /// The caller's address: the mail server took a mail for it.
    accepted_for: String,
}

/// Sends a mail to the caller by the mail server that is set. What the server said is in the error.
#[utoipa::path(post, path = "/settings/mail/test", tag = "settings",
    responses((status = 200, body = TestMail), (status = 403, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn send_test_mail(State(app): State<App>, signed_in: SignedIn) -> Result<Json<TestMail>, Failure> {
    Ok(Json(TestMail { accepted_for: settings::send_test_mail(&app.desk, &signed_in.caller).await? }))
}

/// The settings.
#[utoipa::path(get, path = "/settings/mail", tag = "settings", responses((status = 200, body = SettingsView), (status = 403, body = ErrorBody)))]
async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Json<SettingsView>, Failure> {
    let (settings, version) = settings::get(&app.desk, &signed_in.caller).await?;
    Ok(Json(view(settings, version)))
}

/// Changes the settings. Mail that was held for want of a server leaves once one is set.
#[utoipa::path(put, path = "/settings/mail", tag = "settings", request_body = SettingsChange,
    responses((status = 200, body = SettingsView), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn change(State(app): State<App>, signed_in: SignedIn, Body(body): Body<SettingsChange>) -> Result<Json<SettingsView>, Failure> {
    let server = body.mail_server.map(mail_server).transpose()?;
    let (settings, version) = settings::change(&app.desk, &signed_in.caller, server, body.public_url, body.expected_version).await?;
    Ok(Json(view(settings, version)))
}

fn mail_server(change: MailServerChange) -> Result<MailServer, Error> {
    let security = match change.security.as_str() {
        "tls" => MailSecurity::Tls,
        "starttls" => MailSecurity::Starttls,
        "plain" => MailSecurity::Plain,
        _ => return Err(Error::invalid("error.body").with("detail", "security: tls, starttls, plain")),
    };
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(MailServer {
        host: change.host,
        port: change.port,
        security,
        user: given(change.user),
        password: given(change.password).map(Secret),
        from: change.from,
    })
}

fn view(settings: Settings, version: u64) -> SettingsView {
    let server = settings.mail_server.map(|server| MailServerView {
        host: server.host,
        port: server.port,
        security: server.security,
        user: server.user,
        has_password: server.password.is_some(),
        from: server.from,
    });
    SettingsView { version, mail_server: server, public_url: settings.public_url }
}
