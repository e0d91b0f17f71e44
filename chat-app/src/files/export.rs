//! All that a member brought and said, in one file.

use std::{fs::File, io::Seek};

use zip::ZipWriter;

use super::{
    BlobError, Files,
    archive::{Archive, write_waiting},
};
use crate::{
    domain::{MemberId, Message, MessageId},
    error::ChatError,
};

/// Messages that are looked up at once.
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
        let files = self.clone();
        write_waiting(move || files.write_archive(member, documents)).await
    }

    async fn write_archive(self, member: MemberId, documents: Documents) -> Result<File, ChatError> {
        let file = tempfile::tempfile_in(&self.spool).map_err(BlobError::from)?;
        let mut archive = Archive::new(ZipWriter::new(file));
        for (name, json) in documents {
            archive.document(name, &json)?;
        }
        let messages = async |last: Option<&Message>| {
            let after = last.map_or(MessageId(0), |last| last.id);
            let messages = self.store.messages_of(member, after, PAGE).await?;
            Ok(messages.into_iter().map(|message| message.seen_by(member)).collect())
        };
        archive.lines("messages.jsonl", messages).await?;
        for file in self.store.files_of(member).await? {
            archive.file(&self.blobs, &file).await?;
        }
        let mut file = archive.finish()?;
        file.rewind().map_err(BlobError::from)?;
        Ok(file)
    }
}
