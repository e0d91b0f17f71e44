//! The arguments of the chat server example.

use std::path::PathBuf;

use chat_app::Config;
use clap::{Parser, Subcommand};

use super::{log::LogFormat, options::Options, settings};

/// A chat server with a web client.
///
/// Without options it serves http://127.0.0.1:8080/ to this machine and keeps its data in ./data: a database and the
/// key that signs logins. The first start shows a code in the log; whoever enters it in the web client becomes the
/// administrator. Once it takes connections it says so on stdout, in one line:
///
///   ready http=127.0.0.1:8080 stomp=off
///
/// Settings come from a file (--config), which --print-config explains; the environment counts before the file, and
/// options count before both. Logs go to stderr; RUST_LOG chooses which, as in RUST_LOG=chat_app=debug. SIGTERM and
/// SIGINT end it gracefully, within ten seconds. It exits with 0 then, with 1 when it could not start or go on, with
/// 2 for wrong options.
///
/// For everybody on the network, behind a proxy that speaks HTTPS:
///
///   chat-server --public-url https://chat.example.org --data-dir /var/lib/chat
///
/// A rate is COUNT/SECONDS or COUNT/SECONDS/BURST: so many in so many seconds, and so many at once.
// It is the program's help as well, where markup would be read as it stands.
#[allow(rustdoc::bare_urls)]
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
pub struct Args {
    /// Take the settings from a file.
    #[arg(long, env = "CHAT_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,

    /// Only say whether the settings are right.
    #[arg(long)]
    pub check: bool,

    /// Print a file of the default settings, with an explanation of every setting.
    #[arg(long)]
    pub print_config: bool,

    /// How log lines are written.
    #[arg(long, env = "CHAT_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t, global = true)]
    pub log_format: LogFormat,

    #[command(flatten)]
    options: Options,

    /// What to do instead of serving.
    #[command(subcommand)]
    pub task: Option<Task>,
}

/// What else there is to do; a server may run meanwhile.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Copy the data into a new directory, on which a server can start.
    ///
    /// Data in PostgreSQL are backed up with pg_dump.
    Backup {
        /// The directory, which must not be there.
        directory: PathBuf,
    },
    /// Write the whole service into one archive (ZIP), for other programs: members, rooms, messages, reports and the
    /// audit log as lines of JSON, and files. No passwords, keys or sessions.
    ///
    /// What is done is logged on stderr. The data may be in SQLite or in PostgreSQL.
    Export {
        /// The archive, which must not be there; - is stdout.
        file: PathBuf,
    },
    /// Make somebody an administrator, with a new account if there is none of that e-mail address.
    ///
    /// The password of a new account is read from stdin, one line.
    CreateAdmin {
        /// What to log in by.
        #[arg(long, value_name = "ADDRESS")]
        email: String,
        /// The name shown of a new account.
        #[arg(long, default_value = "admin")]
        name: String,
    },
}

impl Args {
    /// All settings.
    ///
    /// # Errors
    ///
    /// What is wrong with them, and what would be right.
    pub fn config(self) -> Result<Config, String> {
        let file = self.config.as_deref().map(settings::read).transpose()?;
        let config = self.options.over(file.unwrap_or_default());
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }
}
