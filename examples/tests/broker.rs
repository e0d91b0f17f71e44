//! The example `broker` as a process: what it prints, and how it ends.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where `cargo test` puts examples: beside the folder of the tests.
fn program() -> Command {
    let test = env::current_exe().expect("the path of this test");
    let folder: PathBuf = test.ancestors().nth(2).expect("a target folder").join("examples");
    let program = folder.join("broker");
    assert!(program.exists(), "build it with `cargo build -p examples --examples`");
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("BROKER_PASSCODE").env_remove("RUST_LOG");
    command
}

/// A running broker; it does not outlive the test.
struct Broker {
    process: Child,
    stdout: BufReader<ChildStdout>,
    tcp: SocketAddr,
    ws: SocketAddr,
}

impl Broker {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let ports = ["--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"];
        let mut process = program().args(ports).args(arguments).spawn().expect("a process");
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut ready = String::new();
        stdout.read_line(&mut ready).expect("a line");
        let (tcp, ws) = addresses(&ready).unwrap_or_else(|| panic!("not the line expected: {ready:?}"));
        Self { process, stdout, tcp, ws }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(sent.expect("the program kill").success());
    }

    /// Waits for the end; gives back the status, and what came on stdout behind the first line and on stderr.
    fn wait(mut self) -> (ExitStatus, String, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "the broker does not end");
            thread::sleep(Duration::from_millis(20));
        };
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("text");
        self.process.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("text");
        (status, stdout, stderr)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The addresses in `ready tcp=ADDR ws=ws://ADDR/ws`.
fn addresses(ready: &str) -> Option<(SocketAddr, SocketAddr)> {
    let (tcp, ws) = ready.strip_prefix("ready tcp=")?.strip_suffix('\n')?.split_once(" ws=ws://")?;
    let (ws, _) = ws.split_once("/ws")?;
    Some((tcp.parse().ok()?, ws.parse().ok()?))
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).expect("the broker listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a live socket");
    socket
}

/// A STOMP session over TCP.
fn session(broker: &Broker) -> TcpStream {
    let mut socket = connect(broker.tcp);
    socket.write_all(b"CONNECT\naccept-version:1.2\n\n\0").expect("an open socket");
    let mut connected = Vec::new();
    BufReader::new(&socket).read_until(0, &mut connected).expect("CONNECTED");
    assert!(connected.starts_with(b"CONNECTED\n"), "{}", String::from_utf8_lossy(&connected));
    socket
}

/// A WebSocket that has not logged in.
fn websocket(broker: &Broker) -> TcpStream {
    let mut socket = connect(broker.ws);
    let request = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.write_all(request.as_bytes()).expect("an open socket");
    let mut status = String::new();
    BufReader::new(&socket).read_line(&mut status).expect("an answer");
    assert!(status.contains(" 101 "), "{status}");
    socket
}

/// Everything until the connection ends.
fn rest(mut socket: TcpStream) -> String {
    let mut rest = Vec::new();
    // A reset is an end as well.
    let _ = socket.read_to_end(&mut rest);
    String::from_utf8_lossy(&rest).into_owned()
}

fn output(arguments: &[&str]) -> Output {
    program().args(arguments).output().expect("a process")
}

#[test]
fn it_says_once_where_it_listens_and_logs_elsewhere() {
    let broker = Broker::start();
    session(&broker);
    broker.signal("-TERM");
    let (status, stdout, stderr) = broker.wait();
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert_eq!(stdout, "", "one line and no more");
}

#[test]
fn brokers_at_one_redis_share_their_messages() {
    let redis = Redis::start();
    let brokers = [(); 2].map(|()| Broker::start_with(&["--redis-url", &redis.url]));
    let mut reader = subscribed(&brokers[0]);
    let mut writer = session(&brokers[1]);
    writer.write_all(b"SEND\ndestination:/topic/news\n\nacross\0").expect("an open socket");
    let mut message = Vec::new();
    reader.read_until(0, &mut message).expect("a MESSAGE");
    let message = String::from_utf8_lossy(&message);
    assert!(message.starts_with("MESSAGE\n") && message.ends_with("\n\nacross\0"), "{message}");
}

/// A session that is subscribed to `/topic/news`, as soon as the broker has found its Redis.
fn subscribed(broker: &Broker) -> BufReader<TcpStream> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut socket = session(broker);
        let subscribe = b"SUBSCRIBE\nid:0\ndestination:/topic/news\nreceipt:r\n\n\0";
        socket.write_all(subscribe).expect("an open socket");
        let mut reader = BufReader::new(socket);
        let mut answer = Vec::new();
        reader.read_until(0, &mut answer).expect("an answer");
        if answer.starts_with(b"RECEIPT\n") || answer.starts_with(b"\nRECEIPT\n") {
            return reader;
        }
        assert!(Instant::now() < deadline, "{}", String::from_utf8_lossy(&answer));
        thread::sleep(Duration::from_millis(50));
    }
}

/// A redis-server that keeps nothing and ends with the test.
struct Redis {
    process: Child,
    url: String,
}

impl Redis {
    fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("the program redis-server");
        Self { process, url: format!("redis://127.0.0.1:{port}") }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn signals_end_it_and_its_clients_hear_of_it() {
    for signal in ["-TERM", "-INT"] {
        let broker = Broker::start();
        let told = [session(&broker), websocket(&broker)];
        // None of these can hold the end up: no login, half a request, a connection kept open.
        let mut half = connect(broker.ws);
        half.write_all(b"GET /ws HTTP/1.1\r\nHost: loc").expect("an open socket");
        let others = [connect(broker.tcp), half, connect(broker.ws)];

        let start = Instant::now();
        broker.signal(signal);
        for client in told {
            let rest = rest(client);
            assert!(rest.contains("ERROR\n") && rest.contains("message:shutdown\n"), "{signal}: {rest:?}");
        }
        let (status, _, stderr) = broker.wait();
        assert_eq!(status.code(), Some(0), "{signal}: {stderr}");
        assert!(start.elapsed() < Duration::from_secs(5), "{signal}: {:?}", start.elapsed());
        drop(others);
    }
}

#[test]
fn a_port_in_use_is_one_line_and_a_failure() {
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = holder.local_addr().expect("an address").to_string();
    for arguments in [["--tcp", &taken, "--ws", "127.0.0.1:0"], ["--tcp", "127.0.0.1:0", "--ws", &taken]] {
        let output = output(&arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains(&taken), "{stderr}");
        assert_eq!(output.stdout, b"");
    }
}

#[test]
fn its_arguments_are_explained_and_checked() {
    let help = output(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(
        ["--tcp", "--ws", "--login", "--passcode"].iter().all(|argument| help.contains(argument)),
        "{help}"
    );
    for wrong in [&["--login", "l"][..], &["--passcode", "p"], &["--tcp", "nowhere"], &["--nonsense"]] {
        let output = output(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert_eq!(output.stdout, b"");
    }
}
