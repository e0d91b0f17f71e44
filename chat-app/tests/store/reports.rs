//! Reports.

use chat_app::{
    domain::{MemberId, MessageId, Reason, Report, ReportState, Timestamp},
    store::Store,
};

use super::{join, member, room, tell};

fn reason() -> Reason {
    Reason::parse("spam").unwrap()
}

async fn report_message(store: &dyn Store, reporter: MemberId, message: MessageId) {
    store.report_message(reporter, message, &reason(), Timestamp::now()).await.unwrap();
}

async fn report_member(store: &dyn Store, reporter: MemberId, member: MemberId) -> bool {
    store.report_member(reporter, member, &reason(), Timestamp::now()).await.unwrap()
}

async fn all(store: &dyn Store) -> Vec<Report> {
    store.reports(None, None, 100).await.unwrap()
}

pub(crate) async fn a_message_is_reported_once_by_who_may_read_it(store: &dyn Store) {
    let (kim, lee, eve) =
        (member(store, "kim").await, member(store, "lee").await, member(store, "eve").await);
    let room = room(store, eve).await;
    join(store, room, kim).await;
    let said = tell(store, room, eve, "buy this").await;
    for _ in 0..2 {
        report_message(store, kim, said.id).await;
        report_message(store, lee, said.id).await;
    }
    let reports = all(store).await;
    let [report] = &*reports else { panic!("{reports:?}") };
    assert_eq!((report.message_id, report.room_id), (Some(said.id), Some(room)));
    assert_eq!((report.member_id, report.reporter_id), (Some(eve), Some(kim)));
    assert_eq!((&*report.snapshot, &*report.reason, report.state), ("buy this", "spam", ReportState::Open));

    // What was said stays to be judged, whatever becomes of the message.
    store.delete_message(said.id, eve, Timestamp::now()).await.unwrap();
    store.delete_room(room).await.unwrap();
    let reports = all(store).await;
    assert_eq!((reports[0].message_id, &*reports[0].snapshot), (None, "buy this"));
}

pub(crate) async fn a_member_is_reported_again_when_the_report_is_resolved(store: &dyn Store) {
    let (kim, eve) = (member(store, "kim").await, member(store, "eve").await);
    assert!(!report_member(store, kim, MemberId(0)).await);
    for _ in 0..2 {
        assert!(report_member(store, kim, eve).await);
    }
    let [first] = &*all(store).await else { panic!("one report") };
    assert!(first.snapshot.starts_with("eve#"), "{first:?}");
    let (resolved, again) = tokio::join!(
        store.resolve_report(first.id, kim, Timestamp::now()),
        store.resolve_report(first.id, eve, Timestamp::now()),
    );
    assert_ne!(resolved.unwrap(), again.unwrap(), "one of two sees to it");
    assert!(report_member(store, kim, eve).await);
    assert_eq!(all(store).await.len(), 2);
}

pub(crate) async fn reports_are_listed_page_by_page_and_by_state(store: &dyn Store) {
    let kim = member(store, "kim").await;
    for name in ["m1", "m2", "m3"] {
        let reported = member(store, name).await;
        assert!(report_member(store, kim, reported).await);
    }
    let ids = async |state, before, limit| -> Vec<i64> {
        store.reports(state, before, limit).await.unwrap().iter().map(|report| report.id).collect()
    };
    let all = ids(None, None, 100).await;
    assert!(all.len() == 3 && all.is_sorted_by(|a, b| a > b), "{all:?}");
    assert_eq!(ids(None, None, 2).await, all[..2]);
    assert_eq!(ids(None, Some(all[1]), 2).await, all[2..]);
    assert!(store.resolve_report(all[1], kim, Timestamp::now()).await.unwrap());
    assert_eq!(ids(Some(ReportState::Open), None, 100).await, [all[0], all[2]]);
    assert_eq!(ids(Some(ReportState::Resolved), None, 100).await, [all[1]]);
}
