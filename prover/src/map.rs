//! Files mapped into memory, and memory given back.

#![allow(unsafe_code)]

use memmap2::Mmap;
use std::{fs::File, io, ops::Deref, path::Path};

/// A file's bytes, read from disk as they are needed.
#[derive(Debug)]
pub struct Map(Mmap);

impl Map {
	/// Maps a file. An empty one is no bytes.
	///
	/// Whoever can write to a file that is mapped can change it meanwhile: what is read of it twice is
	/// then not the same, and where it was cut the process ends with a signal. Files are therefore those
	/// of the user who runs this, and what is written here gets its name by renaming, which leaves maps
	/// of the old file whole.
	///
	/// # Errors
	/// Of opening and mapping.
	pub fn open(path: &Path) -> io::Result<Self> {
		let file = File::open(path)?;
		// SAFETY: the map is only read, as bytes, of which every value is valid; nothing in this crate
		// that is unsafe relies on bytes to be the same when they are read again.
		unsafe { Mmap::map(&file) }.map(Self)
	}
}

impl Map {
	/// Lets go of the memory that read pages take: what is read again comes from the file.
	pub fn let_go(&self) {
		// SAFETY: the map is of a file, shared, and never written: pages that are dropped hold nothing
		// that the file does not. Where the advice is not taken, they just stay.
		let _ = unsafe { self.0.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
	}
}

impl Deref for Map {
	type Target = [u8];

	fn deref(&self) -> &[u8] {
		&self.0
	}
}

/// An empty list with room for this many items, in large pages where the system has them: the first
/// use of a page costs more than filling it.
pub(crate) fn room<T>(count: usize) -> Vec<T> {
	let list: Vec<T> = Vec::with_capacity(count);
	#[cfg(target_os = "linux")]
	{
		/// From this size on large pages pay.
		const LARGE: usize = 4 << 20;
		/// A multiple of the page size wherever Linux runs.
		const PAGE: usize = 1 << 16;
		let (start, size) = (list.as_ptr().addr(), count * size_of::<T>());
		let skip = start.next_multiple_of(PAGE) - start;
		if size >= LARGE {
			let start = list.as_ptr().wrapping_byte_add(skip).cast_mut();
			// SAFETY: the pages are all within the list's own memory, and what they hold does not change;
			// where the advice is not taken, they just stay small.
			let _ = unsafe {
				libc::madvise(start.cast(), (size - skip) / PAGE * PAGE, libc::MADV_HUGEPAGE)
			};
		}
	}
	list
}

/// Lets the process give large pieces of memory back to the system as soon as they are free, which the
/// allocator of GNU/Linux does else only at first, and keep small ones. For work that is done once, piece by
/// piece.
pub fn give_memory_back() {
	#[cfg(all(target_os = "linux", target_env = "gnu"))]
	{
		/// From this size on a piece of memory is the system's.
		const LARGE: libc::c_int = 4 << 20;
		/// So much of others is kept.
		const KEPT: libc::c_int = 32 << 20;
		// SAFETY: each sets a number in glibc's allocator under its lock, by which later allocations choose
		// where they come from; other threads that allocate meanwhile read the old one or the new one, and
		// either will do. Where it does not succeed, nothing changes.
		unsafe {
			libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
			libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
		}
	}
}
