//! F14: a database that has no room left.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use super::{PATIENCE, SOME, load::Load, rounds, server};
use crate::postgres_server;

/// PostgreSQL refuses to store messages as it does when a table cannot grow (53100, disk_full).
const FILL: &str = "
    CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION full_disk();";

#[tokio::test]
async fn what_there_is_no_room_for_is_not_acknowledged() {
    let database = postgres_server::database().await;
    let app = server(&database, None).await;
    let load = Load::start(&app, vec![app.stomp.unwrap()]).await;
    let kim = app.guest("witness").await;
    let room = kim.create_room("room").await;
    let mut disk = PgConnection::connect(&database).await.unwrap();
    for _ in 0..rounds().min(5) {
        load.acknowledged(SOME).await;
        let mut of_kim = kim.connect().await;
        sqlx::raw_sql(FILL).execute(&mut disk).await.unwrap();
        let message = json!({ "roomId": room, "message": "x", "clientMessageId": "a-1" });
        let refused = timeout(PATIENCE, of_kim.send("/app/chat.sendMessage", &message)).await.unwrap();
        let error: Value = serde_json::from_slice(refused.unwrap_err().body()).unwrap();
        assert_eq!((&error["code"], &error["clientMessageId"]), (&json!("UNAVAILABLE"), &json!("a-1")));
        sqlx::raw_sql("DROP TRIGGER full_disk ON message").execute(&mut disk).await.unwrap();
        load.acknowledged(SOME).await;
    }
    disk.close().await.unwrap();
    assert_eq!(kim.texts(room).await, [""; 0], "what was refused is not stored");
    load.check(&app).await;
}
