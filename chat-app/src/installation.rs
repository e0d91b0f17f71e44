//! What a service keeps: a directory, a database, and the key that signs tokens.

use std::{path::PathBuf, sync::Arc};

use crate::{
    Config, StartError,
    auth::{key_of_file, key_of_store},
    data_dir::{DataDir, DataDirLock},
    store::{PostgresStore, SqliteStore, Store},
};

/// An installation, open.
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) store: Arc<dyn Store>,
    /// The key that signs tokens: in the directory, or in the database that servers share.
    pub(crate) key: Vec<u8>,
}

impl Installation {
    /// Opens it for whatever is done beside a server.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what to do.
    pub(crate) async fn open(config: &Config) -> Result<Self, StartError> {
        Self::open_in(&open_dir(config)?, config.database_url.as_deref()).await
    }

    /// Opens it for a server, which has the directory to itself.
    ///
    /// # Errors
    ///
    /// [`StartError`] says what to do.
    pub(crate) async fn open_to_serve(config: &Config) -> Result<(Self, DataDirLock), StartError> {
        let dir = open_dir(config)?;
        let lock = dir.lock().map_err(|error| StartError::data_dir(config, error))?;
        Ok((Self::open_in(&dir, config.database_url.as_deref()).await?, lock))
    }

    async fn open_in(dir: &DataDir, database_url: Option<&str>) -> Result<Self, StartError> {
        if let Some(url) = database_url {
            let store = PostgresStore::open(url).await.map_err(StartError::Postgres)?;
            let key = key_of_store(&store).await?;
            return Ok(Self { store: Arc::new(store), key });
        }
        let store = open_sqlite(dir.database()).await?;
        Ok(Self { store: Arc::new(store), key: key_of_file(&dir.key())? })
    }
}

fn open_dir(config: &Config) -> Result<DataDir, StartError> {
    config.check()?;
    DataDir::open(&config.data_dir).map_err(|error| StartError::data_dir(config, error))
}

async fn open_sqlite(path: PathBuf) -> Result<SqliteStore, StartError> {
    SqliteStore::open(&path).await.map_err(|error| StartError::Database { path, error })
}
