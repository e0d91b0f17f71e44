//! The secret of an installation: made once, never shipped.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    domain::Timestamp,
    store::{Store, StoreError},
};

/// Octets of a new key; a shorter one is refused (RFC 7518, 3.2: at least the size of the hash).
const KEY_SIZE: usize = 32;

/// Octets of a key file that are read.
const MAX_KEY_SIZE: u64 = 1_024;

/// The setting that holds the key.
const KEY_SETTING: &str = "jwt.key";

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot use the key file {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        error: io::Error,
    },
    /// Whoever guesses the key can be anybody.
    #[error("the key in {} is shorter than {KEY_SIZE} bytes; delete the file to get a new one (everybody logs in again)", .0.display())]
    TooShort(PathBuf),
    /// The key in the database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key in the database is none.
    #[error(
        "the setting {KEY_SETTING} in the database is not a key; delete it to get a new one (everybody logs in again)"
    )]
    Damaged,
}

/// The key in the store, for the servers that share it; made if it is not there.
pub(crate) async fn key_of_store(store: &dyn Store) -> Result<Vec<u8>, KeyError> {
    let new = BASE64_STANDARD.encode(rand::random::<[u8; KEY_SIZE]>());
    let key = store.set_once(KEY_SETTING, &new, Timestamp::now()).await?;
    let key = BASE64_STANDARD.decode(key).unwrap_or_default();
    if key.len() < KEY_SIZE { Err(KeyError::Damaged) } else { Ok(key) }
}

/// The key in the file, which is made if it is not there, readable by this user alone.
pub(crate) fn key_of_file(path: &Path) -> Result<Vec<u8>, KeyError> {
    let key = match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path).and_then(|()| read(path)),
        read => read,
    };
    let key = key.map_err(|error| KeyError::Io { path: path.to_owned(), error })?;
    if key.len() < KEY_SIZE { Err(KeyError::TooShort(path.to_owned())) } else { Ok(key) }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut key = Vec::new();
    File::open(path)?.take(MAX_KEY_SIZE).read_to_end(&mut key)?;
    Ok(key)
}

/// Writes a key to another file first, so that nobody ever reads half of one; if two processes do it at a time, the
/// first one's key stays.
fn create(path: &Path) -> io::Result<()> {
    let draft = path.with_extension(format!("new-{:016x}", rand::random::<u64>()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let linked =
        file.write_all(&rand::random::<[u8; KEY_SIZE]>()).and_then(|()| file.sync_all()).and_then(|()| {
            match fs::hard_link(&draft, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                linked => linked,
            }
        });
    fs::remove_file(&draft)?;
    linked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_this_user_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jwt.key");
        let key = key_of_file(&path).unwrap();
        assert_eq!(key.len(), KEY_SIZE);
        assert_eq!(key_of_file(&path).unwrap(), key);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn keys_differ_between_installations() {
        let key = || key_of_file(&tempfile::tempdir().unwrap().path().join("jwt.key")).unwrap();
        assert_ne!(key(), key());
    }

    #[test]
    fn a_short_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jwt.key");
        fs::write(&path, "secret").unwrap();
        assert!(matches!(key_of_file(&path), Err(KeyError::TooShort(_))));
    }
}
