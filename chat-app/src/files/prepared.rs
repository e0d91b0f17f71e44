//! A file between its coming and its being kept.

use std::fs::File;

use sha2::{Digest, Sha256};

use super::{picture::Picture, spool::Spooled};
use crate::{
    domain::{FileName, MemberId, RoomId, Timestamp},
    store::NewFile,
};

/// A file ready to be kept.
pub(super) struct Prepared {
    pub(super) content: Content,
    pub(super) thumb: Option<Vec<u8>>,
    content_type: &'static str,
    /// What files of this kind are called after their dot; anything if there is none.
    pub(super) extensions: &'static [&'static str],
    pub(super) size: u64,
    sha256: [u8; 32],
    pub(super) dimensions: Option<(i64, i64)>,
}

/// Where its content is until then.
pub(super) enum Content {
    OnDisk(File),
    InMemory(Vec<u8>),
}

impl Prepared {
    /// A file that is kept as it came.
    pub(super) fn of_file(spooled: Spooled, content_type: &'static str) -> Self {
        Self {
            content: Content::OnDisk(spooled.file),
            thumb: None,
            content_type,
            extensions: &[],
            size: spooled.size,
            sha256: spooled.sha256,
            dimensions: None,
        }
    }

    pub(super) fn of_picture(picture: Picture) -> Self {
        Self {
            content_type: picture.format.to_mime_type(),
            extensions: picture.format.extensions_str(),
            size: picture.image.len() as u64,
            sha256: Sha256::digest(&picture.image).into(),
            dimensions: Some((picture.width.into(), picture.height.into())),
            content: Content::InMemory(picture.image),
            thumb: picture.thumb,
        }
    }

    pub(super) fn as_new<'a>(
        &'a self,
        token: &'a str,
        owner: MemberId,
        room: Option<RoomId>,
        name: &'a FileName,
    ) -> NewFile<'a> {
        NewFile {
            token,
            owner,
            room,
            name,
            content_type: self.content_type,
            size: self.size as i64,
            sha256: &self.sha256,
            dimensions: self.dimensions,
            thumb_size: self.thumb.as_ref().map(|thumb| thumb.len() as i64),
            now: Timestamp::now(),
        }
    }
}
