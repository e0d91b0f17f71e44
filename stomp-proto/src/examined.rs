//! Counts the octets that a decoder looks at, for the tests below; outside of tests it is nothing.

#[cfg(test)]
std::thread_local! {
    static EXAMINED: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// Notes that so many octets were looked at, in one pass.
#[inline(always)]
pub(crate) fn examined(octets: usize) {
    #[cfg(test)]
    EXAMINED.set(EXAMINED.get() + octets);
    #[cfg(not(test))]
    let _ = octets;
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::{DecodeError, Decoder, Leniency, Limits, simd::BLOCK};

    /// How many octets a decoder looks at in `octets`, when they come in pieces of `piece`.
    fn examined_in(octets: &[u8], piece: usize) -> (usize, Result<(), DecodeError>) {
        let mut decoder = Decoder::with_limits(Limits::unlimited());
        decoder.set_leniency(Leniency { nul_between_frames: true, ..Default::default() });
        let mut read = BytesMut::new();
        let before = EXAMINED.get();
        let outcome = octets.chunks(piece).try_for_each(|piece| {
            read.extend_from_slice(piece);
            while decoder.decode(&mut read)?.is_some() {}
            Ok(())
        });
        (EXAMINED.get() - before, outcome)
    }

    /// Holds, however `octets` are cut, that each is looked at so many times at most: but for one octet per piece,
    /// and what of the body lies in the last block of the head.
    #[track_caller]
    fn check(octets: &[u8], times: usize) {
        for piece in [1, 7, 64, octets.len()] {
            let (examined, outcome) = examined_in(octets, piece);
            let pieces = octets.len().div_ceil(piece);
            assert_eq!(outcome, Ok(()), "in pieces of {piece}");
            assert!(
                examined <= times * octets.len() + pieces + BLOCK,
                "{examined} octets in pieces of {piece}"
            );
        }
    }

    fn head(line: &str, times: usize) -> String {
        format!("SEND\n{}\nbody\0", line.repeat(times))
    }

    #[test]
    fn each_octet_of_10_000_headers_is_looked_at_once() {
        check(head("some-name:some value\n", 10_000).as_bytes(), 1);
    }

    #[test]
    fn each_octet_of_headers_to_unescape_is_looked_at_twice() {
        check(head("name:a\\c\u{e9}\r\n", 10_000).as_bytes(), 2);
    }

    #[test]
    fn each_octet_of_an_endless_header_is_looked_at_once() {
        let mut octets = b"SEND\nname:".to_vec();
        octets.resize(30_000, b'x');
        check(&octets, 1);
    }

    #[test]
    fn each_octet_of_an_endless_command_is_looked_at_once() {
        check(&[b'X'; 30_000], 1);
    }

    #[test]
    fn each_octet_of_an_endless_body_is_looked_at_once() {
        let mut octets = b"SEND\n\n".to_vec();
        octets.resize(30_000, b'x');
        check(&octets, 1);
    }

    #[test]
    fn the_octets_of_a_body_of_known_length_are_not_looked_at() {
        let octets = format!("SEND\ncontent-length:30000\n\n{}\0", "\n".repeat(30_000));
        let (examined, outcome) = examined_in(octets.as_bytes(), 10_000);
        assert_eq!(outcome, Ok(()));
        assert!(examined < 200, "{examined}");
    }

    #[test]
    fn each_of_a_flood_of_heart_beats_is_looked_at_twice() {
        // Once as a line end, and before that as a NUL that may have to be skipped.
        check(&[b'\n'; 30_000], 2);
        check(&[0; 30_000], 2);
    }

    #[test]
    fn a_small_frame_costs_no_more_than_a_block() {
        let frames = "SEND\n\n\0".repeat(10_000);
        let (examined, outcome) = examined_in(frames.as_bytes(), frames.len());
        assert_eq!(outcome, Ok(()));
        assert!(examined <= 10_000 * (BLOCK + 2), "{examined}");
    }
}
