//! All that a member brought and said, in one file.

use std::{
    fs::File,
    io::{self, Seek, Write},
};

use futures_util::TryStreamExt;
use tokio::{runtime::Handle, task::spawn_blocking};
use zip::{CompressionMethod, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{BlobError, Files, blobs::Part};
use crate::{
    domain::{MemberId, MessageId},
    error::ChatError,
};

/// Messages and files that are looked up at once.
const PAGE: i64 = 500;

/// What an archive has besides messages and files: names, and content in JSON.
pub(crate) type Documents = Vec<(&'static str, Vec<u8>)>;

impl Files {
    /// Writes an archive (ZIP) of a member's own data: `documents`, `messages.jsonl` with one message on each line, and
    /// `files/`. It is on disk, under no name.
    ///
    /// # Errors
    ///
    /// [`ChatError::Files`], or a [`RateLimited`](crate::limits::RateLimited) member.
    pub(crate) async fn export(&self, member: MemberId, documents: Documents) -> Result<File, ChatError> {
        self.limits.export(member)?;
        let _permit = self.exports.acquire().await;
        let (files, runtime) = (self.clone(), Handle::current());
        // The archive is written as files are, by waiting.
        let written = spawn_blocking(move || runtime.block_on(files.write_archive(member, documents))).await;
        written.unwrap_or(Err(ChatError::Internal("an archive could not be written")))
    }

    async fn write_archive(&self, member: MemberId, documents: Documents) -> Result<File, ChatError> {
        let file = tempfile::tempfile_in(&self.spool).map_err(BlobError::from)?;
        let mut archive = ZipWriter::new(file);
        for (name, json) in documents {
            archive.start_file(name, packed())?;
            archive.write_all(&json).map_err(BlobError::from)?;
        }
        self.write_messages(member, &mut archive).await?;
        self.write_files(member, &mut archive).await?;
        let mut file = archive.finish()?;
        file.rewind().map_err(BlobError::from)?;
        Ok(file)
    }

    async fn write_messages(&self, member: MemberId, archive: &mut ZipWriter<File>) -> Result<(), ChatError> {
        archive.start_file("messages.jsonl", packed().large_file(true))?;
        let mut after = MessageId(0);
        loop {
            let messages = self.store.messages_of(member, after, PAGE).await?;
            let Some(last) = messages.last() else { return Ok(()) };
            after = last.id;
            for message in messages {
                let mut line = serde_json::to_vec(&message.seen_by(member)).unwrap_or_default();
                line.push(b'\n');
                archive.write_all(&line).map_err(BlobError::from)?;
            }
        }
    }

    async fn write_files(&self, member: MemberId, archive: &mut ZipWriter<File>) -> Result<(), ChatError> {
        for file in self.store.files_of(member).await? {
            let mut content = match self.blobs.get(&file.token, Part::Whole, None).await {
                Err(BlobError::Missing) => continue,
                content => Box::pin(content?),
            };
            archive.start_file(format!("files/{}-{}", file.id, file.name), as_it_is().large_file(true))?;
            while let Some(octets) = content.try_next().await? {
                archive.write_all(&octets).map_err(BlobError::from)?;
            }
        }
        Ok(())
    }
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
