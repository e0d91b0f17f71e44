//! Files in the database.

use async_trait::async_trait;
use sqlx::{Transaction, types::Json};

use super::{Db, DbStore, lock_member};
use crate::{
    domain::{File, FileId, MemberId, MessageId, RoomId, Timestamp},
    store::{FileStore, KeptFile, NewFile, Result},
};

#[async_trait]
impl FileStore for DbStore {
    async fn file_octets(&self, owner: MemberId) -> Result<i64> {
        Ok(sqlx::query_scalar(OCTETS).bind(owner).fetch_one(self.readers()).await?)
    }

    async fn expect_blob(&self, token: &str, due: Timestamp) -> Result<()> {
        let expect = sqlx::query("INSERT INTO stray_blob (token, due_at) VALUES ($1, $2)");
        expect.bind(token).bind(due).execute(self.writer()).await?;
        Ok(())
    }

    async fn add_file(&self, new: NewFile<'_>, quota: i64) -> Result<Option<File>> {
        let mut tx = self.write().await?;
        lock_member(&mut tx, new.owner).await?;
        let Some(id) = insert(&mut tx, new, quota).await? else { return Ok(None) };
        let file = sqlx::query_scalar("SELECT file FROM file_view WHERE id = $1").bind(id);
        let Json(file) = file.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(file))
    }

    async fn set_avatar(&self, new: NewFile<'_>, quota: i64) -> Result<bool> {
        let mut tx = self.write().await?;
        lock_member(&mut tx, new.owner).await?;
        delete_avatar(&mut tx, new.owner).await?;
        let Some(id) = insert(&mut tx, new, quota).await? else { return Ok(false) };
        let set = sqlx::query("UPDATE member SET avatar_file_id = $2, updated_at = $3 WHERE id = $1");
        set.bind(new.owner).bind(id).bind(new.now).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn remove_avatar(&self, member: MemberId) -> Result<()> {
        let mut tx = self.write().await?;
        delete_avatar(&mut tx, member).await?;
        Ok(tx.commit().await?)
    }

    async fn file(&self, token: &str, reader: MemberId) -> Result<Option<KeptFile>> {
        let file = sqlx::query_as(
            "SELECT name, content_type, size, sha256, thumb_size,
                    CASE WHEN room_id IS NULL THEN TRUE
                         WHEN message_id IS NULL THEN coalesce(owner_id = $2, FALSE)
                         ELSE EXISTS (SELECT 1 FROM message JOIN access ON access.room_id = message.room_id
                                      WHERE message.id = file.message_id AND access.member_id = $2
                                        AND message.seq > access.floor) END AS may_read
             FROM file WHERE token = $1",
        );
        Ok(file.bind(token).bind(reader).fetch_optional(self.readers()).await?)
    }

    async fn files_of(&self, owner: MemberId) -> Result<Vec<File>> {
        let files = sqlx::query_scalar(
            "SELECT file_view.file FROM file_view JOIN file ON file.id = file_view.id
             WHERE file.owner_id = $1 ORDER BY file.id",
        );
        let files: Vec<Json<File>> = files.bind(owner).fetch_all(self.readers()).await?;
        Ok(files.into_iter().map(|Json(file)| file).collect())
    }

    async fn delete_unsent_files(&self, before: Timestamp) -> Result<()> {
        let delete = sqlx::query(
            "DELETE FROM file WHERE message_id IS NULL AND room_id IS NOT NULL AND created_at < $1",
        );
        delete.bind(before).execute(self.writer()).await?;
        Ok(())
    }

    async fn stray_blobs(&self, now: Timestamp) -> Result<Vec<String>> {
        let tokens =
            sqlx::query_scalar("SELECT token FROM stray_blob WHERE due_at <= $1 ORDER BY due_at LIMIT 1000");
        Ok(tokens.bind(now).fetch_all(self.readers()).await?)
    }

    async fn forget_blob(&self, token: &str) -> Result<()> {
        let forget = sqlx::query("DELETE FROM stray_blob WHERE token = $1").bind(token);
        forget.execute(self.writer()).await?;
        Ok(())
    }
}

/// Of all that a member keeps.
const OCTETS: &str =
    "SELECT CAST(coalesce(sum(size + coalesce(thumb_size, 0)), 0) AS BIGINT) FROM file WHERE owner_id = $1";

/// Adds a file of a member that is locked; `None` if there is no room for it.
async fn insert(tx: &mut Transaction<'_, Db>, new: NewFile<'_>, quota: i64) -> Result<Option<FileId>> {
    let kept: i64 = sqlx::query_scalar(OCTETS).bind(new.owner).fetch_one(&mut **tx).await?;
    let size = new.size.saturating_add(new.thumb_size.unwrap_or_default());
    if kept.saturating_add(size) > quota {
        return Ok(None);
    }
    let (width, height) = new.dimensions.unzip();
    let id = sqlx::query_scalar(
        "INSERT INTO file (token, owner_id, room_id, name, content_type, size, sha256, width, height, thumb_size, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
    )
    .bind(new.token)
    .bind(new.owner)
    .bind(new.room)
    .bind(new.name.as_str())
    .bind(new.content_type)
    .bind(new.size)
    .bind(new.sha256)
    .bind(width)
    .bind(height)
    .bind(new.thumb_size)
    .bind(new.now)
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query("DELETE FROM stray_blob WHERE token = $1").bind(new.token).execute(&mut **tx).await?;
    Ok(Some(id))
}

async fn delete_avatar(tx: &mut Transaction<'_, Db>, member: MemberId) -> Result<()> {
    let delete =
        sqlx::query("DELETE FROM file WHERE id = (SELECT avatar_file_id FROM member WHERE member.id = $1)");
    delete.bind(member).execute(&mut **tx).await?;
    Ok(())
}

/// Whether the sender brought all these files to the room and no message carries one.
pub(super) async fn are_free(
    tx: &mut Transaction<'_, Db>,
    files: &[FileId],
    room: RoomId,
    sender: MemberId,
) -> Result<bool> {
    for file in files {
        let is_free = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM file
                            WHERE id = $1 AND room_id = $2 AND owner_id = $3 AND message_id IS NULL)",
        );
        if !is_free.bind(file).bind(room).bind(sender).fetch_one(&mut **tx).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes a message carry files, in this order.
pub(super) async fn attach(tx: &mut Transaction<'_, Db>, files: &[FileId], message: MessageId) -> Result<()> {
    for (position, file) in (0_i64..).zip(files) {
        let attach = sqlx::query("UPDATE file SET message_id = $1, position = $2 WHERE id = $3");
        attach.bind(message).bind(position).bind(file).execute(&mut **tx).await?;
    }
    Ok(())
}
