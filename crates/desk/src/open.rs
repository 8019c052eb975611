//! Opens a desk on a data folder: record (embedded, or on PostgreSQL), lake and objects, the rules and the playbook, and the work in the background.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hikeshi_detect::{LoadOptions, RuleSet, RuleTexts};
use hikeshi_domain::clock::Clocks;
use hikeshi_domain::phrases;
use hikeshi_domain::playbook::Files;
use hikeshi_domain::procedure::Procedure;
use hikeshi_domain::raise::Raising;
use hikeshi_domain::request::Signs;
use hikeshi_domain::settings::Secret;
use hikeshi_hunt::Hunt;
use hikeshi_lake::{Lake, LakeConfig, LocalObjects, MatchRow, make_folder};
use hikeshi_record::{Settings, Store};
use hikeshi_triage::VerdictBook;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::complaint::{Complaint, watch_disk};
use crate::desk::{Clock, Desk, Parts, SystemClock};
use crate::reference_list::InForce;
use crate::telemetry::{Telemetry, japanese_titles};
use crate::watch::{Joins, Listed, Watch, take_up};
use crate::windows::Windows;
use crate::{Passwords, endpoint, job, operation, reference_list, triage};

/// Changes that an open page may be behind before it must ask for everything again.
const LIVE_BACKLOG: usize = 1_024;
const FOLLOW_EVERY: Duration = Duration::from_secs(30);
const EXPIRE_EVERY: Duration = Duration::from_secs(3_600);
/// How often the stream is looked at, and the longest pause between attempts to take it up again.
const MEND_EVERY: Duration = Duration::from_millis(500);
const MEND_PAUSE: Duration = Duration::from_secs(30);

/// What a desk is opened with.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The data folder; made if it is not there.
    pub folder: PathBuf,
    /// The PostgreSQL database of the record, as [`Settings::postgres`] takes it; none: SQLite in the folder.
    pub record: Option<Secret>,
    /// Folders of Sigma rules; empty: the shipped ones.
    pub rules: Vec<PathBuf>,
    /// The procedure's files. Own phrases among them are put in force by whoever starts the process.
    pub playbook: Files,
    /// The address under which it listens, for links.
    pub address: String,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Limits and sizes of the lake.
    pub lake: LakeConfig,
}

impl Opening {
    /// A folder with all that is shipped and embedded, under no address.
    pub fn of(folder: impl Into<PathBuf>) -> Self {
        Opening {
            folder: folder.into(),
            record: None,
            rules: Vec::new(),
            playbook: Files::shipped(),
            address: String::new(),
            clock: Arc::new(SystemClock),
            lake: LakeConfig::default(),
        }
    }
}

/// An open desk and its work in the background, which ends when this is dropped.
pub struct Open {
    /// The desk.
    pub desk: Desk,
    /// Workers and keepers.
    pub background: JoinSet<()>,
}

/// A desk that works at nothing by itself: what the command line does while no server runs.
pub struct Still {
    /// The desk.
    pub desk: Desk,
    raised: mpsc::UnboundedReceiver<MatchRow>,
}

/// Opens a desk and starts its work.
///
/// # Errors
/// As [`open_still`].
pub async fn open(opening: &Opening) -> Result<Open, Box<dyn std::error::Error + Send + Sync>> {
    let Still { desk, raised } = open_still(opening).await?;
    let mut background = job::start(&desk);
    background.spawn(triage::raise(desk.clone(), raised));
    background.spawn(keep(desk.clone()));
    background.spawn(mend(desk.clone()));
    background.spawn(reference_list::keep(desk.clone()));
    background.spawn(reference_list::follow(desk.clone()));
    background.spawn(watch_disk(desk.clone()));
    Ok(Open { desk, background })
}

/// Opens a desk whose rules watch what comes in, without workers and keepers.
///
/// # Errors
/// When a playbook file is wrong, rules cannot be read, or a store cannot be opened; the message says which.
pub async fn open_still(opening: &Opening) -> Result<Still, Box<dyn std::error::Error + Send + Sync>> {
    phrases::check()?;
    let playbook = opening.playbook.clone();
    let procedure = Procedure::load(&playbook)?;
    let clocks = Clocks::load(&playbook)?;
    let signs = Signs::load(&playbook)?;
    let raising = Arc::new(Raising::load(&playbook)?);
    let verdicts = Arc::new(VerdictBook::load(&playbook)?);
    let loaded =
        if opening.rules.is_empty() { RuleSet::shipped()? } else { RuleSet::load(&opening.rules, &LoadOptions::with_user_cache())? };
    let texts = if opening.rules.is_empty() { RuleTexts::shipped() } else { RuleTexts::read(&opening.rules)? };
    make_folder(&opening.folder)?;
    let store = Store::open(record(opening)).await?;
    let (strong, raised) = mpsc::unbounded_channel();
    let (joins, opener) = Joins::closed(loaded.rules.clone());
    let (listed, lists_opener) = Listed::closed(strong.clone());
    let watch = Arc::new(Watch::new(loaded.rules.clone(), raising.clone(), joins.clone(), listed.clone(), strong));
    let lake = lake(opening, &store, watch).await?;
    tokio::spawn(take_up(lake.clone(), joins.clone(), Timestamp::now(), opener));
    let windows = Windows::new();
    let hunt = Hunt::new(lake.clone());
    let japanese = japanese_titles(&loaded.rules);
    let telemetry = Telemetry {
        hunt,
        lake,
        joins,
        listed,
        lists_in_force: InForce::default(),
        rules: loaded.rules,
        texts,
        refused: loaded.refused,
        windows,
        japanese,
    };
    let desk = Desk::new(Parts {
        objects: Arc::new(LocalObjects::open(opening.folder.join("objects"))?),
        store,
        telemetry,
        playbook,
        procedure,
        clocks,
        signs,
        verdicts,
        lists: reference_list::ListCache::default(),
        downloads: crate::download::Downloads::default(),
        clock: opening.clock.clone(),
        passwords: Passwords::default(),
        live: broadcast::channel(LIVE_BACKLOG).0,
        metrics: crate::metrics::Metrics::default(),
        raising,
        address: opening.address.clone(),
    });
    tokio::spawn(reference_list::open_stream(desk.clone(), lists_opener));
    Ok(Still { desk, raised })
}

impl Still {
    /// Writes what was taken into segments, and raises alerts for what the rules found in it; who serves next works on them.
    pub async fn settle(mut self) {
        self.desk.telemetry.lake.flush().await;
        let (hand_on, found) = mpsc::unbounded_channel();
        while let Ok(row) = self.raised.try_recv() {
            // The other end stands below.
            let _ = hand_on.send(row);
        }
        drop(hand_on);
        triage::raise(self.desk, found).await;
    }
}

fn record(opening: &Opening) -> Settings {
    match &opening.record {
        None => Settings::embedded(&opening.folder),
        Some(address) => Settings::postgres(&opening.folder, &address.0),
    }
}

async fn lake(opening: &Opening, store: &Store, watch: Arc<Watch>) -> Result<Arc<Lake>, hikeshi_lake::OpenError> {
    let catalogue = Arc::new(store.catalogue());
    Ok(Arc::new(Lake::open(&opening.folder.join("lake"), catalogue, opening.lake.clone(), Some(watch)).await?))
}

/// Takes up a stream again whose disk failed: soon after a single failure, ever more seldom while the disk keeps failing.
async fn mend(desk: Desk) {
    let mut looks = tokio::time::interval(MEND_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pause = MEND_EVERY;
    let mut complaint = Complaint::about("taking up the stream");
    loop {
        looks.tick().await;
        let lag = desk.telemetry.lake.lag();
        if !lag.stream_failed {
            // Well for a while: the next failure is a new one.
            let well_for = lag.stream_failed_at.map_or(SignedDuration::MAX, |at| Timestamp::now().duration_since(at));
            if well_for > SignedDuration::try_from(2 * MEND_PAUSE).unwrap_or(SignedDuration::MAX) {
                pause = MEND_EVERY;
            }
            continue;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(MEND_PAUSE);
        complaint.hear(&desk, &desk.telemetry.lake.reopen_stream().await);
    }
}

/// Follows hosts that start to send, and forgets telemetry that is past its time.
async fn keep(desk: Desk) {
    let mut follow = tokio::time::interval(FOLLOW_EVERY);
    let mut expire = tokio::time::interval(EXPIRE_EVERY);
    let mut following = Complaint::about("making endpoints of hosts that begin to send");
    let mut forgetting = Complaint::about("forgetting telemetry that is past its time");
    loop {
        tokio::select! {
            _ = follow.tick() => following.hear(&desk, &endpoint::follow_sources(&desk).await),
            _ = expire.tick() => {
                let outcome = operation::expire(&desk).await;
                forgetting.hear(&desk, &outcome);
                if let Some(segments) = outcome.ok().filter(|segments| *segments > 0) {
                    tracing::info!(segments, "telemetry past its time was forgotten");
                }
            }
        }
    }
}
