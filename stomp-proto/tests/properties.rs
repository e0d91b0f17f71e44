//! Properties of every frame and every stream of octets.

use bytes::BytesMut;
use proptest::{collection::vec, prelude::*, sample::select};
use stomp_proto::{Command, DecodeError, Decoder, Frame, Item, Leniency, Limits, Version, encode};

const LIMITS: Limits = Limits { head: 120, headers: 4, header_line: 40, body: 60 };

fn version() -> impl Strategy<Value = Version> {
    select(&Version::ALL[..])
}

fn leniency() -> impl Strategy<Value = Leniency> {
    any::<[bool; 4]>().prop_map(
        |[crlf_before_1_2, missing_blank_line, nul_between_frames, undefined_escapes]| Leniency {
            crlf_before_1_2,
            missing_blank_line,
            nul_between_frames,
            undefined_escapes,
        },
    )
}

/// Octets that come close to frames: pieces of them, in any order.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        b"SEND",
        b"ACK",
        b"CONNECT",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\0",
        b"\n\n",
        b":",
        b"a:b",
        b"\\n",
        b"\\",
        b"\\r",
        b"content-length:",
        b"1",
        b"10",
        b" ",
        b"\xed\x95\x9c",
        b"\xff",
        b"some longer text in one line",
    ];
    let pieces: Vec<&'static [u8]> = pieces.to_vec();
    vec(select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

fn frame() -> impl Strategy<Value = Frame> {
    let text = "[a-c:\\\\\n\r \u{d55c}]{0,90}";
    let headers = vec(("[a-c:\\\\\n\r\u{d55c}]{1,12}", text), 0..16);
    (headers, vec(any::<u8>(), 0..200)).prop_map(|(headers, body)| {
        let builder = Frame::builder(Command::Message);
        let headers = headers.iter();
        headers.fold(builder, |builder, (name, value)| builder.header(name, value)).body(body).build()
    })
}

/// All that comes out of a decoder, and what is left.
fn decode<'a>(
    mut decoder: Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Item>, Result<usize, DecodeError>) {
    let mut read = BytesMut::new();
    let mut items = Vec::new();
    for piece in pieces {
        read.extend_from_slice(piece);
        loop {
            match decoder.decode(&mut read) {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break,
                Err(error) => return (items, Err(error)),
            }
        }
    }
    (items, Ok(read.len()))
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_items(
        octets in octets(), version in version(), leniency in leniency(), limited: bool,
        mut cuts in vec(0..400_usize, 0..8),
    ) {
        let decoder = || {
            let mut decoder = Decoder::with_limits(if limited { LIMITS } else { Limits::unlimited() });
            decoder.set_version(version);
            decoder.set_leniency(leniency);
            decoder
        };
        cuts.extend([0, octets.len()]);
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(octets.len()));
        cuts.sort_unstable();
        let whole = decode(decoder(), [&octets[..]]);
        prop_assert_eq!(&decode(decoder(), cuts.windows(2).map(|cut| &octets[cut[0]..cut[1]])), &whole);
        prop_assert_eq!(&decode(decoder(), octets.chunks(1)), &whole);
    }

    #[test]
    fn what_is_encoded_decodes_to_the_same_frame(frame in frame(), version in select(&[Version::V1_1, Version::V1_2][..])) {
        let mut wire = BytesMut::new();
        encode(&frame, version, &mut wire).expect("these versions can escape anything");
        let mut decoder = Decoder::with_limits(Limits::unlimited());
        decoder.set_version(version);
        let (items, rest) = decode(decoder, [&wire[..]]);
        prop_assert_eq!(rest, Ok(0));
        let [Item::Frame(decoded)] = &items[..] else { panic!("one frame") };
        prop_assert_eq!(decoded.body(), frame.body());
        let headers = decoded.headers().iter().filter(|(name, _)| *name != "content-length");
        prop_assert!(headers.eq(frame.headers().iter()));
        prop_assert_eq!(&decoded.detach(), decoded);
        let mut again = BytesMut::new();
        encode(decoded, version, &mut again).expect("a decoded frame");
        prop_assert_eq!(again, wire);
    }

    #[test]
    fn leniency_does_not_change_well_formed_frames(frame in frame(), leniency in leniency()) {
        let mut wire = BytesMut::new();
        encode(&frame, Version::V1_2, &mut wire).expect("1.2 can escape anything");
        let strict = decode(Decoder::with_limits(Limits::unlimited()), [&wire[..]]);
        let mut decoder = Decoder::with_limits(Limits::unlimited());
        decoder.set_leniency(leniency);
        prop_assert_eq!(decode(decoder, [&wire[..]]), strict);
    }
}
