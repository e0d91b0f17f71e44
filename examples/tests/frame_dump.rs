//! Runs `frame-dump` as a process.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

/// Starts the example, which `cargo test` builds with the tests unless it is told which targets to build.
fn start(args: &[&str]) -> Child {
    let test = std::env::current_exe().expect("the path of the test");
    let profile = test.ancestors().nth(2).expect("the folder of the profile");
    let program: PathBuf =
        profile.join("examples").join(format!("frame-dump{}", std::env::consts::EXE_SUFFIX));
    Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("frame-dump starts")
}

fn run(args: &[&str], input: &[u8]) -> Output {
    let mut child = start(args);
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input).expect("frame-dump reads");
    drop(stdin);
    child.wait_with_output().expect("frame-dump ends")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn items_come_out_alike_at_every_chunk_size() {
    let input = b"\nSEND\ndestination:/a\nx:1\nx:a\\cb\n\nhi\0\r\nACK\nid:";
    let expected = concat!(
        "{\"heartbeat\":true}\n",
        "{\"frame\":{\"command\":\"SEND\",\"headers\":[[\"destination\",\"/a\"],[\"x\",\"1\"],[\"x\",\"a:b\"]],",
        "\"body\":\"aGk=\"}}\n",
        "{\"heartbeat\":true}\n",
        "{\"incomplete\":true}\n",
    );
    for chunk in ["1", "2", "7", "4096"] {
        let output = run(&["--chunk", chunk], input);
        assert_eq!(json_lines(&stdout(&output)), json_lines(expected), "chunks of {chunk}");
        assert!(output.status.success());
    }
}

fn json_lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

#[test]
fn frames_before_an_error_are_printed_and_the_status_is_1() {
    let output = run(&[], b"DISCONNECT\n\n\0SEND\nnocolon\n\n\0");
    let lines = json_lines(&stdout(&output));
    assert_eq!(lines[0]["frame"]["command"], "DISCONNECT");
    assert_eq!(lines[1]["error"], "malformed-header");
    assert!(lines[1]["message"].is_string());
    assert_eq!((lines.len(), output.status.code()), (2, Some(1)));
}

#[test]
fn the_version_decides_what_an_escape_is() {
    let input = b"SEND\nx:a\\nb\n\n\0";
    for (version, value) in [("1.0", "a\\nb"), ("1.1", "a\nb"), ("1.2", "a\nb")] {
        let output = run(&["--stomp-version", version], input);
        assert_eq!(json_lines(&stdout(&output))[0]["frame"]["headers"][0][1], value, "version {version}");
    }
}

#[test]
fn a_frame_of_the_wrong_side_is_remarked_but_printed() {
    let input = b"RECEIPT\nreceipt-id:1\n\n\0";
    for (side, remarks) in [("server", true), ("client", false)] {
        let output = run(&["--side", side], input);
        assert_eq!(json_lines(&stdout(&output))[0]["frame"]["command"], "RECEIPT");
        assert_eq!(!output.stderr.is_empty(), remarks, "side {side}");
        assert!(output.status.success());
    }
}

#[test]
fn an_item_is_printed_before_the_input_ends() {
    let mut child = start(&[]);
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    for body in ["first", "second"] {
        write!(stdin, "SEND\ndestination:/a\n\n{body}\0").expect("frame-dump reads");
        let line = lines.next().expect("a line").expect("UTF-8");
        assert!(line.starts_with("{\"frame\":"), "{line}");
    }
    drop(stdin);
    assert!(child.wait().expect("frame-dump ends").success());
}

#[test]
fn help_and_bad_arguments() {
    let help = run(&["--help"], b"");
    assert!(help.status.success());
    assert!(stdout(&help).contains("--stomp-version"));
    for args in [&["--chunk", "0"], &["--stomp-version", "1.3"], &["--side", "both"]] {
        let output = run(args, b"");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}
