//! What is done to an installation besides serving it, also while a server runs.

mod export;

use std::{
    io,
    path::{Path, PathBuf},
};

pub use self::export::export;
use crate::{
    Config, StartError,
    auth::{Passwords, SignUp, add_user},
    data_dir::DataDir,
    domain::{MemberId, Role, Timestamp},
    error::{ChatError, Code},
    installation::Installation,
    store::SqliteStore,
};

/// Why something was not done, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaintenanceError {
    /// The installation cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database has its own program for that.
    #[error("the data are in PostgreSQL: back them up with pg_dump, which takes the same URL")]
    Postgres,
    /// There is nothing to back up.
    #[error("there is no database {}; --data-dir names the directory of the server", .0.display())]
    NoDatabase(PathBuf),
    /// The copy cannot be written.
    #[error("cannot write the backup {}: {error}; name a directory that is not there yet", path.display())]
    Backup {
        /// Where to.
        path: PathBuf,
        /// What the file system or the database says.
        error: io::Error,
    },
    /// What is kept cannot be read, or the archive cannot be written.
    #[error("the export broke off: {0}")]
    Export(#[source] ChatError),
    /// The account was refused or not stored.
    #[error("no administrator was made: {0}")]
    Chat(#[from] ChatError),
}

/// Copies the database, the key and files into a new directory, on which a server can start. Files in a bucket stay there.
///
/// # Errors
///
/// [`MaintenanceError`] says what to do.
pub async fn back_up(config: &Config, to: &Path) -> Result<(), MaintenanceError> {
    config.check()?;
    if config.database_url.is_some() {
        return Err(MaintenanceError::Postgres);
    }
    let from = DataDir::at(&config.data_dir);
    if !from.database().exists() {
        return Err(MaintenanceError::NoDatabase(from.database()));
    }
    let failed = |error| MaintenanceError::Backup { path: to.to_owned(), error };
    let copy = DataDir::create(to).map_err(failed)?;
    SqliteStore::copy(&from.database(), &copy.database()).await.map_err(io::Error::other).map_err(failed)?;
    std::fs::copy(from.key(), copy.key()).map_err(failed)?;
    if config.files.url.is_none() {
        copy_files(&from.files(), &copy.files()).map_err(failed)?;
    }
    Ok(())
}

/// Files are written once and may go at any time. There are none before the server has run.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    if !from.exists() {
        return Ok(());
    }
    std::fs::create_dir(to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?;
        match std::fs::copy(file.path(), to.join(file.file_name())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Makes an administrator: of whoever has the account's address, or else a new member.
///
/// # Errors
///
/// [`MaintenanceError`] says what to do.
pub async fn create_admin(config: &Config, account: SignUp) -> Result<MemberId, MaintenanceError> {
    let Installation { store, .. } = Installation::open(config).await?;
    let email = account.email.clone();
    let id = match add_user(&*store, &Passwords::new(), account).await {
        Err(ChatError::Refused(Code::EmailTaken)) => {
            let known = store.login(&email).await.map_err(ChatError::from)?;
            known.ok_or(Code::EmailTaken).map_err(ChatError::from)?.0.id
        }
        added => added?,
    };
    store.set_role(id, Role::Admin, Timestamp::now()).await.map_err(ChatError::from)?;
    store.close().await;
    Ok(id)
}
