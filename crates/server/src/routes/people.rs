//! People: who may enter and do what, invitations, and whom work can be given to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hikeshi_desk::person::{self, Invitation, Invited, Mailed, Member};
use hikeshi_desk::{Names, names};
use hikeshi_domain::phrase::Language;
use hikeshi_domain::role::Role;
use hikeshi_domain::{OrganizationId, PersonId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::{ErrorBody, Failure};
use crate::extract::{Body, Path, SignedIn};
use crate::router::App;
use crate::views::person::Named;
use crate::views::word;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(colleagues))
        .routes(routes!(list, invite))
        .routes(routes!(set_role))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(reset_second_factor))
        .routes(routes!(fresh_link))
}

#[derive(Serialize, ToSchema)]
struct ColleagueList {
    items: Vec<Named>,
}

#[derive(Serialize, ToSchema)]
struct PersonList {
    items: Vec<PersonRow>,
}

#[derive(Serialize, ToSchema)]
struct PersonRow {
    id: Uuid,
    /// What `expected_version` takes.
    version: u64,
    name: String,
    email: String,
    #[schema(value_type = word::Language)]
    language: Language,
    /// `invited` until the person has set a password, then `active`; `disabled` where they may not sign in.
    #[schema(value_type = word::PersonState)]
    state: &'static str,
    /// What they may do where, as far as the caller may know of it.
    roles: Vec<RoleRow>,
    /// Whether a code is asked for beside the password.
    has_second_factor: bool,
    /// The caller may end the person's leave altogether and hand out links.
    whole: bool,
    /// It is the caller.
    oneself: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
struct RoleRow {
    #[schema(value_type = word::Role)]
    role: Role,
    /// Null: everywhere.
    org: Option<Uuid>,
    org_name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    name: String,
    email: String,
    #[schema(value_type = word::Language)]
    language: Language,
    /// `operator`, `incident_lead`, `analyst`, `reader`.
    #[schema(value_type = word::Role)]
    role: Role,
    /// Null: everywhere.
    org: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct InvitedPerson {
    item: PersonRow,
    /// The address with which the person sets a password, readable this once.
    link: String,
    /// How long it holds.
    lifetime_seconds: i64,
    /// `sent`, `no_server` (hand the link over), `failed`.
    #[schema(value_type = word::Mailed)]
    mailed: &'static str,
    /// What the mail server said, where it did not take the mail.
    mail_error: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleChange {
    /// Null: everywhere.
    org: Option<Uuid>,
    /// Null: the role that the person holds there is taken away.
    #[schema(value_type = Option<word::Role>)]
    role: Option<Role>,
    expected_version: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Disabling {
    reason: String,
}

/// Whom work can be given to.
#[utoipa::path(get, path = "/colleagues", tag = "people", responses((status = 200, body = ColleagueList)))]
async fn colleagues(State(app): State<App>, signed_in: SignedIn) -> Result<Json<ColleagueList>, Failure> {
    let people = person::colleagues(&app.desk, &signed_in.caller).await?;
    Ok(Json(ColleagueList { items: people.into_iter().map(|person| Named { id: person.id.0, name: person.name }).collect() }))
}

/// The people of the organisations that the caller runs.
#[utoipa::path(get, path = "/people", tag = "people", responses((status = 200, body = PersonList), (status = 403, body = ErrorBody)))]
async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Json<PersonList>, Failure> {
    let members = person::list(&app.desk, &signed_in.caller).await?;
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok(Json(PersonList { items: members.iter().map(|member| row(member, &signed_in, &names)).collect() }))
}

/// Invites a person. The link is shown once, and mailed where a mail server is set.
#[utoipa::path(post, path = "/people", tag = "people", request_body = NewPerson,
    responses((status = 201, body = InvitedPerson), (status = 422, body = ErrorBody)))]
async fn invite(State(app): State<App>, signed_in: SignedIn, Body(body): Body<NewPerson>) -> Result<Response, Failure> {
    let NewPerson { name, email, language, role, org } = body;
    let invitation = Invitation { name, email, language, role, org: org.map(OrganizationId) };
    let invited = person::invite(&app.desk, &signed_in.caller, invitation).await?;
    Ok((StatusCode::CREATED, handed_out(&app, &signed_in, invited).await?).into_response())
}

/// Makes a fresh link with which the person sets a password. Earlier ones end.
#[utoipa::path(post, path = "/people/{id}/link", tag = "people", params(("id" = Uuid, Path)),
    responses((status = 200, body = InvitedPerson), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn fresh_link(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<InvitedPerson>, Failure> {
    let invited = person::fresh_link(&app.desk, &signed_in.caller, PersonId(id)).await?;
    handed_out(&app, &signed_in, invited).await
}

/// Gives a role in one organisation (or everywhere) in place of the one held there, or takes it away.
#[utoipa::path(put, path = "/people/{id}/role", tag = "people", params(("id" = Uuid, Path)), request_body = RoleChange,
    responses((status = 200, body = PersonRow), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn set_role(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<RoleChange>,
) -> Result<Json<PersonRow>, Failure> {
    let org = body.org.map(OrganizationId);
    let member = person::set_role(&app.desk, &signed_in.caller, PersonId(id), org, body.role, body.expected_version).await?;
    changed(&app, &signed_in, member).await
}

/// Lets nobody in under this name any more: sessions and links end at once.
#[utoipa::path(post, path = "/people/{id}/disable", tag = "people", params(("id" = Uuid, Path)), request_body = Disabling,
    responses((status = 200, body = PersonRow), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn disable(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Disabling>,
) -> Result<Json<PersonRow>, Failure> {
    let member = person::disable(&app.desk, &signed_in.caller, PersonId(id), &body.reason).await?;
    changed(&app, &signed_in, member).await
}

/// Lets a person in again.
#[utoipa::path(post, path = "/people/{id}/enable", tag = "people", params(("id" = Uuid, Path)),
    responses((status = 200, body = PersonRow), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
async fn enable(State(app): State<App>, signed_in: SignedIn, Path(id): Path<Uuid>) -> Result<Json<PersonRow>, Failure> {
    let member = person::enable(&app.desk, &signed_in.caller, PersonId(id)).await?;
    changed(&app, &signed_in, member).await
}

/// Takes the second factor of somebody away who has lost it; all their sessions end.
#[utoipa::path(post, path = "/people/{id}/second-factor/reset", tag = "people", params(("id" = Uuid, Path)), request_body = Disabling,
    responses((status = 200, body = PersonRow), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 422, body = ErrorBody)))]
async fn reset_second_factor(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Body(body): Body<Disabling>,
) -> Result<Json<PersonRow>, Failure> {
    let member = person::reset_second_factor(&app.desk, &signed_in.caller, PersonId(id), &body.reason).await?;
    changed(&app, &signed_in, member).await
}

async fn changed(app: &App, signed_in: &SignedIn, member: Member) -> Result<Json<PersonRow>, Failure> {
    let names = names(&app.desk, &signed_in.caller).await?;
    Ok(Json(row(&member, signed_in, &names)))
}

async fn handed_out(app: &App, signed_in: &SignedIn, invited: Invited) -> Result<Json<InvitedPerson>, Failure> {
    let names = names(&app.desk, &signed_in.caller).await?;
    let (mailed, mail_error) = match invited.mailed {
        Mailed::Sent => ("sent", None),
        Mailed::NoServer => ("no_server", None),
        Mailed::Failed(error) => ("failed", Some(error)),
    };
    let item = row(&invited.member, signed_in, &names);
    Ok(Json(InvitedPerson { item, link: invited.link, lifetime_seconds: invited.lifetime.as_secs(), mailed, mail_error }))
}

fn row(member: &Member, signed_in: &SignedIn, names: &Names) -> PersonRow {
    let person = &member.person;
    let role = |grant: &hikeshi_domain::role::Grant| RoleRow {
        role: grant.role,
        org: grant.org.map(|org| org.0),
        org_name: grant.org.map(|org| names.organization(org).to_owned()),
    };
    PersonRow {
        id: person.id.0,
        version: person.version,
        name: person.name.clone(),
        email: person.email.clone(),
        language: person.language,
        state: match (person.disabled_at, &person.password) {
            (Some(_), _) => "disabled",
            (None, Some(_)) => "active",
            (None, None) => "invited",
        },
        roles: member.grants.iter().map(role).collect(),
        has_second_factor: person.second_factor.is_some(),
        whole: member.whole,
        oneself: person.id == signed_in.person.id,
        created_at: person.created_at,
        disabled_at: person.disabled_at,
    }
}
