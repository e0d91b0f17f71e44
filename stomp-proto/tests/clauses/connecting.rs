//! CON, NEG and HB: what a codec has of the negotiations of CONNECT and CONNECTED.

use core::time::Duration;

use stomp_proto::{ClientFrame, HeartBeat, ServerFrame};

use super::*;

#[test]
fn con_03_stomp_is_a_connect() {
    for version in SINCE_1_1 {
        let frame = frame(version, "STOMP\naccept-version:1.2\nhost:h\n\n\0");
        assert!(matches!(ClientFrame::parse(frame, version), Ok(ClientFrame::Connect(_))));
    }
}

#[test]
fn con_04_a_missing_host_is_no_fault_of_the_frame() {
    let Ok(ClientFrame::Connect(connect)) = ClientFrame::parse(frame(V1_2, "CONNECT\n\n\0"), V1_2) else {
        panic!("a CONNECT");
    };
    assert_eq!((connect.host(), connect.accept_version()), (None, None));
}

#[test]
fn con_07_connected_names_the_version() {
    for (head, version) in [("version:1.2\n", Some(V1_2)), ("", Some(V1_0)), ("version:9\n", None)] {
        let frame = frame(V1_2, format!("CONNECTED\n{head}\n\0"));
        let Ok(ServerFrame::Connected(connected)) = ServerFrame::parse(frame) else { panic!("a CONNECTED") };
        assert_eq!(connected.version(), version);
    }
}

#[test]
fn con_15_connect_and_connected_have_no_body() {
    for version in SINCE_1_1 {
        for command in ["CONNECT", "CONNECTED"] {
            assert_eq!(error(version, format!("{command}\n\nx\0")), "body-not-allowed");
        }
    }
}

#[test]
fn neg_01_no_accept_version_means_1_0() {
    assert_eq!(Version::negotiate(None, &Version::ALL), Some(V1_0));
    assert_eq!(Version::negotiate(None, &SINCE_1_1), None);
}

#[test]
fn neg_02_the_highest_common_version() {
    assert_eq!(Version::negotiate(Some("1.0,1.1,2.0"), &Version::ALL), Some(V1_1));
    assert_eq!(Version::negotiate(Some("1.0,1.1,1.2"), &[V1_0, V1_1]), Some(V1_1));
}

#[test]
fn neg_03_the_order_does_not_matter() {
    assert_eq!(Version::negotiate(Some("1.2,1.1,1.0"), &Version::ALL), Some(V1_2));
}

#[test]
fn neg_04_nothing_in_common() {
    assert_eq!(Version::negotiate(Some("9.9"), &Version::ALL), None);
    assert_eq!(Version::negotiate(Some(""), &Version::ALL), None);
}

#[test]
fn neg_05_unknown_versions_are_ignored() {
    assert_eq!(Version::negotiate(Some("0.9,x,,1.1,3"), &Version::ALL), Some(V1_1));
}

#[test]
fn neg_07_tokens_are_compared_whole_without_spaces() {
    assert_eq!(Version::negotiate(Some(" 1.1 , 1.2 "), &Version::ALL), Some(V1_2));
    assert_eq!(Version::negotiate(Some("1.10,01.2,1.2.0"), &Version::ALL), None);
}

#[test]
fn hb_01_two_numbers_of_milliseconds() {
    let expected = HeartBeat { send: Duration::from_secs(10), receive: Duration::from_secs(5) };
    assert_eq!("10000,5000".parse(), Ok(expected));
    assert_eq!(expected.to_string(), "10000,5000");
}

#[test]
fn hb_02_a_missing_header_is_0_0() {
    assert_eq!(HeartBeat::from_header(None), Ok(HeartBeat::default()));
}

#[test]
fn hb_03_and_04_each_direction_has_its_interval() {
    let side = |send, receive| HeartBeat {
        send: Duration::from_millis(send),
        receive: Duration::from_millis(receive),
    };
    let millis = Duration::from_millis;
    assert_eq!(side(1000, 0).interval_to(side(0, 5000)), Some(millis(5000)));
    assert_eq!(side(7000, 0).interval_to(side(0, 5000)), Some(millis(7000)));
    assert_eq!(side(0, 0).interval_to(side(0, 5000)), None, "cannot");
    assert_eq!(side(1000, 0).interval_to(side(0, 0)), None, "not wanted");
}

#[test]
fn hb_08_anything_else_is_malformed() {
    for value in ["", ",", "1", "1,", "1,2,3", "a,b", "-1,0", "+1,0", "1.5,0", "99999999999999999999,0"] {
        assert!(value.parse::<HeartBeat>().is_err(), "{value}");
    }
}
