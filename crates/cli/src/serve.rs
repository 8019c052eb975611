//! `hikeshi serve`: the desk with its console and API, on one machine.

use std::io::IsTerminal;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use hikeshi_access::Caller;
use hikeshi_desk::open::{Open, Opening, open};
use hikeshi_desk::{Desk, drill, session};
use hikeshi_domain::playbook::Files;
use hikeshi_server::Config;
use indicatif::ProgressBar;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::place::Place;
use crate::{playbook, progress};

/// Runs the desk: console, API, and the work in the background
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hikeshi serve --data /var/lib/hikeshi --listen 127.0.0.1:8420 --drill company-week")]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Folders or files of Sigma rules: `--rules A B`, or the flag several times [default: the shipped rules]
    #[arg(long, value_name = "DIR", num_args = 1..)]
    rules: Vec<PathBuf>,
    /// Folder whose files take the place of the shipped playbook's files of the same name
    #[arg(long, value_name = "DIR")]
    playbook: Option<PathBuf>,
    /// Loads this drill, once
    #[arg(long, value_name = "NAME")]
    drill: Option<String>,
    /// A proxy in front speaks TLS: needed to listen beyond this machine
    #[arg(long)]
    behind_proxy: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if !args.listen.ip().is_loopback() && !args.behind_proxy {
        bail!("`{}` is reachable from other machines: put a proxy with TLS in front and say --behind-proxy", args.listen);
    }
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    let playbook = playbook::in_force(args.playbook.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot be started")?;
    runtime.block_on(serve(args, playbook))
}

async fn serve(args: &Args, playbook: Files) -> Result<()> {
    let listener =
        TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on `{}`; is another desk running?", args.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    let opening = Opening {
        record: args.place.record(),
        rules: args.rules.clone(),
        playbook,
        address: address.clone(),
        ..Opening::of(&args.place.data)
    };
    let Open { desk, background } =
        open(&opening).await.map_err(|error| anyhow::anyhow!("{error}")).context("the desk cannot be opened")?;
    if let Err(error) = args.place.keep_address(&address) {
        tracing::warn!(%error, "the address cannot be noted in the data folder: `hikeshi sign-in-link` needs --address");
    }
    for refusal in &desk.telemetry.refused {
        tracing::warn!(%refusal, "a rule cannot be used");
    }
    let caller = Caller::desk("first start", "first start");
    let operator = session::first_operator(&desk, &caller).await?;
    if let Some(name) = &args.drill {
        load_drill(&desk, name).await?;
    }
    // Under a service manager the output is a log that many may read: once somebody has a password, no link goes there.
    let to_a_person = std::io::stdout().is_terminal() || args.drill.is_some();
    let link =
        if to_a_person || !session::a_password_is_set(&desk).await? { Some(session::issue_link(&desk, operator).await?) } else { None };
    announce(&address, link.as_deref());
    hikeshi_server::serve(listener, desk.clone(), Config { https: args.behind_proxy }, stopped()).await?;
    drop(background);
    Ok(())
}

async fn load_drill(desk: &Desk, name: &str) -> Result<()> {
    say(&format!("Loading the drill `{name}` …"));
    let bar = progress::bar(1000, "{msg:10} {wide_bar} {percent}% {elapsed}");
    let loaded = drill::load(desk, name, |step| show(&bar, step)).await;
    bar.finish_and_clear();
    match loaded {
        Ok(drill::Loaded::New { events, alerts, .. }) => say(&format!("Drill `{name}` loaded: {events} events, {alerts} alerts.")),
        Ok(drill::Loaded::Before) => say(&format!("Drill `{name}` was loaded before.")),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            bail!("the drill `{name}` cannot be loaded: {error}: {cause}");
        }
    }
    Ok(())
}

fn show(bar: &ProgressBar, step: drill::Step) {
    let (word, done, of) = match step {
        drill::Step::Events(done) => ("events", done, 1000),
        drill::Step::Triaged { done, of } => ("triage", done, of),
    };
    bar.set_message(word);
    bar.set_length(of);
    bar.set_position(done);
}

/// A line for whoever started the desk; that nobody listens any more is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// What a newcomer needs: where, and how to get in.
fn announce(address: &str, link: Option<&str>) {
    say(&format!("Hikeshi is running at {address}"));
    match link {
        Some(link) => say(&format!("Sign in once with this link (15 minutes): {address}/sign-in#token={link}")),
        None => say("Sign in by password. A link for an operator: hikeshi sign-in-link --data DIR"),
    }
    say("Stop with Ctrl-C.");
}

/// Ctrl-C, or the service manager's signal.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending::<()>().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
    // Streams of live pages never end by themselves.
    tokio::spawn(async {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        std::process::exit(0);
    });
}
