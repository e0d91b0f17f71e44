//! ENC: value encoding.

use super::*;

#[test]
fn enc_01_headers_are_utf_8() {
    for version in Version::ALL {
        for octets in [&b"a\xffb"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"] {
            let head = [b"SEND\nfoo:", octets, b"\n\n\0"].concat();
            assert_eq!(error(version, head), "invalid-utf8", "{octets:?}");
        }
    }
}

#[test]
fn enc_02_1_2_decodes_four_escapes_in_names_and_values() {
    let frame = frame(V1_2, "MESSAGE\na\\cb\\nc:\\r\\n\\c\\\\\n\n\0");
    assert_eq!(frame.headers().iter().collect::<Vec<_>>(), [("a:b\nc", "\r\n:\\")]);
}

#[test]
fn enc_03_1_1_decodes_three_escapes() {
    assert_eq!(foo(V1_1, "\\n\\c\\\\"), "\n:\\");
}

#[test]
fn enc_04_an_undefined_escape_is_fatal() {
    for version in SINCE_1_1 {
        for value in ["a\\tb", "\\0", "\\C", "\\ "] {
            assert_eq!(error(version, format!("SEND\nfoo:{value}\n\n\0")), "bad-escape", "{value}");
            assert_eq!(error(version, format!("SEND\n{value}:foo\n\n\0")), "bad-escape", "{value}");
        }
    }
    assert_eq!(error(V1_1, "SEND\nfoo:a\\rb\n\n\0"), "bad-escape");
}

#[test]
fn enc_05_a_backslash_at_the_end_is_undefined() {
    for version in SINCE_1_1 {
        for line in ["foo:ab\\", "foo\\:ab", "foo:\\\\\\"] {
            assert_eq!(error(version, format!("SEND\n{line}\n\n\0")), "bad-escape", "{line}");
        }
    }
}

#[test]
fn enc_06_connect_and_connected_do_not_escape() {
    for version in Version::ALL {
        for command in ["CONNECT", "CONNECTED"] {
            let decoded = frame(version, format!("{command}\npasscode:a\\tb\\\n\n\0"));
            assert_eq!(decoded.headers().get("passcode"), Some("a\\tb\\"));
            assert_eq!(
                written(&decoded, version).as_deref(),
                Ok(&*format!("{command}\npasscode:a\\tb\\\n\n\0"))
            );
        }
    }
}

#[test]
fn enc_07_stomp_is_handled_like_connect() {
    for version in SINCE_1_1 {
        assert_eq!(frame(version, "STOMP\nfoo:a\\nb\n\n\0").headers().get("foo"), Some("a\\nb"));
    }
}

#[test]
fn enc_08_encoding_is_the_reverse() {
    for command in [Command::Send, Command::Message, Command::Error, Command::Receipt] {
        let frame = build(command.clone(), &[("a:b", "\\\n:\r")], b"");
        assert_eq!(written(&frame, V1_2), Ok(format!("{command}\na\\cb:\\\\\\n\\c\\r\n\n\0")));
        assert_eq!(written(&frame, V1_1), Ok(format!("{command}\na\\cb:\\\\\\n\\c\r\n\n\0")), "CR is data");
    }
}

#[test]
fn enc_09_1_0_has_no_escapes() {
    assert_eq!(foo(V1_0, "a\\nb\\"), "a\\nb\\");
    assert_eq!(written(&send(&[("foo", "a\\nb:c")], b""), V1_0).as_deref(), Ok("SEND\nfoo:a\\nb:c\n\n\0"));
}

#[test]
fn enc_10_one_pass_from_left_to_right() {
    for version in SINCE_1_1 {
        assert_eq!(foo(version, "\\\\n"), "\\n");
        assert_eq!(foo(version, "\\\\\\n"), "\\\n");
        assert_eq!(foo(version, "\\\\c\\c"), "\\c:");
    }
}

#[test]
fn enc_11_spaces_are_kept() {
    for version in SINCE_1_1 {
        let frame = frame(version, "SEND\n foo :  b \n\n\0");
        assert_eq!(frame.headers().iter().collect::<Vec<_>>(), [(" foo ", "  b ")]);
        assert_eq!(written(&frame, version).as_deref(), Ok("SEND\n foo :  b \n\n\0"));
    }
}

#[test]
fn enc_12_1_0_pads_and_is_trimmed() {
    let frame = frame(V1_0, "CONNECT\nlogin: guest\n passcode :  a b  \n\n\0");
    assert_eq!(frame.headers().get("login"), Some("guest"));
    assert_eq!(frame.headers().get("passcode"), Some("a b"));
    assert_eq!(error(V1_0, "SEND\n  :b\n\n\0"), "malformed-header");
}

#[test]
fn enc_13_what_cannot_be_written_is_refused() {
    let refused = |frame: Frame, version| {
        assert_eq!(written(&frame, version), Err(EncodeError::UnencodableHeader), "{frame:?} in {version}");
    };
    for version in Version::ALL {
        for (name, value) in [("", "a"), ("a", "b\0c"), ("a\0", "b")] {
            refused(send(&[(name, value)], b""), version);
        }
        for command in [Command::Connect, Command::Stomp, Command::Connected] {
            for (name, value) in [("evil", "x\ninjected:yes"), ("a", "b\rc"), ("a:b", "c"), ("a\nb", "c")] {
                refused(build(command.clone(), &[(name, value)], b""), version);
            }
        }
    }
    for (name, value) in [("evil", "x\ninjected:yes"), ("a:b", "c"), ("a\nb", "c"), (" a", "b"), (" ", "b")] {
        refused(send(&[(name, value)], b""), V1_0);
    }
}

#[test]
fn enc_13_commands_that_cannot_be_written_are_refused() {
    for version in Version::ALL {
        for command in ["", "A\nB", "A\0", "A\r", "A\u{1}"] {
            let frame = build(Command::from(command), &[("a", "b")], b"");
            assert_eq!(written(&frame, version), Err(EncodeError::BadCommand), "{command:?} in {version}");
        }
    }
}

#[test]
fn enc_13_a_head_that_came_in_another_shape_is_written_as_it_should_be() {
    let heads = [
        (V1_0, "SEND\n a : b \nc:d\n\n\0", "SEND\na:b\nc:d\n\n\0"),
        (V1_1, "SEND\na:b\n\n\0", "SEND\na:b\n\n\0"),
        (V1_2, "SEND\r\na:b\r\n\r\n\0", "SEND\na:b\n\n\0"),
        (V1_2, "SEND\na:b\r\n\n\0", "SEND\na:b\n\n\0"),
        (V1_2, "SEND\na:b:c\n\n\0", "SEND\na:b\\cc\n\n\0"),
        (V1_2, "SEND\na:b\n\0", "SEND\na:b\n\n\0"),
        (V1_2, "SEND\n\n\0", "SEND\n\n\0"),
    ];
    for (version, head, expected) in heads {
        let mut decoder = decoder(version);
        decoder.set_leniency(stomp_proto::Leniency { missing_blank_line: true, ..Default::default() });
        let Ok(Some(Item::Frame(frame))) = decoder.decode(&mut BytesMut::from(head)) else {
            panic!("{head:?}")
        };
        for frame in [frame.detach(), frame] {
            assert_eq!(written(&frame, V1_2).as_deref(), Ok(expected), "{head:?}");
        }
    }
}

#[test]
fn enc_14_the_rules_change_at_the_frame_boundary() {
    let mut decoder = decoder(V1_2);
    let mut read = BytesMut::from("CONNECT\naccept-version:1.0\n\n\0SEND\nfoo:a\\nb\n\n\0");
    assert!(matches!(decoder.decode(&mut read), Ok(Some(Item::Frame(_)))));
    decoder.set_version(V1_0);
    let Ok(Some(Item::Frame(frame))) = decoder.decode(&mut read) else { panic!("a frame") };
    assert_eq!(frame.headers().get("foo"), Some("a\\nb"));
}

#[test]
fn enc_15_all_white_space_is_data() {
    for version in SINCE_1_1 {
        let value = "\t\u{a0}\u{2003}x\u{3000}\t";
        assert_eq!(foo(version, value), value);
        assert!(written(&send(&[("foo", value)], b""), version).is_ok_and(|wire| wire.contains(value)));
    }
}
