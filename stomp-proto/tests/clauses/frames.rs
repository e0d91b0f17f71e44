//! GEN and FRM: the grammar of frames.

use super::*;

#[test]
fn gen_03_a_destination_is_opaque() {
    for destination in ["/queue/../a", " /a ", "", "no slash", "%2Fa", "/방"] {
        let frame = frame(V1_2, format!("SEND\ndestination:{destination}\n\n\0"));
        assert_eq!(frame.headers().get("destination"), Some(destination));
    }
}

#[test]
fn gen_04_any_code_point_survives() {
    for version in SINCE_1_1 {
        assert_eq!(foo(version, "방:값😀\u{feff}\u{10ffff}"), "방:값😀\u{feff}\u{10ffff}");
    }
}

#[test]
fn gen_05_the_outcome_does_not_depend_on_the_cut() {
    let octets =
        b"\nSEND\r\nfoo:a\\cb\r\ncontent-length:3\n\n\0\0\0\0\nSEND\n\xed\x95\x9c:1\n\nx\0ACK\nbad\n";
    let whole = decode(V1_2, octets);
    for cut in 0..=octets.len() {
        let mut decoder = decoder(V1_2);
        let mut read = BytesMut::new();
        let mut frames = Vec::new();
        let mut error = None;
        for piece in [&octets[..cut], &octets[cut..]] {
            read.extend_from_slice(piece);
            loop {
                match decoder.decode(&mut read) {
                    Ok(Some(Item::Frame(frame))) => frames.push(frame),
                    Ok(Some(Item::HeartBeat)) => {}
                    Ok(None) => break,
                    Err(found) => {
                        error = Some(found);
                        break;
                    }
                }
            }
        }
        assert_eq!((&frames, error), (&whole.frames, whole.rest.clone().err()), "cut at {cut}");
    }
}

#[test]
fn frm_01_command_headers_blank_line_body_nul() {
    for version in Version::ALL {
        let frame = frame(version, "SEND\ndestination:/q\n\nhi\0");
        assert_eq!(frame.command(), &Command::Send);
        assert_eq!(frame.headers().iter().collect::<Vec<_>>(), [("destination", "/q")]);
        assert_eq!(frame.body(), "hi");
    }
}

#[test]
fn frm_02_a_line_of_1_2_may_end_in_cr_lf() {
    let frame = frame(V1_2, "SEND\r\nfoo:bar\r\nx:y\n\r\nh\ri\r\n\0");
    assert_eq!(frame.headers().get("foo"), Some("bar"));
    assert_eq!(frame.headers().get("x"), Some("y"));
    assert_eq!(frame.body(), "h\ri\r\n");
    assert_eq!(decode(V1_2, "\r\n\n\r\n").heart_beats, 3);
}

#[test]
fn frm_03_before_1_2_a_cr_is_data() {
    for version in [V1_0, V1_1] {
        assert_eq!(foo(version, "bar\r"), "bar\r");
        assert_eq!(foo(version, "b\rar"), "b\rar");
    }
}

#[test]
fn frm_04_a_frame_may_have_no_headers() {
    for version in Version::ALL {
        assert!(frame(version, "DISCONNECT\n\n\0").headers().is_empty());
    }
}

#[test]
fn frm_05_only_the_first_blank_line_counts() {
    assert_eq!(frame(V1_2, "SEND\n\n\n\nx\0").body(), "\n\nx");
}

#[test]
fn frm_06_a_body_of_known_length_still_ends_in_nul() {
    assert_eq!(decode(V1_2, "SEND\ncontent-length:2\n\nhi").rest, Ok(25));
}

#[test]
fn frm_07_any_number_of_eols_between_frames() {
    for between in ["", "\n", "\n\n\n"] {
        let decoded = decode(V1_2, format!("SEND\n\n\0{between}SEND\n\n\0"));
        assert_eq!((decoded.frames.len(), decoded.heart_beats), (2, between.len()));
    }
}

#[test]
fn frm_08_nothing_else_between_frames() {
    for between in [" ", "\t", "\0"] {
        let decoded = decode(V1_2, format!("SEND\n\n\0{between}SEND\nfoo:bar\n\n\0"));
        assert_eq!(decoded.frames[0].command(), &Command::Send);
        let next = decoded.frames.get(1).map(Frame::command);
        assert!(decoded.rest.is_err() || matches!(next, Some(Command::Other(_))), "{between:?}");
    }
}

#[test]
fn frm_09_names_are_case_sensitive() {
    for command in ["send", "SEND ", "Send"] {
        let other = frame(V1_2, format!("{command}\n\n\0"));
        assert_eq!(other.command(), &Command::from(command));
    }
    let frame = frame(V1_2, "SEND\nContent-Length:1\n\nhi\0");
    assert_eq!(frame.body(), "hi");
    assert_eq!(frame.headers().get("content-length"), None);
}

#[test]
fn frm_10_every_command_is_known() {
    let commands = [
        "CONNECT",
        "STOMP",
        "SEND",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "BEGIN",
        "COMMIT",
        "ABORT",
        "ACK",
        "NACK",
        "DISCONNECT",
        "CONNECTED",
        "MESSAGE",
        "RECEIPT",
        "ERROR",
    ];
    for name in commands {
        let frame = frame(V1_2, format!("{name}\n\n\0"));
        assert_eq!(frame.command().as_str(), name);
        assert!(!matches!(frame.command(), Command::Other(_)), "{name}");
    }
}

#[test]
fn frm_11_a_header_splits_at_its_first_colon() {
    let frame = frame(V1_2, "SEND\na:b:c\ne:\n\n\0");
    assert_eq!(frame.headers().get("a"), Some("b:c"));
    assert_eq!(frame.headers().get("e"), Some(""));
}

#[test]
fn frm_12_a_line_without_name_or_colon_is_fatal() {
    for version in Version::ALL {
        for line in ["nocolon", ":value", ":"] {
            let decoded = decode(version, format!("SEND\n{line}\n\n\0SEND\n\n\0"));
            assert_eq!(decoded.rest.expect_err("an error").kind(), "malformed-header", "{line}");
            assert!(decoded.frames.is_empty());
        }
    }
}

#[test]
fn frm_13_a_cr_of_1_2_stands_before_lf_only() {
    for octets in [
        "SEND\nfoo:a\rb\n\n\0",
        "SE\rND\n\n\0",
        "SEND\nfoo:a\r\r\n\n\0",
        "SEND\n\rfoo:a\n\n\0",
        "\rSEND\n\n\0",
    ] {
        assert_eq!(error(V1_2, octets), "stray-cr", "{octets:?}");
    }
}

#[test]
fn frm_14_a_raw_colon_in_a_value_is_accepted() {
    for version in Version::ALL {
        let frame = frame(version, "CONNECT\nhost:localhost:61613\n\n\0");
        assert_eq!(frame.headers().get("host"), Some("localhost:61613"));
        assert_eq!(foo(version, "a:b"), "a:b");
    }
}

#[test]
fn frm_15_a_nul_in_the_head_is_refused_at_once() {
    for version in Version::ALL {
        let heads = [
            "DISCONNECT\nreceipt:77\n\0",
            "SEND\nfoo:b\0",
            "SEND\nfoo:b\0ar\n\n\0",
            "SEND\nfoo\0",
            "SEND\nfoo\0:bar\n\n\0",
        ];
        for head in heads {
            assert_eq!(error(version, head), "nul-in-header", "{head:?}");
        }
        assert_eq!(error(version, "SEND\0"), "bad-command");
    }
}

#[test]
fn frm_16_every_proper_prefix_waits() {
    let octets = "SEND\r\nfoo:bar\r\ncontent-length:2\r\n\r\nhi\0";
    for length in 0..octets.len() {
        let decoded = decode(V1_2, &octets[..length]);
        assert_eq!((decoded.frames.len(), decoded.rest), (0, Ok(length)));
    }
}

#[test]
fn frm_17_heart_beats_are_items_and_disturb_no_frame() {
    let decoded = decode(V1_1, "\n\n\nSEND\n\n\0\n");
    assert_eq!((decoded.frames.len(), decoded.heart_beats, decoded.rest), (1, 4, Ok(0)));
}

#[test]
fn frm_18_eols_before_the_first_frame() {
    for version in Version::ALL {
        assert_eq!(decode(version, "\nCONNECT\n\n\0").frames.len(), 1);
    }
}

#[test]
fn frm_19_a_command_is_utf_8_without_a_bom() {
    let frame = frame(V1_2, b"\xef\xbb\xbfSEND\n\n\0");
    assert_eq!(frame.command(), &Command::from("\u{feff}SEND"));
    assert!(["bad-command", "invalid-utf8"].contains(&error(V1_2, b"S\xffND\n\n\0")));
}
