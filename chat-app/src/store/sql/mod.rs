//! The queries, in the SQL that both databases speak.
//!
//! Each database's module takes this one in, so it is compiled once for each: `super` says which database it is (`Db`)
//! and does what the two do differently. Queries generic over the database would each need some twenty bounds.
//!
//! What they have in common: parameters are `$1`, `$2`; `RETURNING`, `ON CONFLICT`, row values and `TRUE`; views for
//! what has to be worded differently.

mod account;
mod admin;
mod append;
mod archive;
mod change;
mod feed;
mod file;
mod identity;
mod invite;
mod line;
mod member;
mod membership;
mod message;
mod push;
mod report;
mod room;
mod search;
mod session;
mod setting;
mod verdict;

use sqlx::{Database, FromRow, query::Query};

pub(super) use self::line::{Line, Place};
use super::{Db, DbStore, SEARCH, ids, index, insert_lines, lock_member, lock_room, lock_rooms, needle};
use crate::store::Result;

/// All rows of a query, read once they are all here: SQLite's thread and the one that reads would wait for each other at
/// each row otherwise.
async fn all<T: for<'r> FromRow<'r, <Db as Database>::Row>>(
    query: Query<'_, Db, <Db as Database>::Arguments>,
    connection: &mut <Db as Database>::Connection,
) -> Result<Vec<T>> {
    let rows = query.fetch_all(connection).await?;
    Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
}

/// A pattern for `lower(...) LIKE ... ESCAPE '\'` that finds `part` anywhere, whatever characters it has.
fn containing(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for c in part.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
