//! BOD: bodies and their length.

use super::*;

#[test]
fn bod_01_only_send_message_and_error_have_a_body() {
    let without = [
        "CONNECT",
        "STOMP",
        "CONNECTED",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "BEGIN",
        "COMMIT",
        "ABORT",
        "ACK",
        "NACK",
        "DISCONNECT",
        "RECEIPT",
    ];
    for version in SINCE_1_1 {
        for command in without {
            assert_eq!(error(version, format!("{command}\n\nx\0")), "body-not-allowed");
            assert_eq!(error(version, format!("{command}\ncontent-length:1\n\nx\0")), "body-not-allowed");
            let frame = build(Command::from(command), &[], b"x");
            assert_eq!(written(&frame, version), Err(EncodeError::BodyNotAllowed));
        }
        for command in ["SEND", "MESSAGE", "ERROR"] {
            assert_eq!(frame(version, format!("{command}\n\nx\0")).body(), "x");
        }
    }
}

#[test]
fn bod_02_a_frame_of_1_0_may_have_a_body() {
    assert_eq!(frame(V1_0, "SUBSCRIBE\ndestination:/a\n\nx\0").command(), &Command::Subscribe);
}

#[test]
fn bod_03_content_length_counts_octets_on_every_frame() {
    for version in Version::ALL {
        assert_eq!(frame(version, "SEND\ncontent-length:3\n\n\0\0\0\0").body(), "\0\0\0");
        assert_eq!(frame(version, "ERROR\ncontent-length:3\n\n\u{d55c}\0").body(), "\u{d55c}");
        assert_eq!(frame(version, "SEND\ncontent-length:1\ncontent-length:2\n\nx\0").body(), "x");
        let inside = "SEND\ncontent-length:9\n\nSEND\n\n\0\n\n\0";
        assert_eq!(frame(version, inside).body(), "SEND\n\n\0\n\n");
    }
}

#[test]
fn bod_04_the_octet_behind_the_body_is_nul() {
    for version in Version::ALL {
        assert_eq!(error(version, "SEND\ncontent-length:2\n\nabc\0"), "missing-nul");
    }
}

#[test]
fn bod_05_without_content_length_the_first_nul_ends_the_frame() {
    for version in Version::ALL {
        assert_eq!(decode(version, "SEND\n\na\0b").frames[0].body(), "a");
    }
}

#[test]
fn bod_06_the_sender_states_the_length_of_every_body() {
    for version in Version::ALL {
        let wire = written(&send(&[("destination", "/q")], b"a\0b"), version);
        assert_eq!(wire.as_deref(), Ok("SEND\ndestination:/q\ncontent-length:3\n\na\0b\0"));
        let wire = written(&send(&[("content-length", "2")], b"hi"), version);
        assert_eq!(wire.as_deref(), Ok("SEND\ncontent-length:2\n\nhi\0"), "once is enough");
    }
    for length in ["1", "3", "x", ""] {
        let frame = send(&[("content-length", length)], b"hi");
        assert_eq!(written(&frame, V1_2), Err(EncodeError::ContentLengthMismatch), "{length}");
    }
}

#[test]
fn bod_07_any_frame_may_say_content_length_0() {
    for command in ["CONNECT", "ACK", "DISCONNECT", "RECEIPT"] {
        assert_eq!(frame(V1_2, format!("{command}\ncontent-length:0\n\n\0")).body(), "");
    }
}

#[test]
fn bod_08_content_length_is_a_number_that_fits() {
    for version in Version::ALL {
        for length in
            ["", "-1", "+1", "1e1", "0x1", "1.0", "2 2", "18446744073709551618", "9223372036854775808"]
        {
            let frame = format!("SEND\ncontent-length:{length}\n\nhi\0");
            assert_eq!(error(version, frame), "bad-content-length", "{length}");
        }
        assert_eq!(frame(version, "SEND\ncontent-length:002\n\nhi\0").body(), "hi");
    }
    for version in SINCE_1_1 {
        assert_eq!(error(version, "SEND\ncontent-length: 2\n\nhi\0"), "bad-content-length");
    }
}

#[test]
fn bod_09_bodies_are_not_changed() {
    for version in Version::ALL {
        assert_eq!(frame(version, "SEND\n\n\n\r\n a\r\n\0").body(), "\n\r\n a\r\n");
    }
}

#[test]
fn bod_10_content_type_is_a_header_like_others() {
    let wire = "SEND\ncontent-type:application/json;charset=utf-8\ncontent-length:2\n\n{}\0";
    assert_eq!(written(&frame(V1_2, wire), V1_2).as_deref(), Ok(wire));
}

#[test]
fn bod_11_bodies_are_octets() {
    for version in Version::ALL {
        assert_eq!(frame(version, b"SEND\ncontent-type:text/plain\n\n\xff\xfe\0").body(), &b"\xff\xfe"[..]);
    }
}

#[test]
fn bod_12_the_charset_is_kept() {
    let frame = frame(V1_2, "SEND\ncontent-type:text/plain;charset=euc-kr\n\n\0");
    assert_eq!(frame.headers().get("content-type"), Some("text/plain;charset=euc-kr"));
}

#[test]
fn bod_13_content_length_0_needs_its_nul_at_once() {
    assert_eq!(error(V1_2, "SEND\ncontent-length:0\n\nx\0"), "missing-nul");
}

#[test]
fn bod_14_an_empty_body_needs_no_content_length() {
    assert_eq!(written(&send(&[], b""), V1_2).as_deref(), Ok("SEND\n\n\0"));
}
