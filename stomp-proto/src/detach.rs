//! Copies small octet strings into shared memory with one allocation.

use bytes::Bytes;

/// `head` and `body` behind each other in memory of their own.
///
/// A [`Bytes`] of a vector takes a second allocation for its count once it is shared; up to 4 KiB the count
/// lies in front of the octets instead, in the next larger of a few sizes.
pub(crate) fn detached(head: &[u8], body: &[u8]) -> Bytes {
    match head.len() + body.len() {
        0..=256 => inline::<256>(head, body),
        257..=512 => inline::<512>(head, body),
        513..=1024 => inline::<1024>(head, body),
        1025..=2048 => inline::<2048>(head, body),
        2049..=4096 => inline::<4096>(head, body),
        _ => Bytes::from([head, body].concat()),
    }
}

struct Inline<const N: usize> {
    octets: [u8; N],
    length: usize,
}

impl<const N: usize> AsRef<[u8]> for Inline<N> {
    fn as_ref(&self) -> &[u8] {
        &self.octets[..self.length]
    }
}

fn inline<const N: usize>(head: &[u8], body: &[u8]) -> Bytes {
    let length = head.len() + body.len();
    let mut octets = [0; N];
    octets[..head.len()].copy_from_slice(head);
    octets[head.len()..length].copy_from_slice(body);
    Bytes::from_owner(Inline { octets, length })
}
