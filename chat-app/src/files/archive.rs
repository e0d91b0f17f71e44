//! Archives (ZIP) of what the service keeps.

use std::io::{self, Seek, Write};

use futures_util::TryStreamExt;
use serde::Serialize;
use tokio::{runtime::Handle, task::spawn_blocking};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{
    BlobError,
    blobs::{Blobs, Part},
};
use crate::{domain::File, error::ChatError};

/// Pages after which it is logged how far a long export has come.
const LEG: u64 = 100;

/// An archive that is being written, with one entry after the other.
#[derive(Debug)]
pub(crate) struct Archive<W: Write + Seek>(ZipWriter<W>);

impl<W: Write + Seek> Archive<W> {
    /// An empty one.
    pub(crate) fn new(zip: ZipWriter<W>) -> Self {
        Self(zip)
    }

    /// Adds an entry of these octets.
    pub(crate) fn document(&mut self, name: &str, octets: &[u8]) -> Result<(), ChatError> {
        self.0.start_file(name, packed())?;
        Ok(self.0.write_all(octets).map_err(BlobError::from)?)
    }

    /// Adds an entry of JSON lines, page by page until one is empty; each page is asked for with the last line before
    /// it. Says how many lines there are.
    pub(crate) async fn lines<T: Serialize>(
        &mut self,
        name: &str,
        mut page: impl AsyncFnMut(Option<&T>) -> Result<Vec<T>, ChatError>,
    ) -> Result<u64, ChatError> {
        self.0.start_file(name, packed().large_file(true))?;
        let (mut last, mut lines) = (None, 0);
        for number in 1_u64.. {
            let page = page(last.as_ref()).await?;
            for line in &page {
                self.line(line)?;
                lines += 1;
            }
            last = page.into_iter().next_back();
            if last.is_none() {
                break;
            }
            if number.is_multiple_of(LEG) {
                tracing::info!(name, lines, "exporting");
            }
        }
        Ok(lines)
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), ChatError> {
        let mut json = serde_json::to_vec(line).map_err(io::Error::from).map_err(BlobError::from)?;
        json.push(b'\n');
        Ok(self.0.write_all(&json).map_err(BlobError::from)?)
    }

    /// Adds a file as `files/{id}-{name}`, unless its content went meanwhile; says whether it was there.
    pub(crate) async fn file(&mut self, blobs: &Blobs, file: &File) -> Result<bool, ChatError> {
        let mut content = match blobs.get(&file.token, Part::Whole, None).await {
            Err(BlobError::Missing) => return Ok(false),
            content => Box::pin(content?),
        };
        self.0.start_file(format!("files/{}-{}", file.id, file.name), as_it_is().large_file(true))?;
        while let Some(octets) = content.try_next().await? {
            self.0.write_all(&octets).map_err(BlobError::from)?;
        }
        Ok(true)
    }

    /// Ends it.
    pub(crate) fn finish(self) -> Result<W, ChatError> {
        Ok(self.0.finish()?)
    }
}

/// Runs what writes an archive on a thread of its own, for it writes as files are written, by waiting.
pub(crate) async fn write_waiting<T: Send + 'static, Writing: Future<Output = Result<T, ChatError>>>(
    write: impl FnOnce() -> Writing + Send + 'static,
) -> Result<T, ChatError> {
    let runtime = Handle::current();
    let written = spawn_blocking(move || runtime.block_on(write())).await;
    written.unwrap_or(Err(ChatError::Internal("an archive could not be written")))
}

fn packed() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

/// Most files are packed already.
fn as_it_is() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

impl From<ZipError> for ChatError {
    fn from(error: ZipError) -> Self {
        BlobError::from(io::Error::from(error)).into()
    }
}
