//! A file on its way in.

use std::{fs, io, path::Path};

use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
    task::spawn_blocking,
};

use super::{BlobError, slots::Slot};
use crate::error::{ChatError, Code};

/// What has come of a file: on disk, for it may be large, and under no name, so that it is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    size: u64,
    max_size: u64,
    hash: Sha256,
    _slot: Slot,
}

/// All of a file.
#[derive(Debug)]
pub(super) struct Spooled {
    /// Its content, from the start.
    pub(super) file: fs::File,
    /// Octets.
    pub(super) size: u64,
    /// Of its content.
    pub(super) sha256: [u8; 32],
}

impl Spool {
    /// Nothing yet, in a directory; `max_size` octets at most. The slot is held until all is here.
    pub(super) async fn new(directory: &Path, max_size: u64, slot: Slot) -> Result<Self, ChatError> {
        let directory = directory.to_owned();
        let file = spawn_blocking(move || tempfile::tempfile_in(directory)).await;
        let file = file.map_err(io::Error::other).and_then(|file| file).map_err(BlobError::from)?;
        Ok(Self { file: File::from_std(file), size: 0, max_size, hash: Sha256::new(), _slot: slot })
    }

    /// Takes the next octets. Those of a file that is too large are not kept: [`finish`](Self::finish) refuses it,
    /// for a client that is refused in the midst of sending may not read why.
    ///
    /// # Errors
    ///
    /// [`ChatError::Files`] alone.
    pub(crate) async fn write(&mut self, octets: &[u8]) -> Result<(), ChatError> {
        self.size = self.size.saturating_add(octets.len() as u64);
        if self.size <= self.max_size {
            self.hash.update(octets);
            self.file.write_all(octets).await.map_err(BlobError::from)?;
        }
        Ok(())
    }

    /// All of it.
    pub(super) async fn finish(mut self) -> Result<Spooled, ChatError> {
        if self.size > self.max_size {
            return Err(Code::PayloadTooLarge.into());
        }
        // Seeking waits for what is being written.
        self.file.rewind().await.map_err(BlobError::from)?;
        let file = self.file.into_std().await;
        Ok(Spooled { file, size: self.size, sha256: self.hash.finalize().into() })
    }
}
