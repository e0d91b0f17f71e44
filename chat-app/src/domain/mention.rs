//! Members named in a text.

use std::collections::BTreeSet;

use super::MemberId;

/// Places in a text where somebody may be named, at most; a longer row of them names nobody.
const MAX_PLACES: usize = 50;

/// Somebody who can be named.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Nameable {
    /// Who.
    pub id: MemberId,
    /// The name shown.
    pub name: String,
    /// What tells members of one name apart.
    pub tag: String,
}

/// Whom a text names by `@name`, or by `@name#TAG` if several have the name. Of names that begin alike the longest one
/// that fits is meant.
pub fn mentioned(text: &str, members: &[Nameable]) -> BTreeSet<MemberId> {
    let places = text.match_indices('@').filter_map(|(at, _)| text.get(at + 1..));
    places.take(MAX_PLACES).flat_map(|place| named_at(place, members)).collect()
}

/// Whom the beginning of a text names.
fn named_at(text: &str, members: &[Nameable]) -> Vec<MemberId> {
    let fits = |member: &&Nameable| text.starts_with(&member.name);
    let longest = members.iter().filter(fits).map(|member| member.name.len()).max().unwrap_or_default();
    let named = || members.iter().filter(fits).filter(|member| member.name.len() == longest);
    let tag = text.get(longest..).and_then(|rest| rest.strip_prefix('#'));
    let by_tag = tag.and_then(|tag| named().find(|member| tag.starts_with(&member.tag)));
    match by_tag {
        Some(member) => vec![member.id],
        None => named().map(|member| member.id).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nameable(id: i64, name: &str) -> Nameable {
        Nameable { id: MemberId(id), name: name.to_owned(), tag: format!("TAG00{id}") }
    }

    #[test]
    fn members_are_named_by_the_longest_name_and_by_tag() {
        let members = [nameable(1, "김"), nameable(2, "김철수"), nameable(3, "lee"), nameable(4, "lee")];
        let ids = |text: &str| mentioned(text, &members).iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(ids("@김철수님 안녕, @김!"), [1, 2]);
        assert_eq!(ids("김철수, park@home, @"), [0; 0]);
        assert_eq!(ids("@lee"), [3, 4]);
        assert_eq!(ids("@lee#TAG004"), [4]);
        assert_eq!(ids(&"@x".repeat(2_000)), [0; 0]);
    }
}
