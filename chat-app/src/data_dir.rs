//! Where an installation keeps its files.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// The directory of an installation.
#[derive(Debug)]
pub(crate) struct DataDir(PathBuf);

/// The use of a directory by one server, until this is dropped.
#[derive(Debug)]
pub(crate) struct DataDirLock(#[expect(dead_code, reason = "it is open for as long as it is locked")] File);

impl DataDir {
    /// A directory that is there.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Makes the directory if it is not there.
    ///
    /// # Errors
    ///
    /// Whatever the file system says.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        private().recursive(true).create(path)?;
        Ok(Self::at(path))
    }

    /// Makes a directory, which must not be there.
    ///
    /// # Errors
    ///
    /// Whatever the file system says.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        private().create(path)?;
        Ok(Self::at(path))
    }

    /// Keeps other servers away: the members of two servers on one database would not hear each other.
    ///
    /// # Errors
    ///
    /// Whatever the file system says; [`ResourceBusy`](io::ErrorKind::ResourceBusy) while another server uses it.
    pub(crate) fn lock(&self) -> io::Result<DataDirLock> {
        let lock = File::create(self.0.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(DataDirLock(lock)),
            Err(TryLockError::WouldBlock) => {
                Err(io::Error::new(io::ErrorKind::ResourceBusy, "another chat server uses it"))
            }
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("chat.db")
    }

    /// The content of files.
    pub(crate) fn files(&self) -> PathBuf {
        self.0.join("files")
    }

    /// The key that signs access tokens.
    pub(crate) fn key(&self) -> PathBuf {
        self.0.join("jwt.key")
    }
}

/// For this user alone: the directory holds hashes and a key.
fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
