//! Where the content of files is: a directory, or a bucket of an S3-compatible service.

use std::{error::Error, io, ops::Range, path::Path as FilePath, sync::Arc};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt, buffered::BufWriter, local::LocalFileSystem, parse_url_opts,
    path::Path, prefix::PrefixStore,
};
use tokio::io::{AsyncRead, AsyncWriteExt};
use url::Url;

use super::FileSettings;
use crate::data_dir::DataDir;

#[cfg(test)]
mod bucket;

/// Content by tokens; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    store: Arc<dyn ObjectStore>,
}

/// Why content cannot be kept or had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// It is not there.
    #[error("the content of the file is gone")]
    Missing,
    /// There is no room for it.
    #[error("no space is left for files")]
    Full,
    /// What keeps it does not do its part.
    #[error("files cannot be kept or had: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            error if is_full(&error) => Self::Full,
            error => Self::Unavailable(error.into()),
        }
    }
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) { Self::Full } else { Self::Unavailable(error.into()) }
    }
}

/// Whether a failure is for want of space, wherever in the chain of causes it says so.
fn is_full(error: &(dyn Error + 'static)) -> bool {
    let kind = error.downcast_ref().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
        || error.source().is_some_and(is_full)
}

/// What of a file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// A small picture of it.
    Thumb,
}

impl Part {
    fn path(self, token: &str) -> Path {
        match self {
            Self::Whole => Path::from(token),
            Self::Thumb => Path::from(format!("{token}.thumb")),
        }
    }
}

impl Blobs {
    /// Where the settings say, or in the directory.
    pub(crate) fn open(settings: &FileSettings, directory: &DataDir) -> Result<Self, BlobError> {
        match &settings.url {
            Some(url) => Self::at(url, environment()),
            None => Self::in_directory(&directory.files()),
        }
    }

    /// What is kept in a directory, which is made if it is not there.
    fn in_directory(directory: &FilePath) -> Result<Self, BlobError> {
        std::fs::create_dir_all(directory)?;
        let store = LocalFileSystem::new_with_prefix(directory)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
    }

    /// What is kept at a URL such as `s3://bucket/prefix`; credentials, region and endpoint are in `environment`, under
    /// the names that the tools of AWS read.
    fn at(url: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self, BlobError> {
        let url = Url::parse(url).map_err(|error| BlobError::Unavailable(error.into()))?;
        let environment = environment.filter(|(name, _)| name.starts_with("AWS_"));
        let (store, prefix) =
            parse_url_opts(&url, environment.map(|(name, value)| (name.to_lowercase(), value)))?;
        Ok(Self { store: Arc::new(PrefixStore::new(store, prefix)) })
    }

    /// Keeps what `content` has until its end; nothing of it if it breaks off.
    pub(super) async fn put(
        &self,
        token: &str,
        part: Part,
        mut content: impl AsyncRead + Unpin,
    ) -> Result<(), BlobError> {
        let mut writer = BufWriter::new(Arc::clone(&self.store), part.path(token));
        let copied = match tokio::io::copy(&mut content, &mut writer).await {
            Ok(_) => writer.shutdown().await,
            Err(error) => Err(error),
        };
        if let Err(error) = copied {
            // What is left behind is swept with the token, which is noted.
            let _ = writer.abort().await;
            return Err(error.into());
        }
        Ok(())
    }

    /// A range of octets of what is kept; all of it if none is given.
    pub(super) async fn get(
        &self,
        token: &str,
        part: Part,
        range: Option<Range<u64>>,
    ) -> Result<impl Stream<Item = Result<Bytes, BlobError>> + use<>, BlobError> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let found = self.store.get_opts(&part.path(token), options).await?;
        Ok(found.into_stream().map(|chunk| chunk.map_err(Into::into)))
    }

    /// Deletes all of a file, as far as it is there.
    pub(super) async fn delete(&self, token: &str) -> Result<(), BlobError> {
        for part in [Part::Whole, Part::Thumb] {
            match self.store.delete(&part.path(token)).await.map_err(Into::into) {
                Ok(()) | Err(BlobError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The variables of the environment that are text.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::{bucket::Bucket, *};

    /// One that needs several requests to be written.
    const LARGE: usize = 12 * 1024 * 1024;

    #[tokio::test]
    async fn a_bucket_keeps_small_and_large_files_under_its_prefix() {
        let bucket = Bucket::start().await;
        let settings = [
            ("AWS_ENDPOINT", format!("http://{}", bucket.address)),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "local".to_owned()),
            ("AWS_ACCESS_KEY_ID", "id".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("PATH", "/bin".to_owned()),
        ];
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
        let blobs = Blobs::at("s3://bucket/chat", settings).unwrap();
        blobs.put("token", Part::Whole, &b"hello"[..]).await.unwrap();
        assert_eq!(read(&blobs, None).await.unwrap(), b"hello");
        assert_eq!(read(&blobs, Some(1..3)).await.unwrap(), b"el");
        let large: Vec<u8> = (0..LARGE).map(|n| (n / 4_096) as u8).collect();
        blobs.put("token", Part::Whole, &large[..]).await.unwrap();
        assert!(read(&blobs, None).await.unwrap() == large);
        let names: Vec<_> = bucket.objects.lock().unwrap().keys().cloned().collect();
        assert_eq!(names, ["bucket/chat/token"]);
        blobs.delete("token").await.unwrap();
        assert!(bucket.objects.lock().unwrap().is_empty());
        assert!(matches!(read(&blobs, None).await, Err(BlobError::Missing)));
    }

    async fn read(blobs: &Blobs, range: Option<Range<u64>>) -> Result<Vec<u8>, BlobError> {
        let chunks: Vec<Bytes> = blobs.get("token", Part::Whole, range).await?.try_collect().await?;
        Ok(chunks.concat())
    }

    #[tokio::test]
    async fn what_is_kept_is_had_whole_or_in_part_until_it_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::in_directory(&dir.path().join("files")).unwrap();
        blobs.put("token", Part::Whole, &b"hello"[..]).await.unwrap();
        blobs.put("token", Part::Thumb, &b"h"[..]).await.unwrap();
        assert_eq!(read(&blobs, None).await.unwrap(), b"hello");
        assert_eq!(read(&blobs, Some(1..3)).await.unwrap(), b"el");
        blobs.delete("token").await.unwrap();
        blobs.delete("token").await.unwrap();
        assert!(matches!(read(&blobs, None).await, Err(BlobError::Missing)));
        assert_eq!(std::fs::read_dir(dir.path().join("files")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn content_that_breaks_off_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::in_directory(dir.path()).unwrap();
        let broken = tokio_util::io::StreamReader::new(futures_util::stream::iter([
            Ok(Bytes::from_static(b"hel")),
            Err(io::Error::from(io::ErrorKind::StorageFull)),
        ]));
        let put = blobs.put("token", Part::Whole, broken).await;
        assert!(matches!(put, Err(BlobError::Full)), "{put:?}");
        assert!(matches!(read(&blobs, None).await, Err(BlobError::Missing)));
    }
}
