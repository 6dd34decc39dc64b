//! A heap that gives memory back all at once only, and knows how much was taken.

use core::{
	alloc::{GlobalAlloc, Layout},
	arch::wasm32::{memory_grow, memory_size},
	ptr::null_mut,
	sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

const PAGE: usize = 65_536;

/// The heap, from where [`start`] says.
pub(crate) struct Heap {
	next: AtomicUsize,
	/// Where what is given back begins; zero before there is any.
	mark: AtomicUsize,
	highest: AtomicUsize,
}

impl Heap {
	pub(crate) const fn new() -> Self {
		let [next, mark, highest] = [const { AtomicUsize::new(0) }; 3];
		Self { next, mark, highest }
	}

	/// Allocates from an address on.
	///
	/// # Safety
	/// Nothing is allocated yet, and nobody else uses the memory above.
	pub(crate) unsafe fn start(&self, address: usize) {
		self.next.store(address, Relaxed);
	}

	/// Gives back what was taken since the first call.
	///
	/// # Safety
	/// What was allocated since the first call is no longer used.
	pub(crate) unsafe fn reset(&self) {
		match self.mark.load(Relaxed) {
			0 => self.mark.store(self.next.load(Relaxed), Relaxed),
			mark => self.next.store(mark, Relaxed),
		}
	}

	/// The most bytes that were taken at once since the first [`Self::reset`].
	pub(crate) fn most(&self) -> usize {
		match self.mark.load(Relaxed) {
			0 => 0,
			mark => self.highest.load(Relaxed).saturating_sub(mark),
		}
	}
}

// SAFETY: blocks are aligned, within memory, and disjoint but for those that `reset` gave back.
unsafe impl GlobalAlloc for Heap {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		let next = self.next.load(Relaxed);
		let Some(address) = next.checked_next_multiple_of(layout.align()) else {
			return null_mut();
		};
		let Some(end) = address.checked_add(layout.size()) else { return null_mut() };
		let missing = end.div_ceil(PAGE).saturating_sub(memory_size(0));
		if missing > 0 && memory_grow(0, missing) == usize::MAX {
			return null_mut();
		}
		self.next.store(end, Relaxed);
		self.highest.fetch_max(end, Relaxed);
		address as *mut u8
	}

	unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
