//! Runs the example `redis-cluster`, which starts a redis-server of its own, as a program.

use std::process::Command;

#[test]
fn every_node_delivers_what_each_sends() {
    let test = std::env::current_exe().expect("the path of the test");
    let profile = test.ancestors().nth(2).expect("the folder of the profile");
    let program = profile.join("examples").join(format!("redis-cluster{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(program).output().expect("the example runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    for from in 0..3 {
        for to in 0..3 {
            assert!(lines.contains(&format!("node {to} delivered: from node {from}")), "{lines}");
        }
    }
}
