//! All of a service in one archive, for whatever reads it.

use std::{
    io::{Seek, Write},
    sync::Arc,
};

use serde::Serialize;
use tracing::info;
use zip::ZipWriter;

use super::MaintenanceError;
use crate::{
    Config,
    data_dir::DataDir,
    domain::{
        AdminMember, AdminRoom, AuditEntry, FileId, LinkedAccount, MemberId, Message, MessageId, Participant,
        Report, RoomId, RoomSettings, Settings,
    },
    error::ChatError,
    files::{Archive, BlobError, Blobs, write_waiting},
    installation::Installation,
    store::{MemberQuery, Store},
};

/// Lines that are looked up at once.
const PAGE: i64 = 500;

/// Writes an archive (ZIP) of the whole service, also while servers run: `settings.json`; a line of JSON for each of
/// `members.jsonl`, `rooms.jsonl`, `messages.jsonl`, `reports.jsonl` and `audit.jsonl`; and `files/`. Passwords, keys
/// and sessions are not in it. `out` is written from its beginning to its end, and what has been written is logged.
///
/// # Errors
///
/// [`MaintenanceError`] says what to do; the archive is not whole then.
pub async fn export(config: &Config, out: impl Write + Send + 'static) -> Result<(), MaintenanceError> {
    config.check()?;
    let directory = DataDir::at(&config.data_dir);
    if config.database_url.is_none() && !directory.database().exists() {
        return Err(MaintenanceError::NoDatabase(directory.database()));
    }
    let Installation { store, .. } = Installation::open(config).await?;
    let blobs =
        Blobs::open(&config.files, &directory).map_err(|error| MaintenanceError::Start(error.into()))?;
    let kept = Arc::clone(&store);
    let written = write_waiting(move || write(kept, blobs, out)).await;
    store.close().await;
    written.map_err(MaintenanceError::Export)
}

/// A member with what is kept of it.
#[derive(Serialize)]
struct MemberLine {
    #[serde(flatten)]
    member: AdminMember,
    accounts: Vec<LinkedAccount>,
    blocked: Vec<MemberId>,
}

/// A room with who is in it.
#[derive(Serialize)]
struct RoomLine {
    #[serde(flatten)]
    room: AdminRoom,
    settings: Option<RoomSettings>,
    members: Vec<Participant>,
}

async fn write(store: Arc<dyn Store>, blobs: Blobs, out: impl Write) -> Result<(), ChatError> {
    let mut archive = Archive::new(ZipWriter::new_stream(out));
    let settings = serde_json::to_vec_pretty(&Settings::of(&store.settings().await?))?;
    archive.document("settings.json", &settings)?;
    let members = archive.lines("members.jsonl", async |last| members(&*store, last).await).await?;
    info!(members, "exported");
    let rooms = archive.lines("rooms.jsonl", async |last| rooms(&*store, last).await).await?;
    info!(rooms, "exported");
    let page = async |last: Option<&Message>| {
        let after = last.map_or(MessageId(0), |last| last.id);
        Ok(store.all_messages(after, PAGE).await?)
    };
    let messages = archive.lines("messages.jsonl", page).await?;
    info!(messages, "exported");
    let page = async |last: Option<&Report>| Ok(store.reports(None, last.map(|last| last.id), PAGE).await?);
    let reports = archive.lines("reports.jsonl", page).await?;
    info!(reports, "exported");
    let page = async |last: Option<&AuditEntry>| Ok(store.audit_log(last.map(|last| last.id), PAGE).await?);
    let entries = archive.lines("audit.jsonl", page).await?;
    info!(entries, "exported");
    let files = write_files(&*store, &blobs, &mut archive).await?;
    info!(files, "exported");
    Ok(archive.finish()?.flush().map_err(BlobError::from)?)
}

async fn members(store: &dyn Store, last: Option<&MemberLine>) -> Result<Vec<MemberLine>, ChatError> {
    let after = last.map_or(MemberId(0), |last| last.member.id);
    let query = MemberQuery { except: MemberId(0), name: "", after, limit: PAGE };
    let mut lines = Vec::new();
    for member in store.all_members(query).await? {
        let (accounts, blocked) = (store.linked(member.id).await?, store.blocked(member.id).await?);
        lines.push(MemberLine { member, accounts, blocked });
    }
    Ok(lines)
}

async fn rooms(store: &dyn Store, last: Option<&RoomLine>) -> Result<Vec<RoomLine>, ChatError> {
    let after = last.map_or(RoomId(0), |last| last.room.room_id);
    let mut lines = Vec::new();
    for room in store.all_rooms("", after, PAGE).await? {
        let settings = store.room_settings(room.room_id).await?;
        let members = store.participants(room.room_id).await?;
        lines.push(RoomLine { room, settings, members });
    }
    Ok(lines)
}

/// Says how many files there are.
async fn write_files<W: Write + Seek>(
    store: &dyn Store,
    blobs: &Blobs,
    archive: &mut Archive<W>,
) -> Result<u64, ChatError> {
    let (mut after, mut written) = (FileId(0), 0);
    loop {
        let files = store.all_files(after, PAGE).await?;
        let Some(last) = files.last() else { return Ok(written) };
        after = last.id;
        for file in &files {
            written += u64::from(archive.file(blobs, file).await?);
        }
    }
}
