//! What is true of the storage between any two calls.

use crate::{pallet::*, CredentialRoots, Credentials, Issuers};
use alloc::collections::BTreeSet;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks that issuers list no schema twice, that what is committed to is a public signal, and that
	/// nothing comes from the future.
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		let now = frame_system::Pallet::<T>::block_number();
		for (_, issuer) in Issuers::<T>::iter() {
			let distinct: BTreeSet<_> = issuer.schemas.iter().collect();
			ensure!(distinct.len() == issuer.schemas.len(), "an issuer lists a schema twice");
		}
		for (_, _, credential) in Credentials::<T>::iter() {
			ensure!(credential.since <= now, "a credential comes from the future");
			let canonical = credential.commitment.is_none_or(|found| found.is_canonical());
			ensure!(canonical, "a credential's commitment is no public signal");
			let revoked = credential.commitment.is_none();
			ensure!(!revoked || credential.expires.is_none(), "what was revoked expires");
		}
		for (_, _, roots) in CredentialRoots::<T>::iter() {
			ensure!(!roots.posted.is_empty(), "a deposit is for no root");
			let mut last = None;
			for root in &roots.posted {
				ensure!(root.root.is_canonical(), "a root is no public signal");
				ensure!(last <= Some(root.posted), "roots are not in their order");
				last = Some(root.posted);
			}
			ensure!(last <= Some(now), "a root comes from the future");
		}
		Ok(())
	}
}
