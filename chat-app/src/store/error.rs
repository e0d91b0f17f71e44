//! Why the database did not do its part.

use sqlx::{migrate::MigrateError, postgres::PgDatabaseError};

use super::{postgres, sqlite};

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot at the moment: no connection is free in time, the disk is full, another process holds the lock.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// Anything else.
    #[error("the database failed")]
    Failed(#[source] sqlx::Error),
}

/// The answer of a store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let passes = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                let is_postgres = error.try_downcast_ref::<PgDatabaseError>().is_some();
                if is_postgres { postgres::passes(&code) } else { sqlite::passes(&code) }
            }
            _ => false,
        };
        if passes { Self::Unavailable(error) } else { Self::Failed(error) }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be opened or is no database, or the server does not let us in.
    #[error(transparent)]
    Open(#[from] sqlx::Error),
    /// The tables are not those of this version.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}
