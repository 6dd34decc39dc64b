//! How much memory is allocated at once.

use std::{
	alloc::{GlobalAlloc, Layout, System},
	cell::Cell,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
	static LIVE: Cell<usize> = const { Cell::new(0) };
	static PEAK: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

impl Counting {
	fn add(size: usize) {
		let live = LIVE.get().saturating_add(size);
		LIVE.set(live);
		PEAK.set(PEAK.get().max(live));
	}

	fn remove(size: usize) {
		LIVE.set(LIVE.get().saturating_sub(size));
	}
}

// SAFETY: all is left to the system's allocator; the counters are cells of constants, so their use
// neither allocates nor registers a destructor.
unsafe impl GlobalAlloc for Counting {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		Self::add(layout.size());
		System.alloc(layout)
	}

	unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
		Self::add(layout.size());
		System.alloc_zeroed(layout)
	}

	unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
		Self::remove(layout.size());
		System.dealloc(pointer, layout)
	}

	unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		// Old and new may exist at once.
		Self::add(size);
		Self::remove(layout.size());
		System.realloc(pointer, layout, size)
	}
}

/// Calls `of`, and answers how many bytes this thread had allocated at most meanwhile.
pub fn peak<T>(of: impl FnOnce() -> T) -> (T, usize) {
	LIVE.set(0);
	PEAK.set(0);
	let result = of();
	(result, PEAK.get())
}

#[cfg(test)]
mod tests {
	#[test]
	fn the_peak_is_seen() {
		let (_, peak) = super::peak(|| drop(vec![0u8; 1_000_000]));
		assert!((1_000_000..1_001_000).contains(&peak));
		let (_, peak) = super::peak(|| std::hint::black_box(Box::new([0u8; 100])));
		assert!(peak < 1_000);
	}
}
