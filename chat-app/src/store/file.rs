//! Storing what is known of files; their content is kept elsewhere, under their tokens.

use async_trait::async_trait;

use super::Result;
use crate::domain::{File, FileName, MemberId, RoomId, Timestamp};

/// Files and pictures of members.
#[async_trait]
pub trait FileStore {
    /// Octets of all that a member keeps.
    async fn file_octets(&self, owner: MemberId) -> Result<i64>;

    /// Notes that content comes under a token, to be deleted when `due` if no file is added for it.
    async fn expect_blob(&self, token: &str, due: Timestamp) -> Result<()>;

    /// Adds a file that no message carries yet; `None` if its owner would keep more octets than `quota` then.
    async fn add_file(&self, new: NewFile<'_>, quota: i64) -> Result<Option<File>>;

    /// Makes a file of no room its owner's picture; the one before is gone. `false`, and nothing is changed, if its
    /// owner would keep more octets than `quota` then.
    async fn set_avatar(&self, new: NewFile<'_>, quota: i64) -> Result<bool>;

    /// Takes a member's picture away.
    async fn remove_avatar(&self, member: MemberId) -> Result<()>;

    /// The file of a token, and whether the member may read it: a picture of a member by anyone, a file by who may
    /// read its message, and by its owner alone as long as no message carries it.
    async fn file(&self, token: &str, reader: MemberId) -> Result<Option<KeptFile>>;

    /// All that a member sent or may send, and its picture.
    async fn files_of(&self, owner: MemberId) -> Result<Vec<File>>;

    /// Deletes files that are older than that and that no message carries.
    async fn delete_unsent_files(&self, before: Timestamp) -> Result<()>;

    /// Tokens whose content is due to be deleted, some of them.
    async fn stray_blobs(&self, now: Timestamp) -> Result<Vec<String>>;

    /// Notes that it is deleted.
    async fn forget_blob(&self, token: &str) -> Result<()>;
}

/// A file to add.
#[derive(Debug, Clone, Copy)]
pub struct NewFile<'a> {
    /// What its content is kept under, and its name in URLs: not to be guessed.
    pub token: &'a str,
    /// Who brings it.
    pub owner: MemberId,
    /// Where it may be sent; none for a picture of the owner.
    pub room: Option<RoomId>,
    /// What the owner calls it.
    pub name: &'a FileName,
    /// What it is by its content.
    pub content_type: &'a str,
    /// Octets.
    pub size: i64,
    /// Of its content.
    pub sha256: &'a [u8],
    /// Width and height in pixels, of a picture.
    pub dimensions: Option<(i64, i64)>,
    /// Octets of a small picture of it, if there is one.
    pub thumb_size: Option<i64>,
    /// The time now.
    pub now: Timestamp,
}

/// A file as it is served.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KeptFile {
    /// What its owner calls it.
    pub name: String,
    /// What it is by its content.
    pub content_type: String,
    /// Octets.
    pub size: i64,
    /// Of its content.
    pub sha256: Vec<u8>,
    /// Octets of a small picture of it, if there is one.
    pub thumb_size: Option<i64>,
    /// Whether the member who asks may have it.
    pub may_read: bool,
}
