//! The example `broker` by a settings file, as a process.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Where `cargo test` puts examples: beside the folder of the tests.
fn program(name: &str) -> Command {
    let test = env::current_exe().expect("the path of this test");
    let program = test.ancestors().nth(2).expect("a target folder").join("examples").join(name);
    assert!(program.exists(), "build it with `cargo build -p examples --examples`");
    let mut command = Command::new(program);
    command.env_remove("BROKER_PASSCODE").env_remove("RUST_LOG").stdin(Stdio::piped());
    command
}

fn output(arguments: &[&str]) -> Output {
    program("broker").args(arguments).output().expect("a process")
}

/// A folder of a test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = env::temp_dir().join(format!("stomp-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn file(&self, text: &str) -> String {
        let path = self.0.join("broker.toml");
        fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_printed_settings_are_right() {
    let printed = output(&["--print-config"]);
    let text = String::from_utf8(printed.stdout).expect("text");
    assert!(text.contains("[tcp]") && text.contains("# [[destination]]"), "{text}");
    let folder = Folder::new("printed");
    let checked = output(&["--config", &folder.file(&text), "--check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn a_fault_in_the_file_is_told_with_its_line_and_key() {
    let folder = Folder::new("fault");
    let file = folder.file("[tcp]\nlisten = \"127.0.0.1:0\"\n[limits]\nconnexions = 5\n");
    let output = output(&["--config", &file, "--check"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!([&file, "line 4", "connexions"].iter().all(|part| stderr.contains(*part)), "{stderr}");
}

/// The hash that `--hash-password` prints.
fn hash(password: &str) -> String {
    let mut process =
        program("broker").arg("--hash-password").stdout(Stdio::piped()).spawn().expect("a process");
    let line = format!("{password}\n");
    process.stdin.take().expect("a pipe").write_all(line.as_bytes()).expect("a reader");
    let output = process.wait_with_output().expect("an end");
    String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
}

/// A process that does not outlive its test, and what it said when it was ready.
struct Broker(Child, String);

impl Broker {
    fn start(file: &str) -> Self {
        let mut process =
            program("broker").args(["--config", file]).stdout(Stdio::piped()).spawn().expect("a process");
        let mut ready = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut ready).expect("a line");
        Self(process, ready)
    }

    /// Where it listens for that.
    fn place(&self, kind: &str) -> &str {
        let mut places = self.1.split_whitespace().filter_map(|place| place.split_once('='));
        places.find(|(name, _)| *name == kind).unwrap_or_else(|| panic!("no {kind} in {:?}", self.1)).1
    }

    fn tcp(&self) -> TcpStream {
        let socket = TcpStream::connect(self.place("tcp")).expect("a listener");
        socket.set_read_timeout(Some(PATIENCE)).expect("a live socket");
        socket
    }

    /// Asks it to end, and waits until it has.
    fn end(&mut self) {
        let sent = Command::new("kill").arg(self.0.id().to_string()).status();
        assert!(sent.expect("the program kill").success());
        assert!(self.0.wait().expect("a child").success());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Says something, and gives back the next frame.
fn ask(socket: &mut (impl Read + Write), frame: &str) -> String {
    write!(socket, "{frame}\0").expect("an open socket");
    next(socket)
}

/// The next frame.
fn next(socket: &mut impl Read) -> String {
    let mut answer = Vec::new();
    BufReader::new(socket).read_until(0, &mut answer).expect("an answer in time");
    answer.pop();
    String::from_utf8(answer).expect("text").trim_start().to_owned()
}

fn login(password: &str) -> String {
    format!("CONNECT\naccept-version:1.2\nlogin:alice\npasscode:{password}\n\n")
}

#[test]
fn what_the_file_says_holds() {
    let folder = Folder::new("holds");
    let socket = folder.0.join("stomp.sock");
    let mut broker = Broker::start(&folder.file(&format!(
        "[tcp]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n[metrics]\nlisten = \"127.0.0.1:0\"\n\
         [unix]\nlisten = {socket:?}\n[[user]]\nlogin = \"alice\"\npassword_hash = \"{}\"\nroles = [\"trader\"]\n\
         [[destination]]\npattern = \"/topic/*\"\nsend = [\"role:trader\"]\nsubscribe = \"nobody\"\n",
        hash("right")
    )));
    assert!(ask(&mut broker.tcp(), &login("wrong")).contains("authentication failed"));

    let mut client = broker.tcp();
    assert!(ask(&mut client, &login("right")).starts_with("CONNECTED\n"));
    let send = ask(&mut client, "SEND\ndestination:/topic/a\nreceipt:r\n\n");
    assert!(send.starts_with("RECEIPT\n"), "{send}");
    let subscribe = ask(&mut client, "SUBSCRIBE\nid:0\ndestination:/topic/a\n\n");
    assert!(subscribe.contains("message:forbidden\n"), "{subscribe}");

    let mut local = UnixStream::connect(&socket).expect("a listener");
    assert!(ask(&mut local, &login("right")).starts_with("CONNECTED\n"));
    assert!(get(&broker, "/health").contains(" 200 "));
    let metrics = get(&broker, "/metrics");
    assert!(metrics.contains("stomp_messages_received_total 1\n"), "{metrics}");

    broker.end();
    let end = next(&mut local);
    assert!(end.contains("message:shutdown\n") && end.contains("x-reconnect-after:"), "{end}");
    assert!(!Path::new(&socket).exists());
}

/// What the broker answers to a GET, all of it.
fn get(broker: &Broker, path: &str) -> String {
    let place = broker.place("metrics").trim_start_matches("http://").trim_end_matches("/metrics");
    let mut socket = TcpStream::connect(place).expect("a listener");
    socket.set_read_timeout(Some(PATIENCE)).expect("a live socket");
    write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("an open socket");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn the_example_of_requests_and_replies_answers() {
    let output = program("rpc").output().expect("a process");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "CONNECTED\none: b\"21\"\ntwo: b\"6\"\n");
}
