//! Who is online, here and at other servers, and who of them looks elsewhere: a table, without a clock or a wire.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::domain::MemberId;

/// The members who are online.
#[derive(Debug, Default)]
pub(super) struct Online {
    here: HashMap<MemberId, Connections>,
    /// Those at other servers.
    elsewhere: HashMap<u64, (Others, Instant)>,
}

/// The connections of a member: none during its grace.
#[derive(Debug, Clone, Copy, Default)]
struct Connections {
    all: usize,
    /// Those whose page is not to be seen; during the grace, whether that of the last one was not.
    hidden: usize,
}

impl Connections {
    fn are_away(self) -> bool {
        self.hidden > 0 && self.hidden >= self.all
    }

    fn begin(&mut self) {
        if self.all == 0 {
            self.hidden = 0;
        }
        self.all += 1;
    }

    fn end(&mut self, was_visible: bool) {
        self.all = self.all.saturating_sub(1);
        if self.all == 0 {
            self.hidden = usize::from(!was_visible);
        } else if !was_visible {
            self.hidden = self.hidden.saturating_sub(1);
        }
    }

    fn show(&mut self, is_visible: bool) {
        self.hidden = if is_visible { self.hidden.saturating_sub(1) } else { self.hidden + 1 };
    }
}

/// The members who are online at one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Others {
    members: HashSet<MemberId>,
    /// Those who look elsewhere.
    #[serde(default)]
    away: HashSet<MemberId>,
    /// How many connections those have who do not have one.
    #[serde(default)]
    counts: HashMap<MemberId, usize>,
}

impl Others {
    fn connections_of(&self, member: MemberId) -> usize {
        let is_there = usize::from(self.members.contains(&member));
        self.counts.get(&member).copied().unwrap_or(is_there)
    }
}

impl Online {
    /// Whether a member is online anywhere.
    pub(super) fn has(&self, member: MemberId) -> bool {
        self.here.contains_key(&member) || self.others().any(|others| others.members.contains(&member))
    }

    /// Whether a member is online and no page of it is to be seen.
    pub(super) fn is_away(&self, member: MemberId) -> bool {
        let here = self.here.get(&member).copied();
        let there = || self.others().filter(|others| others.members.contains(&member));
        (here.is_some() || there().next().is_some())
            && here.is_none_or(Connections::are_away)
            && there().all(|others| others.away.contains(&member))
    }

    /// How many members are online anywhere.
    pub(super) fn count(&self) -> usize {
        let elsewhere = self.others().flat_map(|others| &others.members);
        self.here.keys().chain(elsewhere).collect::<HashSet<_>>().len()
    }

    /// How many connections a member has to all servers, as far as is known.
    pub(super) fn connections_of(&self, member: MemberId) -> usize {
        let here = self.here.get(&member).map_or(0, |connections| connections.all);
        here + self.others().map(|others| others.connections_of(member)).sum::<usize>()
    }

    /// Those who are online here, for other servers.
    pub(super) fn here(&self) -> Others {
        let away = self.here.iter().filter(|(_, connections)| connections.are_away());
        let counts = self.here.iter().filter(|(_, connections)| connections.all != 1);
        Others {
            members: self.here.keys().copied().collect(),
            away: away.map(|(member, _)| *member).collect(),
            counts: counts.map(|(member, connections)| (*member, connections.all)).collect(),
        }
    }

    /// Notes a connection, which is to be seen; says whether others see the member differently now.
    pub(super) fn begin(&mut self, member: MemberId) -> bool {
        self.change(member, |here| here.entry(member).or_default().begin())
    }

    /// Notes that a connection is to be seen from now on, or not any more; says whether others see the member differently.
    pub(super) fn show(&mut self, member: MemberId, is_visible: bool) -> bool {
        self.change(member, |here| {
            here.entry(member).and_modify(|connections| connections.show(is_visible));
        })
    }

    /// Notes that a connection ended; says whether others see the member differently now.
    pub(super) fn end(&mut self, member: MemberId, was_visible: bool) -> bool {
        self.change(member, |here| {
            here.entry(member).and_modify(|connections| connections.end(was_visible));
        })
    }

    /// Whether a member has no connection here any more, but had one.
    pub(super) fn is_in_grace(&self, member: MemberId) -> bool {
        self.here.get(&member).is_some_and(|connections| connections.all == 0)
    }

    /// Forgets a member in its grace; says whether it is one.
    pub(super) fn forget(&mut self, member: MemberId) -> bool {
        let is_gone = self.is_in_grace(member);
        if is_gone {
            self.here.remove(&member);
        }
        is_gone
    }

    /// Notes who is online at another server; says whom others see differently now, and whether it was not known.
    pub(super) fn hear(&mut self, node: u64, others: Others, now: Instant) -> (HashSet<MemberId>, bool) {
        let before = self.elsewhere.insert(node, (others.clone(), now));
        let is_new = before.is_none();
        let before = before.map(|(others, _)| others).unwrap_or_default();
        let changed = &(&before.members ^ &others.members) | &(&before.away ^ &others.away);
        (changed, is_new)
    }

    /// Forgets the servers that said nothing since then; who was online there.
    pub(super) fn forget_silent(&mut self, since: Instant) -> HashSet<MemberId> {
        let silent = self.elsewhere.extract_if(|_, (_, heard)| *heard < since);
        silent.flat_map(|(_, (others, _))| others.members).collect()
    }

    fn change(&mut self, member: MemberId, change: impl FnOnce(&mut HashMap<MemberId, Connections>)) -> bool {
        let seen = |online: &Self| (online.has(member), online.is_away(member));
        let before = seen(self);
        change(&mut self.here);
        before != seen(self)
    }

    fn others(&self) -> impl Iterator<Item = &Others> {
        self.elsewhere.values().map(|(others, _)| others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIM: MemberId = MemberId(1);

    fn others(members: &[MemberId], away: &[MemberId]) -> Others {
        let (members, away) = (members.iter().copied().collect(), away.iter().copied().collect());
        Others { members, away, counts: HashMap::new() }
    }

    #[test]
    fn connections_are_counted_at_all_servers() {
        let (mut here, mut there, now) = (Online::default(), Online::default(), Instant::now());
        for _ in 0..3 {
            there.begin(KIM);
        }
        here.begin(KIM);
        here.hear(7, there.here(), now);
        assert_eq!(here.connections_of(KIM), 4);
        there.end(KIM, true);
        there.end(KIM, true);
        here.hear(7, there.here(), now);
        assert_eq!(here.connections_of(KIM), 2);
        there.end(KIM, true);
        here.hear(7, there.here(), now);
        assert_eq!((here.connections_of(KIM), there.is_in_grace(KIM)), (1, true));
    }

    #[test]
    fn a_member_is_away_when_none_of_its_pages_is_to_be_seen() {
        let mut online = Online::default();
        assert!(!online.is_away(KIM) && !online.show(KIM, false), "there is no page");
        assert!(online.begin(KIM) && !online.begin(KIM));
        assert!(!online.show(KIM, false) && !online.is_away(KIM), "the other page is to be seen");
        assert!(online.show(KIM, false) && online.is_away(KIM));
        assert!(online.here().away.contains(&KIM));
        assert!(online.show(KIM, true) && !online.is_away(KIM));
        assert!(online.end(KIM, true) && online.is_away(KIM), "the hidden one is left");
        assert!(!online.end(KIM, false) && online.is_in_grace(KIM) && online.is_away(KIM));
        assert!(online.begin(KIM) && !online.is_away(KIM) && !online.forget(KIM));
        assert!(!online.end(KIM, true) && online.forget(KIM) && !online.has(KIM));
    }

    #[test]
    fn a_page_at_another_server_counts_as_well() {
        let (mut online, now) = (Online::default(), Instant::now());
        let changed = HashSet::from([KIM]);
        assert_eq!(online.hear(7, others(&[KIM], &[]), now), (changed.clone(), true));
        assert!(!online.begin(KIM), "it was online before");
        online.show(KIM, false);
        assert!(!online.is_away(KIM));
        assert_eq!(online.hear(7, others(&[KIM], &[KIM]), now), (changed.clone(), false));
        assert!(online.is_away(KIM) && online.count() == 1);
        assert_eq!(online.forget_silent(now), HashSet::new());
        assert_eq!(online.forget_silent(now + std::time::Duration::from_secs(1)), changed);
        assert!(online.has(KIM));
    }
}
