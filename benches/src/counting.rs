//! An allocator that counts, for tests of what something allocates.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering},
};

/// To be set as the `#[global_allocator]` of a test program.
#[derive(Debug)]
pub struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static OCTETS: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);

/// How often the process has allocated.
pub fn allocations() -> u64 {
    ALLOCATIONS.load(Ordering::Relaxed)
}

/// How many octets it has allocated, those included that it has freed.
pub fn octets() -> u64 {
    OCTETS.load(Ordering::Relaxed)
}

/// How many octets it holds.
pub fn live() -> u64 {
    // What is freed was allocated before: read in the other order, it could seem to be more.
    let freed = FREED.load(Ordering::Acquire);
    octets().saturating_sub(freed)
}

fn count(size: usize) {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    OCTETS.fetch_add(size as u64, Ordering::Relaxed);
}

// SAFETY: everything is left to the system's allocator, whose contract is the caller's.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        FREED.fetch_add(layout.size() as u64, Ordering::Release);
        // SAFETY: as the caller's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        FREED.fetch_add(layout.size() as u64, Ordering::Release);
        // SAFETY: as the caller's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
