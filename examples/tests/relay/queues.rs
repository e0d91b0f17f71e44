//! Queues: every job that was confirmed is done, whatever dies.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use stomp_proto::Command;
use tokio::time::{Instant, sleep};

use crate::{
    client::{Client, PATIENCE},
    cluster::{BUFFER, Cluster},
};

const QUEUE: &str = "/queue/jobs";

/// How often each job was done, and how often it was delivered as one that had been before.
type Done = Arc<Mutex<BTreeMap<String, (usize, usize)>>>;

/// Does jobs until its connection ends; a job is done when the ACK is confirmed.
async fn work(mut client: Client, done: Done) -> Option<()> {
    let headers = [("id", "w"), ("destination", QUEUE), ("ack", "client-individual")];
    client.confirm(Command::Subscribe, &headers, "").await.ok()?;
    loop {
        let job = client.message().await?;
        let is_again = job.headers().contains("x-delivery-count");
        let acknowledged = client.confirm(Command::Ack, &[("id", job.headers().get("ack")?)], "").await;
        let name = String::from_utf8(job.body().to_vec()).ok()?;
        let mut done = done.lock().unwrap();
        let (times, again) = done.entry(name).or_default();
        *again += usize::from(is_again);
        *times += usize::from(acknowledged.is_ok());
    }
}

async fn workers(cluster: &Cluster, done: &Done) {
    for broker in &cluster.brokers {
        for _ in 0..2 {
            let client = Client::connect(broker.tcp).await.unwrap();
            tokio::spawn(work(client, Arc::clone(done)));
        }
    }
}

async fn until_done(done: &Done, jobs: usize) {
    let end = Instant::now() + PATIENCE;
    let count = || done.lock().unwrap().values().filter(|(times, _)| *times > 0).count();
    while count() < jobs {
        assert!(Instant::now() < end, "{} of {jobs} are done", count());
        sleep(Duration::from_millis(20)).await;
    }
}

async fn confirm_jobs(cluster: &Cluster, jobs: std::ops::Range<usize>) {
    let mut sender = Client::connect(cluster.brokers[0].tcp).await.unwrap();
    for job in jobs {
        sender.publish(QUEUE, job.to_string()).await.unwrap();
    }
}

/// F1: what its consumers had goes to others, and only that comes twice.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_a_killed_broker_are_done_by_others() {
    let mut cluster = Cluster::start(BUFFER).await;
    let done = Done::default();
    // This one takes jobs and does none of them.
    let mut idle = Client::connect(cluster.brokers[2].tcp).await.unwrap();
    let headers = [("id", "i"), ("destination", QUEUE), ("ack", "client-individual")];
    idle.confirm(Command::Subscribe, &headers, "").await.unwrap();
    confirm_jobs(&cluster, 0..3).await;
    for _ in 0..3 {
        idle.message().await.unwrap();
    }
    workers(&cluster, &done).await;
    confirm_jobs(&cluster, 3..100).await;
    cluster.brokers[2].kill();
    confirm_jobs(&cluster, 100..200).await;
    until_done(&done, 200).await;
    let done = done.lock().unwrap();
    let twice: Vec<_> = done.iter().filter(|(_, (times, _))| *times > 1).collect();
    assert!(twice.iter().all(|(_, (_, again))| *again > 0), "{twice:?}");
    assert!((0..3).all(|job| done[&job.to_string()].1 > 0), "what was out is marked as delivered before");
}

/// Redis is killed while jobs come and go: what was confirmed is done.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_survive_the_death_of_redis() {
    let mut cluster = Cluster::start(BUFFER).await;
    let done = Done::default();
    workers(&cluster, &done).await;
    confirm_jobs(&cluster, 0..100).await;
    let addresses = cluster.brokers[0].tcp;
    let sending = tokio::spawn(async move {
        let mut sender = Client::connect(addresses).await.unwrap();
        for job in 100..200 {
            sender.publish(QUEUE, job.to_string()).await.unwrap();
            sleep(Duration::from_millis(10)).await;
        }
    });
    for _ in 0..2 {
        sleep(Duration::from_millis(300)).await;
        cluster.redis.kill();
        sleep(Duration::from_millis(300)).await;
        cluster.redis.restart();
        cluster.until_ready().await;
    }
    sending.await.unwrap();
    until_done(&done, 200).await;
}
