//! A [`tokio_util::codec`] for [`Framed`](tokio_util::codec::Framed).
//!
//! ```
//! use stomp_proto::{Frame, Item, codec::StompCodec};
//! use tokio_util::codec::Framed;
//!
//! # fn example(socket: impl tokio::io::AsyncRead + tokio::io::AsyncWrite) {
//! // A stream of `Item` and a sink of `Frame`.
//! let framed = Framed::new(socket, StompCodec::default());
//! # }
//! ```

use std::io;

use bytes::{BufMut, BytesMut};

use crate::{DecodeError, Decoder, EncodeError, Frame, Item, Version, encode};

/// A [`Decoder`] of items and an encoder of frames and heart-beats in the same version.
///
/// ```
/// use bytes::BytesMut;
/// use stomp_proto::{Item, codec::StompCodec, compose};
/// use tokio_util::codec::{Decoder, Encoder};
///
/// let (mut codec, mut wire) = (StompCodec::default(), BytesMut::new());
/// codec.encode(compose::send("/a").body("hi").build()?, &mut wire)?;
/// codec.encode(Item::HeartBeat, &mut wire)?;
/// assert!(matches!(codec.decode(&mut wire)?, Some(Item::Frame(_))));
/// assert_eq!(codec.decode(&mut wire)?, Some(Item::HeartBeat));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct StompCodec {
    decoder: Decoder,
}

/// What can end a framed stream.
///
/// ```
/// use bytes::BytesMut;
/// use stomp_proto::codec::{CodecError, StompCodec};
/// use tokio_util::codec::Decoder;
///
/// let error = StompCodec::default().decode(&mut BytesMut::from("SEND\nno colon\n")).unwrap_err();
/// assert!(matches!(error, CodecError::Decode(_)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The peer sent something that is no frame.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A frame to send does not fit the version.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The transport failed, or ended in the middle of a frame.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl StompCodec {
    /// A codec around a decoder with limits of its own.
    ///
    /// ```
    /// use stomp_proto::{Decoder, Limits, codec::StompCodec};
    ///
    /// let codec = StompCodec::new(Decoder::with_limits(Limits::before_connect()));
    /// assert_eq!(codec.version(), stomp_proto::Version::V1_2);
    /// ```
    pub fn new(decoder: Decoder) -> Self {
        Self { decoder }
    }

    /// The version of both directions.
    pub fn version(&self) -> Version {
        self.decoder.version()
    }

    /// Changes the version of both directions, once it is negotiated.
    pub fn set_version(&mut self, version: Version) {
        self.decoder.set_version(version);
    }
}

impl tokio_util::codec::Decoder for StompCodec {
    type Item = Item;
    type Error = CodecError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Item>, CodecError> {
        Ok(self.decoder.decode(src)?)
    }
}

impl tokio_util::codec::Encoder<Item> for StompCodec {
    type Error = CodecError;

    fn encode(&mut self, item: Item, dst: &mut BytesMut) -> Result<(), CodecError> {
        match item {
            Item::Frame(frame) => tokio_util::codec::Encoder::<Frame>::encode(self, frame, dst),
            Item::HeartBeat => {
                dst.put_u8(b'\n');
                Ok(())
            }
        }
    }
}

impl tokio_util::codec::Encoder<Frame> for StompCodec {
    type Error = CodecError;

    fn encode(&mut self, frame: Frame, dst: &mut BytesMut) -> Result<(), CodecError> {
        Ok(encode(&frame, self.version(), dst)?)
    }
}
