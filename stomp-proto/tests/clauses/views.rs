//! The headers that each command requires, by version.

use stomp_proto::{ClientFrame, FrameError, ServerFrame};

use super::*;

/// Whether a client frame with just these headers is accepted.
fn accepted(version: Version, command: &str, headers: &[&str]) -> Result<(), FrameError> {
    let lines: String = headers.iter().map(|name| format!("{name}:1\n")).collect();
    ClientFrame::parse(frame(version, format!("{command}\n{lines}\n\0")), version).map(drop)
}

#[test]
fn each_client_command_requires_its_headers() {
    let required: [(&str, [&[&str]; 3]); 9] = [
        ("SEND", [&["destination"], &["destination"], &["destination"]]),
        ("SUBSCRIBE", [&["destination"], &["destination", "id"], &["destination", "id"]]),
        ("UNSUBSCRIBE", [&["id"], &["id"], &["id"]]),
        ("ACK", [&["message-id"], &["message-id", "subscription"], &["id"]]),
        ("BEGIN", [&["transaction"], &["transaction"], &["transaction"]]),
        ("COMMIT", [&["transaction"], &["transaction"], &["transaction"]]),
        ("ABORT", [&["transaction"], &["transaction"], &["transaction"]]),
        ("CONNECT", [&[], &[], &[]]),
        ("DISCONNECT", [&[], &[], &[]]),
    ];
    for (command, by_version) in required {
        for (version, headers) in Version::ALL.into_iter().zip(by_version) {
            assert_eq!(accepted(version, command, headers), Ok(()), "{command} {version}");
            for missing in headers {
                let others: Vec<_> = headers.iter().copied().filter(|name| name != missing).collect();
                let refused = accepted(version, command, &others);
                assert!(
                    matches!(refused, Err(FrameError::MissingHeader { header, .. }) if header == *missing),
                    "{command} {version} without {missing}: {refused:?}"
                );
            }
        }
    }
}

#[test]
fn nack_came_with_1_1() {
    assert_eq!(accepted(V1_0, "NACK", &["message-id"]), Err(FrameError::UnexpectedCommand));
    assert_eq!(accepted(V1_1, "NACK", &["message-id", "subscription"]), Ok(()));
    assert_eq!(accepted(V1_2, "NACK", &["id"]), Ok(()));
}

#[test]
fn a_client_of_1_0_may_unsubscribe_by_destination() {
    assert_eq!(accepted(V1_0, "UNSUBSCRIBE", &["destination"]), Ok(()));
    assert!(accepted(V1_1, "UNSUBSCRIBE", &["destination"]).is_err());
}

#[test]
fn the_ack_mode_is_one_of_three() {
    for (mode, valid) in
        [("auto", true), ("client", true), ("client-individual", true), ("Auto", false), ("", false)]
    {
        let subscribe = frame(V1_2, format!("SUBSCRIBE\nid:0\ndestination:/a\nack:{mode}\n\n\0"));
        assert_eq!(ClientFrame::parse(subscribe, V1_2).is_ok(), valid, "{mode}");
    }
}

#[test]
fn neither_side_accepts_what_the_other_sends() {
    for command in ["CONNECTED", "MESSAGE", "RECEIPT", "ERROR", "UNKNOWN"] {
        assert_eq!(accepted(V1_2, command, &[]), Err(FrameError::UnexpectedCommand));
    }
    for command in ["CONNECT", "SEND", "ACK", "UNKNOWN"] {
        let frame = frame(V1_2, format!("{command}\n\n\0"));
        assert_eq!(ServerFrame::parse(frame).map(drop), Err(FrameError::UnexpectedCommand));
    }
}

#[test]
fn each_server_command_requires_its_headers() {
    let server = |text: &str| ServerFrame::parse(frame(V1_2, text)).map(drop);
    assert_eq!(server("MESSAGE\ndestination:/a\nmessage-id:1\nsubscription:0\n\n\0"), Ok(()));
    assert!(server("MESSAGE\ndestination:/a\n\n\0").is_err());
    assert!(server("MESSAGE\nmessage-id:1\n\n\0").is_err());
    assert_eq!(server("RECEIPT\nreceipt-id:1\n\n\0"), Ok(()));
    assert!(server("RECEIPT\n\n\0").is_err());
    assert_eq!(server("ERROR\n\n\0"), Ok(()));
}
