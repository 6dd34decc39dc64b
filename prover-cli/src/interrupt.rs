//! Ctrl-C for verbs that run until then: the first one asks them to end, the second ends them.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a verb looks for itself whether it should end.
static HEEDED: AtomicBool = AtomicBool::new(false);
/// Whether it should.
static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on the next interrupt is only noted.
pub fn heed() {
	HEEDED.store(true, Ordering::SeqCst);
}

/// Whether there was an interrupt since.
pub fn asked() -> bool {
	ASKED.load(Ordering::SeqCst)
}

/// For the handler of Ctrl-C: whether noting it is enough.
pub fn noted() -> bool {
	let enough = HEEDED.swap(false, Ordering::SeqCst);
	ASKED.store(true, Ordering::SeqCst);
	enough
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn only_the_first_interrupt_is_noted() {
		assert!(!noted(), "nobody heeds it");
		heed();
		assert!(noted());
		assert!(asked());
		assert!(!noted());
	}
}
