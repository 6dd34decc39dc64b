//! How far long work is.

/// Hears how long work goes on.
pub trait Progress: Sync {
	/// A step begins, of this many parts.
	fn step(&self, name: &str, total: u64);

	/// So many parts more are done.
	fn advance(&self, count: u64);
}

/// Nobody hears.
impl Progress for () {
	fn step(&self, _: &str, _: u64) {}

	fn advance(&self, _: u64) {}
}
