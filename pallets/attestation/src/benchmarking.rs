//! Benchmarks.

use super::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Consideration, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::{Hash, Saturating, StaticLookup};
use zkml_primitives::{Commitment, SchemaId};

/// Makes accounts that can sign off-chain.
pub trait BenchmarkHelper<Signature, AccountId> {
	/// A new account, and what signs for it.
	fn signer() -> (AccountId, fn(&AccountId, &[u8]) -> Signature);
}

const SCHEMA: SchemaId = SchemaId([5; 32]);
const COMMITMENT: Commitment = Commitment([6; 32]);

/// The state of a block after the first, with an issuer of as many schemas as can be.
fn prepare<T: Config>(issuer: &T::AccountId) {
	let genesis = T::Hashing::hash(b"genesis");
	frame_system::BlockHash::<T>::insert(BlockNumberFor::<T>::from(0u32), genesis);
	let now = T::MaxAge::get().saturating_add(2u32.into());
	frame_system::Pallet::<T>::set_block_number(now);
	fund::<T>(issuer);
	Issuers::<T>::insert(
		issuer,
		Issuer { schemas: schemas::<T>(T::MaxSchemas::get()), suspended: false },
	);
}

/// So many schemas, the last of which is the one that is attested.
fn schemas<T: Config>(count: u32) -> BoundedVec<SchemaId, T::MaxSchemas> {
	let other = |number: u32| {
		let mut id = [0xff; 32];
		id[..4].copy_from_slice(&number.to_le_bytes());
		SchemaId(id)
	};
	let mut all: Vec<SchemaId> = (1..count).map(other).collect();
	all.push(SCHEMA);
	BoundedVec::truncate_from(all)
}

/// Lets an account pay for a credential and for roots.
fn fund<T: Config>(account: &T::AccountId) {
	T::Consideration::ensure_successful(account, Pallet::<T>::credential_footprint());
	T::Consideration::ensure_successful(account, Pallet::<T>::roots_footprint());
}

/// What an issuer attests in a block.
fn attestation<T: Config>(
	issuer: &T::AccountId,
	subject: &T::AccountId,
	signed_at: BlockNumberFor<T>,
) -> AttestationOf<T> {
	let (issuer, subject) = (issuer.clone(), subject.clone());
	let expires = Some(frame_system::Pallet::<T>::block_number());
	Attestation { issuer, subject, schema: SCHEMA, commitment: COMMITMENT, expires, signed_at }
}

/// An expired credential of an account, by another issuer and paid by a third account, first of all.
fn attested_before<T: Config>(subject: &T::AccountId) -> Result<(), BenchmarkError> {
	let other: T::AccountId = account("other", 0, 0);
	let third: T::AccountId = account("third", 0, 0);
	prepare::<T>(&other);
	fund::<T>(&third);
	let mut before = attestation::<T>(&other, subject, 1u32.into());
	before.expires = None;
	Pallet::<T>::do_attest(before, third)?;
	Credentials::<T>::mutate(subject, SCHEMA, |found| {
		if let Some(found) = found {
			found.expires = Some(1u32.into());
		}
	});
	Ok(())
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn set_issuer(n: Linear<1, { T::MaxSchemas::get() }>) -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = account("issuer", 0, 0);
		prepare::<T>(&issuer);
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| "nobody administrates")?;
		let schemas = schemas::<T>(n);
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, T::Lookup::unlookup(issuer.clone()), schemas.clone());
		assert_eq!(Issuers::<T>::get(issuer).map(|issuer| issuer.schemas), Some(schemas));
		Ok(())
	}

	#[benchmark]
	fn suspend_issuer() -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = account("issuer", 0, 0);
		prepare::<T>(&issuer);
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| "nobody administrates")?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, T::Lookup::unlookup(issuer.clone()), true);
		assert!(Issuers::<T>::get(issuer).is_some_and(|issuer| issuer.suspended));
		Ok(())
	}

	#[benchmark]
	fn remove_issuer() -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = account("issuer", 0, 0);
		prepare::<T>(&issuer);
		let origin = T::AdminOrigin::try_successful_origin().map_err(|_| "nobody administrates")?;
		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, T::Lookup::unlookup(issuer.clone()));
		assert!(!Issuers::<T>::contains_key(issuer));
		Ok(())
	}

	#[benchmark]
	fn attest() -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = whitelisted_caller();
		let subject: T::AccountId = account("subject", 0, 0);
		attested_before::<T>(&subject)?;
		prepare::<T>(&issuer);
		let expires = Some(frame_system::Pallet::<T>::block_number());
		let address = T::Lookup::unlookup(subject.clone());
		#[extrinsic_call]
		_(RawOrigin::Signed(issuer.clone()), address, SCHEMA, COMMITMENT, expires);
		assert_eq!(Pallet::<T>::live(&subject, SCHEMA).map(|found| found.issuer), Some(issuer));
		Ok(())
	}

	#[benchmark]
	fn claim() -> Result<(), BenchmarkError> {
		let subject: T::AccountId = whitelisted_caller();
		let (issuer, sign) = T::BenchmarkHelper::signer();
		attested_before::<T>(&subject)?;
		prepare::<T>(&issuer);
		fund::<T>(&subject);
		let signed_at = frame_system::Pallet::<T>::block_number();
		let attestation = attestation::<T>(&issuer, &subject, signed_at);
		let message = Pallet::<T>::message_of(&attestation).ok_or("block 0")?;
		// Wrapped: found at the second try.
		let wrapped: Vec<u8> = [b"<Bytes>", message.as_slice(), b"</Bytes>"].concat();
		let signature = sign(&issuer, &wrapped);
		#[extrinsic_call]
		_(RawOrigin::Signed(subject.clone()), attestation, signature);
		assert_eq!(Pallet::<T>::live(&subject, SCHEMA).map(|found| found.issuer), Some(issuer));
		Ok(())
	}

	#[benchmark]
	fn revoke() -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = whitelisted_caller();
		let subject: T::AccountId = account("subject", 0, 0);
		// In the place of another's that counts no more: one deposit is taken, one returned.
		attested_before::<T>(&subject)?;
		prepare::<T>(&issuer);
		#[extrinsic_call]
		_(RawOrigin::Signed(issuer), T::Lookup::unlookup(subject.clone()), SCHEMA);
		let found = Credentials::<T>::get(subject, SCHEMA);
		assert_eq!(found.map(|found| found.commitment), Some(None));
		Ok(())
	}

	#[benchmark]
	fn remove() -> Result<(), BenchmarkError> {
		let who: T::AccountId = whitelisted_caller();
		let subject: T::AccountId = account("subject", 0, 0);
		attested_before::<T>(&subject)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(who), T::Lookup::unlookup(subject.clone()), SCHEMA);
		assert!(!Credentials::<T>::contains_key(subject, SCHEMA));
		Ok(())
	}

	#[benchmark]
	fn post_root() -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = whitelisted_caller();
		prepare::<T>(&issuer);
		roots::<T>(&issuer)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(issuer.clone()), SCHEMA, COMMITMENT);
		assert!(Pallet::<T>::root_posted_in(&issuer, SCHEMA, COMMITMENT).is_some());
		Ok(())
	}

	#[benchmark]
	fn clear_roots() -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = whitelisted_caller();
		prepare::<T>(&issuer);
		roots::<T>(&issuer)?;
		#[extrinsic_call]
		_(RawOrigin::Signed(issuer.clone()), SCHEMA);
		assert!(!CredentialRoots::<T>::contains_key(issuer, SCHEMA));
		Ok(())
	}

	#[benchmark]
	fn ensure_attested() -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = account("issuer", 0, 0);
		let subject: T::AccountId = account("subject", 0, 0);
		prepare::<T>(&issuer);
		let now = frame_system::Pallet::<T>::block_number();
		Pallet::<T>::do_attest(attestation::<T>(&issuer, &subject, now), issuer.clone())?;
		let found;
		#[block]
		{
			found = Pallet::<T>::ensure_committed(COMMITMENT, &subject, SCHEMA, &[issuer]);
		}
		assert_eq!(found, Ok(()));
		Ok(())
	}

	#[benchmark]
	fn root_posted() -> Result<(), BenchmarkError> {
		let issuer: T::AccountId = account("issuer", 0, 0);
		prepare::<T>(&issuer);
		roots::<T>(&issuer)?;
		let found;
		#[block]
		{
			found = Pallet::<T>::root_posted_in(&issuer, SCHEMA, Commitment([0; 32]));
		}
		assert!(found.is_some());
		Ok(())
	}

	/// As many roots as are remembered.
	fn roots<T: Config>(issuer: &T::AccountId) -> Result<(), BenchmarkError> {
		for number in 0..T::MaxRoots::get() {
			let mut root = [0; 32];
			root[..4].copy_from_slice(&number.to_le_bytes());
			Pallet::<T>::do_post_root(issuer.clone(), SCHEMA, Commitment(root))?;
		}
		Ok(())
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ext(), crate::mock::Test);
}
