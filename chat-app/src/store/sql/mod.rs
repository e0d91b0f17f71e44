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

pub(super) use self::line::{Line, Place};
use super::{Db, DbStore, SEARCH, ids, index, insert_lines, lock_member, lock_room, lock_rooms, needle};

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
