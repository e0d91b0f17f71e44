//! Finding messages in the database.

use async_trait::async_trait;

use super::{DbStore, SEARCH, needle};
use crate::{
    domain::{Message, MessageId},
    store::{Result, Search, SearchStore},
};

/// Candidates read for each message wanted: pairs of characters may be there without the word.
const CANDIDATES: i64 = 4;

/// How often more candidates are read before a page is left short.
const ROUNDS: usize = 5;

#[async_trait]
impl SearchStore for DbStore {
    async fn search(&self, search: Search<'_>) -> Result<Vec<Message>> {
        let wanted = usize::try_from(search.limit).unwrap_or_default();
        let many = search.limit.saturating_mul(CANDIDATES);
        let (mut found, mut before) = (Vec::new(), search.before.unwrap_or(MessageId(i64::MAX)));
        for _ in 0..ROUNDS {
            let candidates: Vec<Message> = sqlx::query_as(SEARCH)
                .bind(needle(&search.text.grams()))
                .bind(search.member)
                .bind(search.room)
                .bind(search.sender)
                .bind(before)
                .bind(many)
                .fetch_all(self.readers())
                .await?;
            let last = candidates.last().map(|message| message.id);
            let is_all = i64::try_from(candidates.len()).is_ok_and(|count| count < many);
            found.extend(candidates.into_iter().filter(|message| search.text.is_in(&message.body)));
            match last {
                Some(last) if !is_all && found.len() < wanted => before = last,
                _ => break,
            }
        }
        found.truncate(wanted);
        Ok(found)
    }
}
