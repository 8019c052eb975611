//! `hikeshi sign-in-link`: a way in for whoever holds the desk's data, also while the desk works.

use std::io::Write;

use anyhow::{Context, bail};
use hikeshi_desk::{session, settings};
use hikeshi_record::Store;
use jiff::Timestamp;

use crate::place::Place;

/// Where a desk listens that says nothing else.
const USUAL: &str = "http://127.0.0.1:8420";

/// Print a link that signs an operator in once, within 15 minutes
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi sign-in-link --data /var/lib/hikeshi --address https://desk.example")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// Address under which the console is reached [default: the one in Settings → Mail, else the one that the desk on this
    /// folder listens on]
    #[arg(long, value_name = "URL")]
    address: Option<String>,
}

pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime cannot be started")?;
    let (secret, public) = runtime.block_on(async {
        let store = Store::open(args.place.settings()).await.context("the record cannot be opened")?;
        let secret = session::operator_link(&store, Timestamp::now()).await?;
        let public = settings::public_url(&store).await?;
        store.close().await;
        anyhow::Ok((secret, public))
    })?;
    let Some(secret) = secret else { bail!("nobody runs this installation yet: start it once with `hikeshi serve`") };
    let address = args.address.clone().or(public).or_else(|| args.place.address()).unwrap_or_else(|| USUAL.to_owned());
    writeln!(out, "{}/sign-in#token={secret}", address.trim_end_matches('/'))?;
    Ok(())
}
