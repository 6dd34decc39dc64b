//! What `zkml-bench-verify` runs in Wasm. Empty on native machines.
//!
//! It is called as a runtime is: with the address and the length of bytes, here an encoded
//! [`work::Task`], that the executor wrote at the start of the heap. It answers with the address of
//! bytes and, in the upper half, their number: a `u32` of how much memory the work took at most.

#![cfg_attr(target_family = "wasm", no_std)]

#[cfg(target_family = "wasm")]
extern crate alloc;

#[cfg(target_family = "wasm")]
mod heap;
#[cfg(target_family = "wasm")]
mod work;

#[cfg(target_family = "wasm")]
mod entry {
	use crate::{heap::Heap, work::Task};
	use alloc::boxed::Box;
	use codec::Decode;
	use core::{panic::PanicInfo, slice};

	#[global_allocator]
	static HEAP: Heap = Heap::new();

	#[panic_handler]
	fn panic(_: &PanicInfo<'_>) -> ! {
		core::arch::wasm32::unreachable()
	}

	#[no_mangle]
	extern "C" fn run(input: usize, length: usize) -> u64 {
		// SAFETY: an instance is called once. The executor takes no memory but for the input.
		unsafe { HEAP.start(input + length) };
		// SAFETY: the executor wrote that many bytes there.
		let mut bytes = unsafe { slice::from_raw_parts(input as *const u8, length) };
		let task = Task::decode(&mut bytes).expect("the host encoded a task");
		// SAFETY: as `Task::run` says, nothing is left of the time before.
		task.run(|| unsafe { HEAP.reset() });
		let most = Box::leak(Box::new((HEAP.most() as u32).to_le_bytes()));
		(most.len() as u64) << 32 | most.as_ptr() as u64
	}
}
