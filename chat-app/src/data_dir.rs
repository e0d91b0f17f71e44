//! Where an installation keeps its files.

use std::{
    fs::DirBuilder,
    io,
    path::{Path, PathBuf},
};

/// A directory that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Makes the directory if it is not there, for this user alone: it holds hashes and a key.
    ///
    /// # Errors
    ///
    /// Whatever the file system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(path)?;
        Ok(Self(path.to_owned()))
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.0.join("chat.db")
    }

    /// The key that signs access tokens.
    pub fn key(&self) -> PathBuf {
        self.0.join("jwt.key")
    }
}
