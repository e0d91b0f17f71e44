//! Settings.

use chat_app::{domain::Timestamp, store::Store};

pub(crate) async fn a_setting_is_made_once_or_changed(store: &dyn Store) {
    let now = Timestamp::now();
    assert_eq!(store.set_once("key", "first", now).await.unwrap(), "first");
    assert_eq!(store.set_once("key", "second", now).await.unwrap(), "first");
    store.set("key", "third", now).await.unwrap();
    store.set("other", "value", now).await.unwrap();
    let mut settings = store.settings().await.unwrap();
    settings.sort();
    let expected = [("key", "third"), ("other", "value")];
    assert_eq!(settings, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert!(!store.unset("key", "first").await.unwrap());
    assert!(store.unset("key", "third").await.unwrap());
    assert!(!store.unset("key", "third").await.unwrap());
}
