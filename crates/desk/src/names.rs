//! Names for ids: what a list shows of the organisations, people, cases and endpoints that its rows point at.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use hikeshi_access::{Action, Caller, permit_everywhere};
use hikeshi_domain::alert::ProductAlert;
use hikeshi_domain::api_key::ApiKey;
use hikeshi_domain::case::Case;
use hikeshi_domain::endpoint::Endpoint;
use hikeshi_domain::organization::Organization;
use hikeshi_domain::person::Person;
use hikeshi_domain::phrase::Language;
use hikeshi_domain::{ApiKeyId, CaseId, OrganizationId, PersonId};
use hikeshi_record::PAGE_LIMIT;
use hikeshi_record::{Context, Query, Stored};

use crate::desk::{Desk, context};
use crate::error::Result;
use crate::everything::everything;
use crate::telemetry::JapaneseTitles;
use crate::triage::OWN_PRODUCT;

/// Organisations that the caller may see, and the people of the installation, by id.
#[derive(Debug, Default)]
pub struct Names {
    /// Organisations.
    pub organizations: HashMap<OrganizationId, Organization>,
    /// People's names.
    pub people: HashMap<PersonId, String>,
    /// Names of the keys of those organisations.
    pub keys: HashMap<ApiKeyId, String>,
    japanese: Arc<JapaneseTitles>,
}

impl Names {
    /// The organisation's name, empty if it is not the caller's to see.
    pub fn organization(&self, org: OrganizationId) -> &str {
        self.organizations.get(&org).map_or("", |organization| organization.name.as_str())
    }

    /// The person's name; the id where the person is not known.
    pub fn person(&self, person: PersonId) -> String {
        self.people.get(&person).cloned().unwrap_or_else(|| person.to_string())
    }

    /// What an alert is called: the product's name of the threat. One that the desk raised itself is named for its rule, in the reader's
    /// language where the rule's author wrote it in it.
    pub fn alert<'a>(&'a self, raised: &'a ProductAlert, language: Language) -> &'a str {
        let japanese = (language == Language::Ja).then(|| japanese_name(&self.japanese, raised)).flatten();
        japanese.unwrap_or(&raised.name)
    }

    /// The key's name; the id where the key is not known.
    pub fn key(&self, key: ApiKeyId) -> String {
        self.keys.get(&key).cloned().unwrap_or_else(|| key.to_string())
    }
}

/// The Japanese name of an alert that the desk raised by a rule whose author wrote one.
pub(crate) fn japanese_name<'t>(titles: &'t JapaneseTitles, raised: &ProductAlert) -> Option<&'t str> {
    (raised.product == OWN_PRODUCT).then(|| titles.get(&raised.name)).flatten().map(String::as_str)
}

/// Reference and title of a case.
#[derive(Debug, Clone)]
pub struct CaseTitle {
    en: String,
    ja: String,
}

impl CaseTitle {
    fn of(case: &Case) -> Self {
        let [en, ja] = [Language::En, Language::Ja].map(|language| format!("{} {}", case.reference, case.titled(language)));
        CaseTitle { en, ja }
    }

    /// In a language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ja => &self.ja,
        }
    }
}

/// The names that the caller's lists need.
///
/// # Errors
/// When the record cannot be read.
pub async fn names(desk: &Desk, caller: &Caller) -> Result<Names> {
    let organizations: HashMap<_, _> =
        organizations(desk, caller).await?.into_iter().map(|organization| (organization.id, organization.entity)).collect();
    // Names of colleagues are shown beside what they did; nothing else of them is.
    let people = desk.store.list::<Person>(&Context::system("names"), Query::new().limit(PAGE_LIMIT)).await?;
    let people = people.items.into_iter().map(|person| (person.id, person.name.clone())).collect();
    let keys = desk.store.list::<ApiKey>(&Context::system("names"), Query::new().limit(PAGE_LIMIT)).await?;
    let keys = keys.items.into_iter().filter(|key| organizations.contains_key(&key.org)).map(|key| (key.id, key.name.clone())).collect();
    Ok(Names { organizations, people, keys, japanese: desk.telemetry.japanese.clone() })
}

/// The organisations in which the caller may read.
///
/// # Errors
/// `Forbidden` where there is none.
pub async fn organizations(desk: &Desk, caller: &Caller) -> Result<Vec<Stored<Organization>>> {
    let permit = permit_everywhere(caller, Action::ReadOrganization)?;
    Ok(desk
        .store
        .list::<Organization>(&context(&permit), Query::new().order("name", hikeshi_record::Order::Asc).limit(PAGE_LIMIT))
        .await?
        .items)
}

/// Titles of cases by id; a case that the context does not see is left out.
pub(crate) async fn case_titles(
    desk: &Desk,
    context: &Context,
    cases: impl IntoIterator<Item = CaseId>,
) -> Result<HashMap<CaseId, CaseTitle>> {
    let mut titles = HashMap::new();
    for case in cases.into_iter().collect::<BTreeSet<_>>() {
        match desk.store.get::<Case>(context, case.0).await {
            Ok(stored) => drop(titles.insert(case, CaseTitle::of(&stored))),
            Err(hikeshi_record::Error::NotFound { .. } | hikeshi_record::Error::Erased { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(titles)
}

/// Endpoints by organisation and lower-case host.
pub(crate) async fn endpoints(
    desk: &Desk,
    context: &Context,
    hosts: impl IntoIterator<Item = String>,
) -> Result<HashMap<(OrganizationId, String), Stored<Endpoint>>> {
    let hosts: BTreeSet<String> = hosts.into_iter().map(|host| host.to_lowercase()).collect();
    // Organisations may have hosts of the same name.
    let endpoints: Vec<Stored<Endpoint>> = everything(desk, context, Query::new().any_of("host", hosts)).await?;
    Ok(endpoints.into_iter().map(|endpoint| ((endpoint.org, endpoint.host.to_lowercase()), endpoint)).collect())
}

#[cfg(test)]
mod tests {
    use hikeshi_domain::EndpointId;
    use hikeshi_domain::endpoint::BlockMode;
    use hikeshi_record::{Change, Expect};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::open::{Opening, open_still};

    /// Those beyond the first page looked unknown to whoever follows sources, at every tick.
    #[tokio::test(flavor = "multi_thread")]
    async fn every_endpoint_is_found_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let desk = open_still(&Opening::of(folder.path())).await.unwrap().desk;
        let context = Context::system("test");
        let mut wanted = Vec::new();
        for org in [1, 2].map(|number| OrganizationId(Uuid::from_u128(number))) {
            let mut change = Change::new("test", "");
            for number in 0..600 {
                let endpoint = Endpoint {
                    id: EndpointId(Uuid::now_v7()),
                    org,
                    host: format!("PC-{number}"),
                    first_seen_at: Timestamp::UNIX_EPOCH,
                    last_seen_at: Timestamp::UNIX_EPOCH,
                    block_mode: BlockMode::Unknown,
                    serves: false,
                    note: String::new(),
                    retired: None,
                };
                wanted.push((org, format!("pc-{number}")));
                change = change.put(&endpoint, Expect::New);
            }
            desk.store.change(&context, change).await.unwrap();
        }
        let found = endpoints(&desk, &context, wanted.iter().map(|(_, host)| host.clone())).await.unwrap();
        assert!(wanted.iter().all(|key| found.contains_key(key)), "{} of {}", found.len(), wanted.len());
    }
}
