//! What an archive of the whole service takes, page by page.

use async_trait::async_trait;

use super::Result;
use crate::domain::{File, FileId, Message, MessageId};

/// Everything, without regard to who may read it.
#[async_trait]
pub trait ArchiveStore {
    /// Messages of all rooms in the order of their ids, from behind `after` on.
    async fn all_messages(&self, after: MessageId, limit: i64) -> Result<Vec<Message>>;

    /// Files of all members in the order of their ids, from behind `after` on.
    async fn all_files(&self, after: FileId, limit: i64) -> Result<Vec<File>>;
}
