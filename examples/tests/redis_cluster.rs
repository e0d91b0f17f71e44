//! Runs the example `redis-cluster` as a program.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::{Child, Command, Output, Stdio},
};

/// Runs the example over the Redis on a port.
fn run(port: u16) -> Output {
    let test = std::env::current_exe().expect("the path of the test");
    let profile = test.ancestors().nth(2).expect("the folder of the profile");
    let program = profile.join("examples").join(format!("redis-cluster{}", std::env::consts::EXE_SUFFIX));
    let url = format!("redis://127.0.0.1:{port}");
    Command::new(program).args(["--redis-url", &url]).output().expect("the example runs")
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|port| port.local_addr())
        .expect("a free port")
        .port()
}

/// A redis-server that ends with the test. The example waits for it to be there.
struct Redis(Child);

impl Redis {
    fn start(port: u16) -> Self {
        let settings = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""];
        let process = Command::new("redis-server").args(settings).stdout(Stdio::null()).spawn();
        Self(process.expect("redis-server is installed"))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_node_delivers_what_each_sends() {
    let port = free_port();
    let _redis = Redis::start(port);
    let output = run(port);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    for from in 0..3 {
        for to in 0..3 {
            assert!(lines.contains(&format!("node {to} delivered: from node {from}")), "{lines}");
        }
    }
}

#[test]
fn without_redis_it_says_so_and_ends() {
    let output = run(free_port());
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Redis has not answered for 5 seconds"), "{said}");
}
