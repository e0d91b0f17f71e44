//! Archives from the database.

use async_trait::async_trait;
use sqlx::types::Json;

use super::DbStore;
use crate::{
    domain::{File, FileId, Message, MessageId},
    store::{ArchiveStore, Result},
};

#[async_trait]
impl ArchiveStore for DbStore {
    async fn all_messages(&self, after: MessageId, limit: i64) -> Result<Vec<Message>> {
        let messages = sqlx::query_as("SELECT * FROM message_view WHERE id > $1 ORDER BY id LIMIT $2");
        Ok(messages.bind(after).bind(limit).fetch_all(self.readers()).await?)
    }

    async fn all_files(&self, after: FileId, limit: i64) -> Result<Vec<File>> {
        let files = sqlx::query_scalar("SELECT file FROM file_view WHERE id > $1 ORDER BY id LIMIT $2");
        let files: Vec<Json<File>> = files.bind(after).bind(limit).fetch_all(self.readers()).await?;
        Ok(files.into_iter().map(|Json(file)| file).collect())
    }
}
