//! Where and since when values are known: one row a value, one small row a value and host.

use std::collections::{BTreeMap, HashMap};

use hikeshi_domain::OrganizationId;
use hikeshi_lake::catalogue::{Prevalence, PrevalenceKind, Sighting};

use crate::backend::{Tenants, Value, values};
use crate::context::Scope;
use crate::error::Result;
use crate::select::Select;
use crate::store::Store;
use crate::transaction::Transaction;

/// Values of one statement.
const CHUNK: usize = 64;

/// Prevalence of the values in one organisation, in the order asked.
pub(super) async fn read(store: &Store, org: OrganizationId, asked: &[(PrevalenceKind, String)]) -> Result<Vec<Option<Prevalence>>> {
    let (mut session, tenants) = store.reading(&Scope::one(org)).await?;
    let mut known: HashMap<(PrevalenceKind, String), Prevalence> = HashMap::new();
    for kind in PrevalenceKind::ALL {
        let values: Vec<&str> = asked.iter().filter(|(asked, _)| *asked == kind).map(|(_, value)| value.as_str()).collect();
        for chunk in values.chunks(CHUNK) {
            let rows = rows_of(&tenants, kind, chunk).rows(session.as_mut()).await?;
            for row in rows {
                let prevalence = Prevalence { first_seen_at: row.time(2)?, hosts: row.int(3)?.unsigned_abs() };
                known.insert((kind, row.text(1)?), prevalence);
            }
        }
    }
    session.commit().await?;
    Ok(asked.iter().map(|key| known.get(key).copied()).collect())
}

fn rows_of(tenants: &Tenants, kind: PrevalenceKind, chunk: &[&str]) -> Select {
    let mut select = Select::new("SELECT p.no, p.value, p.first_seen_at, p.hosts FROM prevalence p WHERE ");
    select.tenants("p.org", tenants).push(" AND p.kind = ").bind(kind.name()).push(" AND p.value IN (");
    for (at, value) in chunk.iter().enumerate() {
        select.push(if at == 0 { "" } else { ", " }).bind(*value);
    }
    select.push(")");
    select
}

/// Adds sightings; those already known change nothing but an earlier first time.
pub(super) async fn add(transaction: &mut Transaction<'_>, sightings: &[Sighting]) -> Result<()> {
    let mut groups: BTreeMap<(OrganizationId, PrevalenceKind), BTreeMap<&str, Vec<&Sighting>>> = BTreeMap::new();
    for sighting in sightings {
        groups.entry((sighting.org, sighting.kind)).or_default().entry(&sighting.value).or_default().push(sighting);
    }
    for ((org, kind), values) in groups {
        let tenant = transaction.tenant(Some(org)).await?.no;
        let values: Vec<_> = values.into_iter().collect();
        for chunk in values.chunks(CHUNK) {
            add_chunk(transaction, tenant, kind, chunk).await?;
        }
    }
    Ok(())
}

async fn add_chunk(transaction: &mut Transaction<'_>, tenant: i64, kind: PrevalenceKind, chunk: &[(&str, Vec<&Sighting>)]) -> Result<()> {
    let names: Vec<&str> = chunk.iter().map(|(value, _)| *value).collect();
    let select = rows_of(&Tenants::Only(vec![tenant]), kind, &names);
    let rows = transaction.query(&select.sql, &select.values).await?;
    let mut known = HashMap::new();
    for row in rows {
        known.insert(row.text(1)?, (row.int(0)?, row.time(2)?));
    }
    for (value, sightings) in chunk {
        let Some(first) = sightings.iter().map(|sighting| sighting.first_seen_at).min() else { continue };
        let no = match known.get(*value) {
            Some((no, earliest)) if *earliest <= first => *no,
            Some((no, _)) => {
                transaction.execute("UPDATE prevalence SET first_seen_at = $1 WHERE no = $2", values![first, *no]).await?;
                *no
            }
            None => {
                let sql = "INSERT INTO prevalence (org, kind, value, first_seen_at, hosts) VALUES ($1, $2, $3, $4, 0) RETURNING no";
                let rows = transaction.query(sql, values![tenant, kind.name(), *value, first]).await?;
                rows.first().map_or(Ok(0), |row| row.int(0))?
            }
        };
        add_hosts(transaction, no, sightings).await?;
    }
    Ok(())
}

async fn add_hosts(transaction: &mut Transaction<'_>, no: i64, sightings: &[&Sighting]) -> Result<()> {
    let mut new = 0;
    for chunk in sightings.chunks(CHUNK) {
        let mut insert = Select::new("INSERT INTO sighting (prevalence, host_key) VALUES ");
        for (at, sighting) in chunk.iter().enumerate() {
            insert.push(if at == 0 { "(" } else { ", (" }).bind(Value::Int(no)).push(", ").bind(sighting.host_key).push(")");
        }
        insert.push(" ON CONFLICT DO NOTHING");
        new += transaction.execute(&insert.sql, &insert.values).await?;
    }
    if new > 0 {
        let new = super::counted(new)?;
        transaction.execute("UPDATE prevalence SET hosts = hosts + $1 WHERE no = $2", values![new, no]).await?;
    }
    Ok(())
}
