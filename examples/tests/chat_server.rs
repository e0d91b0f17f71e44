//! The example `chat-server` as a process: what it prints, what it leaves, and how it ends.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long the server may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// The example, which `cargo test` builds beside the folder of the tests.
fn program(data_dir: &Path) -> Command {
    let test = env::current_exe().expect("the path of this test");
    let folder = test.ancestors().nth(2).expect("a target folder").join("examples");
    let mut command = Command::new(folder.join(format!("chat-server{}", env::consts::EXE_SUFFIX)));
    command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(data_dir);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).env_remove("RUST_LOG");
    command
}

/// A directory of the test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("chat-server-{name}-{}", std::process::id()));
        fs::create_dir(&path).expect("a new directory");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that does not outlive the test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("the server starts"))
    }

    /// Waits for the end; the status, and what came on stdout and stderr that was not read.
    fn end(mut self) -> (Option<i32>, String, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            thread::sleep(Duration::from_millis(20));
        };
        (status.code(), text(self.0.stdout.take()), text(self.0.stderr.take()))
    }
}

fn text(pipe: Option<impl Read>) -> String {
    let mut text = String::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_string(&mut text).expect("UTF-8");
    }
    text
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The status and what is said when the server does not start.
fn refused(command: &mut Command) -> (Option<i32>, String) {
    let (status, stdout, stderr) = Running::start(command).end();
    assert_eq!(stdout, "", "nothing is ready");
    (status, stderr)
}

#[test]
fn it_says_when_it_is_ready_and_ends_when_it_is_asked_to() {
    let folder = Folder::new("ready");
    let data = folder.0.join("data");
    let mut server = Running::start(program(&data).args(["--stomp-listen", "127.0.0.1:0"]));
    let mut stdout = BufReader::new(server.0.stdout.take().expect("a pipe"));
    let mut ready = String::new();
    stdout.read_line(&mut ready).expect("a line");
    let (http, stomp) = ready
        .trim_end()
        .strip_prefix("ready http=")
        .and_then(|rest| rest.split_once(" stomp="))
        .unwrap_or_else(|| panic!("not the line expected: {ready:?}"));

    let mut socket = TcpStream::connect(http).expect("it listens");
    socket
        .write_all(b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .expect("it reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    // Two open connections must not keep it from ending.
    let _idle =
        (TcpStream::connect(http).expect("it listens"), TcpStream::connect(stomp).expect("it listens"));

    let killed = Command::new("kill").arg(server.0.id().to_string()).status().expect("the program kill");
    assert!(killed.success());
    let (status, _, _) = server.end();
    assert_eq!(status, Some(0));
    assert_eq!(text(Some(stdout)), "", "the line is the only one");
    assert!(data.join("chat.db").exists());
}

#[test]
fn what_is_wrong_is_said_in_one_line_with_what_to_do() {
    let folder = Folder::new("wrong");
    let data = folder.0.join("data");
    fs::write(&data, "a file").expect("a file");
    let (code, text) = refused(&mut program(&data));
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains("--data-dir"), "{text}");

    // Nobody listens on port 1.
    let database = "postgres://kim:secret@127.0.0.1:1/chat";
    let (code, text) = refused(program(&folder.0.join("empty")).env("CHAT_DATABASE_URL", database));
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    assert!(text.contains("--database-url") && !text.contains("secret"), "{text}");
}

#[test]
fn wrong_options_are_told_apart() {
    let folder = Folder::new("options");
    for option in ["--nonsense", "--stomp-listen=nowhere", "--login-rate=0/1", "--allow-origin=*"] {
        assert_eq!(refused(program(&folder.0).arg(option)).0, Some(2), "{option}");
    }
}

/// What a run that ends by itself says on stdout.
fn output(command: &mut Command) -> String {
    let (status, stdout, stderr) = Running::start(command).end();
    assert_eq!(status, Some(0), "{stderr}");
    stdout
}

#[test]
fn settings_come_from_options_then_the_environment_then_the_file() {
    let folder = Folder::new("settings");
    let file = folder.0.join("chat.toml");
    let check = |text: &str| {
        fs::write(&file, text).expect("a file");
        let mut command = program(&folder.0.join("data"));
        command.arg("--config").arg(&file).arg("--check");
        command
    };
    assert_eq!(output(&mut check("")), "");
    assert!(!folder.0.join("data").exists(), "nothing was made");
    // What is wrong names the file and the line.
    let (code, text) = refused(&mut check("\n[rates]\nlogin = \"0/1\""));
    assert_eq!(code, Some(1));
    for part in ["chat.toml", "line 3", "login", "COUNT/SECONDS", "--print-config"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // What goes with what is checked over all of them.
    let redis = "redis_url = \"redis://localhost\"";
    assert!(refused(&mut check(redis)).1.contains("--database-url"));
    let database = "postgres://localhost/chat";
    output(check(redis).env("CHAT_DATABASE_URL", database));
    assert!(refused(check(redis).env("CHAT_DATABASE_URL", "mysql://x")).1.contains("--database-url"));
    output(check(redis).env("CHAT_DATABASE_URL", "mysql://x").args(["--database-url", database]));
    // The printed settings are right.
    let printed = output(program(&folder.0).arg("--print-config"));
    assert_eq!(output(&mut check(&printed)), "");
}

#[test]
fn the_help_says_the_defaults() {
    let help = output(program(Path::new("data")).arg("--help"));
    let defaults = chat_app::Config::default();
    let rates = defaults.rates;
    let addresses = [defaults.listen.to_string(), defaults.data_dir.display().to_string()];
    let rates = [rates.login, rates.sign_up, rates.guest, rates.room_password, rates.search];
    // A burst that is the count is not written.
    let rates = rates.map(|rate| rate.to_string().rsplit_once('/').expect("a burst").0.to_owned());
    for default in addresses.iter().chain(&rates) {
        assert!(help.contains(&format!("[default: {default}]")), "{default}: {help}");
    }
}

#[test]
fn tasks_say_what_they_did() {
    let folder = Folder::new("tasks");
    let (data, copy) = (folder.0.join("data"), folder.0.join("copy"));
    let mut admin = Running::start(
        program(&data).args(["create-admin", "--email", "kim@example.com"]).stdin(Stdio::piped()),
    );
    admin.0.stdin.take().expect("a pipe").write_all(b"correct horse\n").expect("it reads");
    assert_eq!(admin.end().1, "member 1 is an administrator\n");
    assert!(output(program(&data).arg("backup").arg(&copy)).contains("copy"));
    assert!(copy.join("chat.db").exists());
    let (code, text) = refused(program(&data).arg("backup").arg(&copy));
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
    let archive = folder.0.join("service.zip");
    assert!(output(program(&data).arg("export").arg(&archive)).contains("service.zip"));
    assert!(fs::read(&archive).expect("an archive").starts_with(b"PK"));
    let (code, text) = refused(program(&data).arg("export").arg(&archive));
    assert_eq!((code, text.contains("service.zip")), (Some(1), true), "{text}");
    let url = "postgres://kim:secret@127.0.0.1:1/chat";
    let (_, text) = refused(program(&data).arg("backup").arg("other").args(["--database-url", url]));
    assert!(text.contains("pg_dump") && !text.contains("secret"), "{text}");
}
