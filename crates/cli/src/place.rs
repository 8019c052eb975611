//! Where a desk keeps what it keeps: the data folder, and the record's database where that is PostgreSQL.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;

use hikeshi_domain::settings::Secret;
use hikeshi_record::Settings;

/// The file in the folder that holds the address.
const ADDRESS: &str = "address";

/// Where the desk's data is
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// Folder that everything is kept in
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// PostgreSQL database of the record (`postgres://…` or `host=… dbname=…`, over a network with
    /// `sslmode=verify-full` and `sslrootcert=FILE`), in place of SQLite in the folder. Other users of the machine can
    /// read a command line: give an address with a password by the variable
    #[arg(long, value_name = "ADDRESS", env = "HIKESHI_RECORD", hide_env_values = true, value_parser = secret)]
    record: Option<Secret>,
}

impl Place {
    /// The address of the record's database; none: SQLite in the folder.
    pub(crate) fn record(&self) -> Option<Secret> {
        // A variable that is set to nothing is one that is not set.
        self.record.clone().filter(|address| !address.0.trim().is_empty())
    }

    /// Notes the address that the desk on this folder listens on, for commands beside it.
    pub(crate) fn keep_address(&self, address: &str) -> io::Result<()> {
        std::fs::write(self.data.join(ADDRESS), format!("{address}\n"))
    }

    /// The address that the desk on this folder listens on, or did last.
    pub(crate) fn address(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.data.join(ADDRESS)).ok()?;
        text.lines().next().filter(|line| line.starts_with("http://")).map(str::to_owned)
    }

    /// The record's settings.
    pub(crate) fn settings(&self) -> Settings {
        match self.record() {
            None => Settings::embedded(&self.data),
            Some(address) => Settings::postgres(&self.data, address.0),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that an argument's parser has")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret(text.to_owned()))
}
