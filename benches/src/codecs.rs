//! Every codec behind one shape: a buffer of frames in, the number of frames out.

use std::hint::black_box;

use bytes::BytesMut;
use stomp_proto::{Decoder, Item, Limits};

/// Decodes all of a buffer and drops the frames; `None` when the codec refuses it.
pub type Decode = fn(&mut BytesMut) -> Option<usize>;

/// Decodes octets that come in reads of some size; `None` when the codec refuses them.
pub type DecodeInReads = fn(&[u8], usize) -> Option<usize>;

/// This workspace's codec.
pub fn stomp_proto(buffer: &mut BytesMut) -> Option<usize> {
    drain(&mut Decoder::new(), buffer)
}

/// This workspace's codec with octets that come in reads of `size`.
pub fn stomp_proto_in_reads(octets: &[u8], size: usize) -> Option<usize> {
    let mut decoder = Decoder::with_limits(Limits::unlimited());
    in_reads(octets, size, |buffer| drain(&mut decoder, buffer))
}

fn drain(decoder: &mut Decoder, buffer: &mut BytesMut) -> Option<usize> {
    let mut frames = 0;
    // Items are looked at where they were returned: moving them is the work of their user.
    loop {
        match black_box(&decoder.decode(buffer)) {
            Ok(Some(item)) => frames += usize::from(matches!(item, Item::Frame(_))),
            Ok(None) => return Some(frames),
            Err(_) => return None,
        }
    }
}

fn in_reads(
    octets: &[u8],
    size: usize,
    mut drain: impl FnMut(&mut BytesMut) -> Option<usize>,
) -> Option<usize> {
    let mut buffer = BytesMut::new();
    let reads = octets.chunks(size);
    let frames = reads.map(|read| {
        buffer.extend_from_slice(read);
        drain(&mut buffer)
    });
    frames.sum()
}

/// The STOMP crates to compare with.
#[cfg(feature = "peers")]
pub mod peers {
    use std::hint::black_box;

    use async_stomp::client::ClientCodec;
    use bytes::BytesMut;
    use iridium_stomp::StompCodec;
    use tokio_util::codec::Decoder;

    use super::in_reads;

    /// async-stomp, which decodes what servers send.
    pub fn async_stomp(buffer: &mut BytesMut) -> Option<usize> {
        drain(&mut ClientCodec::new(), buffer)
    }

    /// async-stomp with octets that come in reads of `size`.
    pub fn async_stomp_in_reads(octets: &[u8], size: usize) -> Option<usize> {
        in_reads(octets, size, |buffer| drain(&mut ClientCodec::new(), buffer))
    }

    /// iridium-stomp.
    pub fn iridium_stomp(buffer: &mut BytesMut) -> Option<usize> {
        drain(&mut StompCodec::new(), buffer)
    }

    /// iridium-stomp with octets that come in reads of `size`.
    pub fn iridium_stomp_in_reads(octets: &[u8], size: usize) -> Option<usize> {
        in_reads(octets, size, |buffer| drain(&mut StompCodec::new(), buffer))
    }

    fn drain<D: Decoder>(codec: &mut D, buffer: &mut BytesMut) -> Option<usize> {
        let mut frames = 0;
        loop {
            match black_box(&codec.decode(buffer)) {
                Ok(Some(_)) => frames += 1,
                Ok(None) => return Some(frames),
                Err(_) => return None,
            }
        }
    }

    /// stomp-parser, which takes one server frame at a time, as a vector of its own.
    pub fn stomp_parser(frame: Vec<u8>) -> Option<usize> {
        let frame = stomp_parser::server::ServerFrame::try_from(frame).ok()?;
        black_box(&frame);
        Some(1)
    }
}
