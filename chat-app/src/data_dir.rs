//! Where an installation keeps its files.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// A directory that one server uses, until this is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the directory if it is not there, for this user alone: it holds hashes and a key. Locks it, for the
    /// members of two servers on one database would not hear each other.
    ///
    /// # Errors
    ///
    /// Whatever the file system says; [`ResourceBusy`](io::ErrorKind::ResourceBusy) while another server uses it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(path)?;
        let lock = File::create(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(io::Error::new(io::ErrorKind::ResourceBusy, "another chat server uses it"))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("chat.db")
    }

    /// The key that signs access tokens.
    pub(crate) fn key(&self) -> PathBuf {
        self.path.join("jwt.key")
    }
}
