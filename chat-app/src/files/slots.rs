//! How many files a member brings at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{domain::MemberId, limits::RateLimited};

/// Files on their way from one member, at most: each may be the largest, and as slow as the time limit allows.
const FILES: u32 = 4;

/// The files on their way.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots(Arc<Mutex<HashMap<MemberId, u32>>>);

/// The place of one file, until this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Slots,
    member: MemberId,
}

impl Slots {
    /// Takes a place for another file.
    ///
    /// # Errors
    ///
    /// [`RateLimited`] while the member has all of its places.
    pub(super) fn take(&self, member: MemberId) -> Result<Slot, RateLimited> {
        let mut taken = self.taken();
        let files = taken.entry(member).or_default();
        if *files == FILES {
            return Err(RateLimited { limit: FILES, retry_after: 1 });
        }
        *files += 1;
        drop(taken);
        Ok(Slot { slots: self.clone(), member })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<MemberId, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        match taken.get_mut(&self.member) {
            Some(files) if *files > 1 => *files -= 1,
            _ => {
                taken.remove(&self.member);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_has_so_many_places_and_gets_them_back() {
        let slots = Slots::default();
        let mut taken: Vec<_> = (0..FILES).map(|_| slots.take(MemberId(1)).unwrap()).collect();
        assert_eq!(slots.take(MemberId(1)).unwrap_err().limit, FILES);
        slots.take(MemberId(2)).unwrap();
        taken.pop();
        taken.push(slots.take(MemberId(1)).unwrap());
        slots.take(MemberId(1)).unwrap_err();
        drop(taken);
        assert!(slots.taken().is_empty());
    }
}
