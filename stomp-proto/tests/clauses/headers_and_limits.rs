//! HDR and LIM: repeated headers, unknown headers, and limits.

use super::*;

const LIMITS: Limits = Limits { head: 60, headers: 3, header_line: 16, body: 8 };

fn limited(octets: impl AsRef<[u8]>) -> Decoded {
    decode_with(Decoder::with_limits(LIMITS), octets)
}

#[track_caller]
fn refused(octets: impl AsRef<[u8]>, error: DecodeError) {
    assert_eq!(limited(&octets).rest, Err(error.clone()));
    let mut decoder = Decoder::with_limits(LIMITS);
    let mut read = BytesMut::new();
    let found = octets.as_ref().iter().find_map(|octet| {
        read.extend_from_slice(&[*octet]);
        decoder.decode(&mut read).err()
    });
    assert_eq!(found, Some(error), "octet by octet");
}

#[test]
fn hdr_01_the_first_of_repeated_headers_counts() {
    let frame = frame(V1_2, "MESSAGE\nfoo:World\nfoo:Hello\n\n\0");
    assert_eq!(frame.headers().get("foo"), Some("World"));
    assert_eq!(frame.headers().get_all("foo").collect::<Vec<_>>(), ["World", "Hello"]);
    assert_eq!(written(&frame, V1_2).as_deref(), Ok("MESSAGE\nfoo:World\nfoo:Hello\n\n\0"), "in order");
}

#[test]
fn hdr_03_so_it_is_for_headers_with_a_meaning() {
    let frame = frame(V1_2, "SEND\ndestination:/a\ndestination:/b\nreceipt:1\nreceipt:2\n\n\0");
    let Ok(stomp_proto::ClientFrame::Send(send)) = stomp_proto::ClientFrame::parse(frame, V1_2) else {
        panic!("a SEND");
    };
    assert_eq!((send.destination(), send.receipt()), ("/a", Some("1")));
}

#[test]
fn hdr_04_unknown_headers_are_kept() {
    let frame = frame(V1_2, "CONNECT\nAuthorization:Bearer a.b.c\nx:y\n\n\0");
    assert_eq!(frame.headers().get("Authorization"), Some("Bearer a.b.c"));
    assert_eq!(frame.headers().len(), 2);
}

#[test]
fn lim_01_headers_are_counted() {
    assert_eq!(limited("SEND\na:1\na:2\nb:3\n\n\0").frames.len(), 1);
    refused("SEND\na:1\na:2\nb:3\nc:4\n", DecodeError::TooManyHeaders { limit: 3 });
}

#[test]
fn lim_02_a_header_line_is_measured_without_its_end() {
    assert_eq!(limited("SEND\nabcdefg:12345678\r\n\r\n\0").frames.len(), 1);
    refused("SEND\nabcdefg:123456789\r\n", DecodeError::HeaderTooLong { limit: 16 });
    refused("SEND\nabcdefg:12345678\rx", DecodeError::HeaderTooLong { limit: 16 });
    refused("A COMMAND OF THIS LENGTH\n", DecodeError::BadCommand);
}

#[test]
fn lim_02_the_head_is_measured_as_a_whole() {
    let head = "SEND\naaaaaaa:23456789\nbbbbbbb:23456789\nccccccc:23456789\n";
    assert_eq!(head.len(), 56);
    assert_eq!(limited(format!("{head}\n\0")).frames.len(), 1);
    let limits = Limits { head: 40, ..LIMITS };
    let refused = decode_with(Decoder::with_limits(limits), head);
    assert_eq!(refused.rest, Err(DecodeError::HeaderTooLong { limit: 40 }));
}

#[test]
fn lim_02_no_limit_depends_on_the_cut() {
    for octets in ["SEND\na:1\nbb:22\n\nx\0", "SEND\r\na:1\r\nbb:22\r\n\r\nx\0"] {
        for size in 0..octets.len() {
            for limits in [
                Limits { head: size as u32, ..Limits::unlimited() },
                Limits { header_line: size, ..Limits::unlimited() },
            ] {
                let whole = decode_with(Decoder::with_limits(limits), octets);
                let mut decoder = Decoder::with_limits(limits);
                let mut read = BytesMut::new();
                let outcomes = octets.bytes().map(|octet| {
                    read.extend_from_slice(&[octet]);
                    decoder.decode(&mut read)
                });
                let outcome = outcomes.collect::<Vec<_>>().into_iter().find(|outcome| *outcome != Ok(None));
                let expected = whole.rest.map(|_| whole.frames.first().cloned().map(Item::Frame));
                assert_eq!(outcome, Some(expected), "{limits:?} {octets:?}");
            }
        }
    }
}

#[test]
fn lim_03_a_body_is_measured() {
    assert_eq!(limited("SEND\n\n12345678\0").frames.len(), 1);
    assert_eq!(limited("SEND\ncontent-length:8\n\n1\x00345678\0").frames.len(), 1);
    refused("SEND\n\n123456789\0", DecodeError::BodyTooLarge { limit: 8 });
}

#[test]
fn lim_04_an_error_is_final_and_names_the_receipt() {
    let mut decoder = Decoder::with_limits(LIMITS);
    let mut read = BytesMut::from("SEND\nreceipt:a\\cb\nx:1234567890123456\n\nSEND\n\n\0");
    let error = decoder.decode(&mut read).expect_err("a line over the limit");
    assert_eq!(decoder.failed_receipt(), Some("a:b"));
    assert_eq!(decoder.decode(&mut read), Err(error));
}

#[test]
fn lim_05_a_limit_is_known_as_early_as_possible() {
    let limits = Limits { header_line: 64, ..LIMITS };
    for length in ["9", "1000000000000000", "9223372036854775807"] {
        let head = format!("SEND\ncontent-length:{length}\n\n");
        let decoded = decode_with(Decoder::with_limits(limits), head);
        assert_eq!(decoded.rest, Err(DecodeError::BodyTooLarge { limit: 8 }), "on the declared length");
    }
    refused("SEND\nan-unfinished-line", DecodeError::HeaderTooLong { limit: 16 });
    refused("SEND\n\nan unfinished body", DecodeError::BodyTooLarge { limit: 8 });
}

#[test]
fn lim_05_a_declared_length_reserves_little() {
    let mut decoder = Decoder::with_limits(Limits::unlimited());
    let mut read = BytesMut::from("SEND\ncontent-length:1000000000000000\n\n");
    assert_eq!(decoder.decode(&mut read), Ok(None));
    assert!(read.capacity() <= 2 << 20, "{} octets", read.capacity());
}
