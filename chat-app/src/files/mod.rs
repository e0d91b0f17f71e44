//! Files: brought by members, kept, and served to those who may read the messages that carry them.
//!
//! ```text
//!  body ─▶ spool (limit, hash) ─▶ kind ─▶ picture (made anew) ─▶ blobs ─▶ store
//! ```
//!
//! What becomes content without a file, by a failure or by the end of a message, a room or an account, is noted in the
//! store before it does, and swept.

mod adopt;
mod archive;
mod blobs;
mod export;
mod kind;
mod picture;
mod prepared;
mod settings;
mod slots;
mod spool;
mod sweep;

use std::{
    io::{self, Read},
    ops::Range,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::Stream;
use image::{ImageError, ImageFormat};
use tokio::{fs, sync::Semaphore, task::spawn_blocking};

pub(crate) use self::{
    archive::{Archive, write_waiting},
    blobs::{Blobs, Part},
    picture::thumb_type,
    spool::Spool,
};
pub use self::{blobs::BlobError, settings::FileSettings};
use self::{
    kind::Kind,
    picture::Picture,
    prepared::{Content, Prepared},
    slots::Slots,
    spool::Spooled,
};
use crate::{
    Reach,
    data_dir::DataDir,
    domain::{File, FileName, MemberId, RoomId, Timestamp},
    error::{ChatError, Code},
    limits::Limits,
    store::{KeptFile, Store},
};

/// Octets of a picture of a member as it comes, at most.
pub(crate) const MAX_AVATAR: u64 = 4 * 1024 * 1024;

/// Pictures in work at once: each takes a processor and up to some hundred megabytes.
const PICTURES: usize = 2;

/// Archives of members' own data in work at once: each takes as much disk as what it is made of.
const EXPORTS: usize = 1;

/// How long content may be on its way to where it is kept.
const ON_ITS_WAY: Duration = Duration::from_secs(60 * 60);

/// The use cases of files; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    store: Arc<dyn Store>,
    limits: Arc<Limits>,
    slots: Slots,
    blobs: Blobs,
    spool: PathBuf,
    settings: FileSettings,
    pictures: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    reach: Reach,
    http: reqwest::Client,
}

/// How a picture is made anew.
type Make = fn(&[u8], ImageFormat) -> Result<Picture, ImageError>;

impl Files {
    /// Files in a directory of the server's own, or where the settings say.
    pub(crate) fn open(
        store: Arc<dyn Store>,
        limits: Arc<Limits>,
        settings: FileSettings,
        reach: Reach,
        directory: &DataDir,
    ) -> Result<Self, BlobError> {
        let blobs = Blobs::open(&settings, directory)?;
        let (pictures, exports) = (Semaphore::new(PICTURES).into(), Semaphore::new(EXPORTS).into());
        Ok(Self {
            store,
            limits,
            slots: Slots::default(),
            blobs,
            spool: directory.path().to_owned(),
            settings,
            pictures,
            exports,
            reach,
            http: reach.client(),
        })
    }

    /// What can be set.
    pub(crate) fn settings(&self) -> &FileSettings {
        &self.settings
    }

    /// Somewhere for a file that a member is about to bring, of `max_size` octets at most.
    ///
    /// # Errors
    ///
    /// [`Code::QuotaExceeded`], or a [`RateLimited`](crate::limits::RateLimited) member.
    pub(crate) async fn begin(&self, owner: MemberId, max_size: u64) -> Result<Spool, ChatError> {
        self.limits.upload(owner)?;
        self.require_room(owner, 0).await?;
        Spool::new(&self.spool, max_size, self.slots.take(owner)?).await
    }

    /// Keeps a file that may be sent in a room.
    ///
    /// # Errors
    ///
    /// [`Code::PayloadTooLarge`], [`Code::QuotaExceeded`], [`Code::BadImage`], or [`ChatError::Files`].
    pub(crate) async fn keep(
        &self,
        owner: MemberId,
        room: RoomId,
        name: FileName,
        spool: Spool,
    ) -> Result<File, ChatError> {
        let prepared = self.prepare(spool, picture::renew).await?;
        let name = name.with_extension(prepared.extensions);
        let token = self.put(owner, &prepared).await?;
        let new = prepared.as_new(&token, owner, Some(room), &name);
        let kept = self.store.add_file(new, self.settings.quota_octets()).await?;
        Ok(kept.ok_or(Code::QuotaExceeded)?)
    }

    /// Makes a picture the member's own; `None` takes away the one that it has.
    ///
    /// # Errors
    ///
    /// As for [`keep`](Self::keep).
    pub(crate) async fn set_avatar(&self, owner: MemberId, spool: Option<Spool>) -> Result<(), ChatError> {
        let Some(spool) = spool else { return Ok(self.store.remove_avatar(owner).await?) };
        let prepared = self.prepare(spool, picture::square).await?;
        if prepared.dimensions.is_none() {
            return Err(Code::BadImage.into());
        }
        let name = FileName::new("avatar").with_extension(prepared.extensions);
        let token = self.put(owner, &prepared).await?;
        let new = prepared.as_new(&token, owner, None, &name);
        let is_set = self.store.set_avatar(new, self.settings.quota_octets()).await?;
        if is_set { Ok(()) } else { Err(Code::QuotaExceeded.into()) }
    }

    /// What is known of a file, for a member who may read it.
    ///
    /// # Errors
    ///
    /// [`Code::NotFound`] or [`Code::NotParticipant`].
    pub(crate) async fn find(&self, token: &str, reader: MemberId) -> Result<KeptFile, ChatError> {
        let file = self.store.file(token, reader).await?.ok_or(Code::NotFound)?;
        if file.may_read { Ok(file) } else { Err(Code::NotParticipant.into()) }
    }

    /// Octets of a file that was found; all if no range is given.
    ///
    /// # Errors
    ///
    /// [`ChatError::Files`] alone.
    pub(crate) async fn read(
        &self,
        token: &str,
        part: Part,
        range: Option<Range<u64>>,
    ) -> Result<impl Stream<Item = Result<Bytes, BlobError>> + use<>, ChatError> {
        Ok(self.blobs.get(token, part, range).await?)
    }

    /// Refuses before content is taken what cannot be added then: what comes at once is counted when it is added.
    async fn require_room(&self, owner: MemberId, size: u64) -> Result<(), ChatError> {
        let kept = self.store.file_octets(owner).await?;
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let fits = kept.saturating_add(size) <= self.settings.quota_octets();
        if fits { Ok(()) } else { Err(Code::QuotaExceeded.into()) }
    }

    async fn prepare(&self, spool: Spool, make: Make) -> Result<Prepared, ChatError> {
        let mut spooled = spool.finish().await?;
        let looked = spawn_blocking(move || Ok((Kind::of(&mut spooled.file)?, spooled))).await;
        let looked: io::Result<_> = looked.map_err(io::Error::other).flatten();
        match looked.map_err(BlobError::from)? {
            (Kind::Other(content_type), spooled) => Ok(Prepared::of_file(spooled, content_type)),
            (Kind::Picture(format), spooled) => self.make_anew(spooled, format, make).await,
        }
    }

    async fn make_anew(
        &self,
        mut spooled: Spooled,
        format: ImageFormat,
        make: Make,
    ) -> Result<Prepared, ChatError> {
        let _permit = self.pictures.acquire().await;
        let made = spawn_blocking(move || {
            let mut octets = Vec::new();
            spooled.file.read_to_end(&mut octets)?;
            make(&octets, format).map(Prepared::of_picture)
        })
        .await;
        match made {
            Ok(Ok(picture)) => Ok(picture),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a picture is refused");
                Err(Code::BadImage.into())
            }
            Err(_) => Err(ChatError::Internal("a picture could not be made anew")),
        }
    }

    /// Keeps content under a new token.
    async fn put(&self, owner: MemberId, prepared: &Prepared) -> Result<String, ChatError> {
        self.require_room(owner, prepared.size).await?;
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
        self.store.expect_blob(&token, Timestamp::now().after(ON_ITS_WAY)).await?;
        if let Some(thumb) = &prepared.thumb {
            self.blobs.put(&token, Part::Thumb, &thumb[..]).await?;
        }
        match &prepared.content {
            Content::InMemory(octets) => self.blobs.put(&token, Part::Whole, &octets[..]).await?,
            Content::OnDisk(file) => {
                let file = file.try_clone().map_err(BlobError::from)?;
                self.blobs.put(&token, Part::Whole, fs::File::from_std(file)).await?;
            }
        }
        Ok(token)
    }
}
