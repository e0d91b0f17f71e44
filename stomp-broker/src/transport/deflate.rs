//! Compression of WebSocket messages by permessage-deflate (RFC 7692), each message on its own: neither side keeps a
//! window, so that a connection costs no more memory and all subscribers of a message share one compressed copy.
//!
//! What one subscription has of its own goes in front of that copy as a block that is stored as it is:
//!
//! ```text
//! 00 LEN NLEN | MESSAGE\nsubscription:0\n | message-id:m-1\n… deflated, up to a sync flush
//! └──────── stored block, section 3.2.4 of RFC 1951 ─┘     └─── shared by all ───┘
//! ```

use std::cell::RefCell;

use bytes::Bytes;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use http::{HeaderMap, header::SEC_WEBSOCKET_EXTENSIONS};

/// The answer to an offer that is [acceptable](is_offered).
pub(super) const ACCEPTED: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// Less than this is not worth the work, nor the window that the peer has to set up.
const WORTHWHILE: usize = 256;

/// The end of a sync flush, which is left out on the wire (section 7.2.1).
const FLUSHED: [u8; 4] = [0, 0, 0xFF, 0xFF];

thread_local! {
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Whether the client offers compression on terms that need nothing more than to agree (section 7.1).
pub(super) fn is_offered(headers: &HeaderMap) -> bool {
    let values = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(is_acceptable)
}

fn is_acceptable(offer: &str) -> bool {
    let mut parts = offer.split(';').map(str::trim);
    parts.next() == Some("permessage-deflate")
        && parts.all(|parameter| match parameter.split_once('=') {
            None => matches!(
                parameter,
                "server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits"
            ),
            // The client may use less than what is always understood here. Asking the server to is not met.
            Some((name, bits)) => {
                name == "client_max_window_bits"
                    && bits.trim_matches('"').parse().is_ok_and(|bits: u8| (8..=15).contains(&bits))
            }
        })
}

/// The octets, compressed; `None` when that would gain nothing.
pub(crate) fn compress(octets: &[u8]) -> Option<Bytes> {
    if octets.len() < WORTHWHILE {
        return None;
    }
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        // What does not fit is not smaller.
        let mut compressed = Vec::with_capacity(octets.len());
        deflate.compress_vec(octets, &mut compressed, FlushCompress::Sync).ok()?;
        let is_whole = deflate.total_in() == octets.len() as u64 && compressed.ends_with(&FLUSHED);
        is_whole.then(|| {
            compressed.truncate(compressed.len() - FLUSHED.len());
            compressed.shrink_to_fit();
            compressed.into()
        })
    })
}

/// What begins the payload of a message, ahead of `prefix` and of what was [`compress`]ed. `None` if the prefix is longer
/// than a stored block.
pub(super) fn stored(prefix: &[u8]) -> Option<[u8; 5]> {
    let length = u16::try_from(prefix.len()).ok()?;
    let ([low, high], [not_low, not_high]) = (length.to_le_bytes(), (!length).to_le_bytes());
    Some([0, low, high, not_low, not_high])
}

/// Why a message cannot be decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InflateError {
    /// It would be larger than the limit.
    TooLarge,
    /// It is not deflated.
    Malformed,
}

/// Decompresses the payload of a message, of up to `limit` octets: no more than that is ever made of it.
pub(super) fn inflate(payload: &[u8], limit: usize) -> Result<Vec<u8>, InflateError> {
    INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        let mut message = Vec::new();
        for mut input in [payload, &FLUSHED] {
            while !input.is_empty() || message.len() == message.capacity() {
                make_room(&mut message, input.len(), limit)?;
                let before = inflate.total_in();
                let status = inflate
                    .decompress_vec(input, &mut message, FlushDecompress::Sync)
                    .map_err(|_| InflateError::Malformed)?;
                let taken = usize::try_from(inflate.total_in() - before).unwrap_or(input.len());
                input = input.get(taken..).unwrap_or_default();
                match status {
                    // A last block is allowed; what pads it means nothing (section 7.2.3.4).
                    Status::StreamEnd => return within(message, limit),
                    Status::BufError if taken == 0 && message.len() < message.capacity() => break,
                    Status::Ok | Status::BufError => {}
                }
            }
        }
        within(message, limit)
    })
}

/// Room for about as much as came so far, and never for more than one octet over the limit.
fn make_room(message: &mut Vec<u8>, input: usize, limit: usize) -> Result<(), InflateError> {
    if message.len() > limit {
        return Err(InflateError::TooLarge);
    }
    if message.len() == message.capacity() {
        let more = message.len().max(4 * input).max(WORTHWHILE);
        message.reserve_exact(more.min(limit + 1 - message.len()));
    }
    Ok(())
}

fn within(message: Vec<u8>, limit: usize) -> Result<Vec<u8>, InflateError> {
    if message.len() > limit { Err(InflateError::TooLarge) } else { Ok(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(size: usize) -> Vec<u8> {
        (0..size).map(|at| b"the quick brown fox "[at % 20]).collect()
    }

    fn payload(prefix: &[u8], compressed: &[u8]) -> Vec<u8> {
        [&stored(prefix).unwrap()[..], prefix, compressed].concat()
    }

    #[test]
    fn a_prefix_and_a_shared_tail_make_one_message() {
        for size in [WORTHWHILE, 1000, 5000, 300_000] {
            let compressed = compress(&text(size)).unwrap();
            assert!(compressed.len() < size / 2);
            for prefix in [&b"MESSAGE\nsubscription:0\n"[..], b"", &[b'x'; 0xFFFF]] {
                let message = inflate(&payload(prefix, &compressed), usize::MAX / 2).unwrap();
                assert!(message == [prefix, &text(size)].concat(), "{size}");
            }
        }
        assert_eq!(stored(&[b'x'; 0x1_0000]), None);
    }

    #[test]
    fn what_does_not_shrink_is_left_alone() {
        let noise: Vec<u8> = (0..2000).map(|_| rand::random()).collect();
        assert_eq!(compress(&noise), None);
        assert_eq!(compress(&text(WORTHWHILE - 1)), None);
    }

    #[test]
    fn a_message_up_to_the_limit_is_decompressed_and_none_over_it() {
        let size = 100_000;
        let bomb = payload(b"", &compress(&vec![0; size]).unwrap());
        assert!(bomb.len() < 1000);
        assert_eq!(inflate(&bomb, size).map(|message| message.len()), Ok(size));
        for limit in [0, 1, 1000, size - 1] {
            assert_eq!(inflate(&bomb, limit), Err(InflateError::TooLarge), "{limit}");
        }
    }

    #[test]
    fn what_is_not_deflated_is_refused_and_a_last_block_is_not() {
        assert_eq!(inflate(&[0xFF; 20], 1000), Err(InflateError::Malformed));
        // Section 7.2.3.4: "Hello" in a block with BFINAL, padded.
        let last = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00];
        assert_eq!(inflate(&last, 1000).as_deref(), Ok(&b"Hello"[..]));
        // Section 7.2.3.1: "Hello" in one block; section 7.2.3.3: in a stored one.
        assert_eq!(inflate(&[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], 5).as_deref(), Ok(&b"Hello"[..]));
        let stored = [0, 5, 0, 0xFA, 0xFF, b'H', b'e', b'l', b'l', b'o', 0];
        assert_eq!(inflate(&stored, 5).as_deref(), Ok(&b"Hello"[..]));
        assert_eq!(inflate(b"", 0).as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn offers_are_taken_that_ask_for_nothing_of_the_server_s_window() {
        let is_offered = |offers: &[&str]| {
            let offers = offers.iter().map(|offer| (SEC_WEBSOCKET_EXTENSIONS, offer.parse().unwrap()));
            is_offered(&offers.collect())
        };
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate;client_max_window_bits=10; server_no_context_takeover",
            "x-unknown, permessage-deflate; server_max_window_bits=10, permessage-deflate",
        ] {
            assert!(is_offered(&[offer]), "{offer}");
        }
        assert!(is_offered(&["x-unknown", "permessage-deflate"]));
        for offer in [
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=x",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; unknown",
            "x-permessage-deflate",
            "",
        ] {
            assert!(!is_offered(&[offer]), "{offer}");
        }
        assert!(!is_offered(&[]));
    }
}
