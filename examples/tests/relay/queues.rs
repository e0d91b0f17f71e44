//! Queues: every job that was confirmed is done, whatever dies.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

use stomp_proto::Command;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::{
    chaos::Faults,
    client::{Client, PATIENCE, Unconfirmed},
    cluster::{BUFFER, Cluster},
    is_full,
};

const QUEUE: &str = "/queue/jobs";

/// What is known of each job.
type Done = Arc<Mutex<BTreeMap<String, Job>>>;

#[derive(Debug, Default)]
struct Job {
    /// How often its ACK was confirmed.
    done: usize,
    /// How often the connection ended instead: the ACK may have been carried out.
    unanswered: usize,
    /// How often it was delivered as one that had been before.
    again: usize,
}

impl Job {
    fn is_done(&self) -> bool {
        self.done > 0
    }

    /// Where brokers end, one may have carried out an ACK without saying so.
    fn may_be_done(&self) -> bool {
        self.done + self.unanswered > 0
    }
}

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
        let job = done.entry(name).or_default();
        job.again += usize::from(is_again);
        match acknowledged {
            Ok(_) => job.done += 1,
            Err(Unconfirmed::Unknown) => job.unanswered += 1,
            Err(Unconfirmed::Refused(_)) => {}
        }
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

async fn until(done: &Done, jobs: usize, is_done: fn(&Job) -> bool) {
    let end = Instant::now() + PATIENCE;
    let count = || done.lock().unwrap().values().filter(|job| is_done(job)).count();
    while count() < jobs {
        assert!(Instant::now() < end, "{} of {jobs} are done", count());
        sleep(Duration::from_millis(20)).await;
    }
}

/// What was done twice was delivered as something that had been before.
fn assert_twice_is_marked(done: &Done) {
    let done = done.lock().unwrap();
    let twice: Vec<_> = done.iter().filter(|(_, job)| job.done > 1).collect();
    assert!(twice.iter().all(|(_, job)| job.again > 0), "{twice:?}");
}

async fn confirm_jobs(cluster: &Cluster, jobs: Range<usize>) {
    let mut sender = Client::connect(cluster.brokers[0].tcp).await.unwrap();
    for job in jobs {
        sender.publish(QUEUE, job.to_string()).await.unwrap();
    }
}

/// Has jobs come one by one, beside whatever else happens.
async fn send_slowly(cluster: &Cluster, jobs: Range<usize>) -> JoinHandle<()> {
    let mut sender = Client::connect(cluster.brokers[0].tcp).await.unwrap();
    tokio::spawn(async move {
        for job in jobs {
            sender.publish(QUEUE, job.to_string()).await.unwrap();
            sleep(Duration::from_millis(10)).await;
        }
    })
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
    until(&done, 200, Job::may_be_done).await;
    assert_twice_is_marked(&done);
    let done = done.lock().unwrap();
    assert!((0..3).all(|job| done[&job.to_string()].again > 0), "what was out is marked as delivered before");
    let unanswered = done.values().filter(|job| job.unanswered > 0).count();
    assert!(unanswered <= 2, "each worker at the killed broker had one ACK under way");
}

/// Redis is killed while jobs come and go: what was confirmed is done.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_survive_the_death_of_redis() {
    let mut cluster = Cluster::start(BUFFER).await;
    let done = Done::default();
    workers(&cluster, &done).await;
    confirm_jobs(&cluster, 0..100).await;
    let sending = send_slowly(&cluster, 100..200).await;
    for _ in 0..2 {
        sleep(Duration::from_millis(300)).await;
        cluster.redis.kill();
        sleep(Duration::from_millis(300)).await;
        cluster.redis.restart();
        cluster.until_ready().await;
    }
    sending.await.unwrap();
    until(&done, 200, Job::is_done).await;
}

/// Whatever happens, every job is done.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_survive_faults_that_come_one_after_the_other() {
    let mut faults = Faults::draw();
    let mut cluster = Cluster::start(BUFFER).await;
    let done = Done::default();
    workers(&cluster, &done).await;
    confirm_jobs(&cluster, 0..20).await;
    let sending = send_slowly(&cluster, 20..400).await;
    for _ in 0..if is_full() { 40 } else { 4 } {
        faults.next(&mut cluster).await;
    }
    sending.await.unwrap();
    until(&done, 400, Job::may_be_done).await;
    assert_twice_is_marked(&done);
}
