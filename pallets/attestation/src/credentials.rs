//! What the calls do.

use crate::{
	pallet::*, Attestation, Attested, Credential, Issuer, NotAttested, Root, Roots, WeightInfo,
};
use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{
	ensure,
	traits::{Consideration, Footprint, Get},
	weights::Weight,
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::{
	traits::{Saturating, Verify, Zero},
	DispatchResult,
};
use zkml_primitives::{Commitment, SchemaId};

/// What wallets put around bytes that they sign.
const WRAPPED: (&[u8], &[u8]) = (b"<Bytes>", b"</Bytes>");

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_issuer(
		issuer: T::AccountId,
		schemas: BoundedVec<SchemaId, T::MaxSchemas>,
	) -> DispatchResult {
		let distinct: BTreeSet<&SchemaId> = schemas.iter().collect();
		ensure!(distinct.len() == schemas.len(), Error::<T>::SchemaListedTwice);
		Issuers::<T>::mutate(&issuer, |known| {
			let suspended = known.as_ref().is_some_and(|known| known.suspended);
			*known = Some(Issuer { schemas: schemas.clone(), suspended });
		});
		Self::deposit_event(Event::IssuerSet { issuer, schemas });
		Ok(())
	}

	pub(crate) fn do_suspend_issuer(issuer: T::AccountId, suspended: bool) -> DispatchResult {
		Issuers::<T>::try_mutate(&issuer, |known| {
			known.as_mut().ok_or(Error::<T>::IssuerNotFound)?.suspended = suspended;
			Ok::<_, Error<T>>(())
		})?;
		Self::deposit_event(Event::IssuerSuspended { issuer, suspended });
		Ok(())
	}

	pub(crate) fn do_remove_issuer(issuer: T::AccountId) -> DispatchResult {
		ensure!(Issuers::<T>::take(&issuer).is_some(), Error::<T>::IssuerNotFound);
		Self::deposit_event(Event::IssuerRemoved { issuer });
		Ok(())
	}

	/// Checks that an account may attest values of a schema now.
	fn ensure_issuer(issuer: &T::AccountId, schema: SchemaId) -> Result<(), Error<T>> {
		let known = Issuers::<T>::get(issuer).ok_or(Error::<T>::IssuerNotFound)?;
		ensure!(!known.suspended, Error::<T>::IssuerSuspended);
		ensure!(known.schemas.contains(&schema), Error::<T>::SchemaNotAllowed);
		Ok(())
	}

	pub(crate) fn do_attest(
		attestation: AttestationOf<T>,
		depositor: T::AccountId,
	) -> DispatchResult {
		let Attestation { issuer, subject, schema, commitment, expires, signed_at } = attestation;
		Self::ensure_issuer(&issuer, schema)?;
		ensure!(commitment.is_canonical(), Error::<T>::NotCanonical);
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(expires.is_none_or(|last| last >= now), Error::<T>::Expired);
		let before = Credentials::<T>::get(&subject, schema);
		if let Some(before) = &before {
			let foreign = before.issuer != issuer && Self::counts(before, schema, now);
			ensure!(!foreign, Error::<T>::AttestedByOther);
		}
		let footprint = Self::credential_footprint();
		let ticket = match before {
			Some(before) if before.depositor == depositor => {
				before.ticket.update(&depositor, footprint)?
			},
			before => {
				let ticket = T::Consideration::new(&depositor, footprint)?;
				if let Some(before) = before {
					before.ticket.drop(&before.depositor)?;
				}
				ticket
			},
		};
		let credential = Credential {
			issuer: issuer.clone(),
			commitment: Some(commitment),
			expires,
			since: signed_at,
			depositor,
			ticket,
		};
		Credentials::<T>::insert(&subject, schema, credential);
		Self::deposit_event(Event::Attested { issuer, subject, schema, commitment, expires });
		Ok(())
	}

	pub(crate) fn do_claim(
		who: T::AccountId,
		attestation: AttestationOf<T>,
		signature: T::Signature,
	) -> DispatchResult {
		ensure!(who == attestation.subject, Error::<T>::NotSubject);
		let now = frame_system::Pallet::<T>::block_number();
		let signed_at = attestation.signed_at;
		ensure!(signed_at <= now, Error::<T>::SignedInFuture);
		let last = signed_at.saturating_add(T::MaxAge::get());
		ensure!(now <= last, Error::<T>::SignedTooLongAgo);
		if let Some(before) = Credentials::<T>::get(&who, attestation.schema) {
			ensure!(signed_at > before.since, Error::<T>::Superseded);
		}
		let message = Self::message_of(&attestation).ok_or(Error::<T>::BadSignature)?;
		let wrapped: Vec<u8> = [WRAPPED.0, message.as_slice(), WRAPPED.1].concat();
		let by_issuer = |bytes: &[u8]| signature.verify(bytes, &attestation.issuer);
		ensure!(by_issuer(&message) || by_issuer(&wrapped), Error::<T>::BadSignature);
		Self::do_attest(attestation, who)
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_revoke(
		who: T::AccountId,
		subject: T::AccountId,
		schema: SchemaId,
	) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		let before = Credentials::<T>::get(&subject, schema);
		let revoked = match before {
			Some(own) if own.issuer == who => {
				ensure!(own.commitment.is_some(), Error::<T>::AlreadyRevoked);
				Credential { commitment: None, expires: None, since: now, ..own }
			},
			// What was signed and not claimed yet is revoked, too. Another issuer's record is in the way
			// only while it counts.
			before => {
				if let Some(before) = &before {
					ensure!(!Self::counts(before, schema, now), Error::<T>::NotIssuer);
				}
				Self::ensure_issuer(&who, schema).map_err(|_| match before {
					Some(_) => Error::<T>::NotIssuer,
					None => Error::<T>::CredentialNotFound,
				})?;
				let ticket = T::Consideration::new(&who, Self::credential_footprint())?;
				if let Some(before) = before {
					before.ticket.drop(&before.depositor)?;
				}
				let (issuer, depositor) = (who.clone(), who.clone());
				let (commitment, expires, since) = (None, None, now);
				Credential { issuer, commitment, expires, since, depositor, ticket }
			},
		};
		Credentials::<T>::insert(&subject, schema, revoked);
		Self::deposit_event(Event::Revoked { issuer: who, subject, schema });
		Ok(())
	}

	pub(crate) fn do_remove(
		who: T::AccountId,
		subject: T::AccountId,
		schema: SchemaId,
	) -> DispatchResult {
		let found = Credentials::<T>::get(&subject, schema);
		let credential = found.ok_or(Error::<T>::CredentialNotFound)?;
		let now = frame_system::Pallet::<T>::block_number();
		let remembered = credential.since.saturating_add(T::MaxAge::get());
		ensure!(now > remembered, Error::<T>::StillRemembered);
		// A suspension may be lifted.
		let listed = Issuers::<T>::get(&credential.issuer)
			.is_some_and(|issuer| issuer.schemas.contains(&schema));
		let over = credential.commitment.is_none() || credential.has_expired(now) || !listed;
		ensure!(over || who == subject, Error::<T>::StillCounts);
		credential.ticket.drop(&credential.depositor)?;
		Credentials::<T>::remove(&subject, schema);
		Self::deposit_event(Event::Removed { subject, schema });
		Ok(())
	}

	pub(crate) fn do_post_root(
		issuer: T::AccountId,
		schema: SchemaId,
		root: Commitment,
	) -> DispatchResult {
		Self::ensure_issuer(&issuer, schema)?;
		ensure!(root.is_canonical(), Error::<T>::NotCanonical);
		let posted = frame_system::Pallet::<T>::block_number();
		let mut roots = match CredentialRoots::<T>::get(&issuer, schema) {
			Some(roots) => roots,
			None => {
				let ticket = T::Consideration::new(&issuer, Self::roots_footprint())?;
				Roots { posted: BoundedVec::new(), ticket }
			},
		};
		if roots.posted.is_full() {
			roots.posted.remove(0);
		}
		// There is room: the oldest has made some.
		let _ = roots.posted.try_push(Root { root, posted });
		CredentialRoots::<T>::insert(&issuer, schema, roots);
		Self::deposit_event(Event::RootPosted { issuer, schema, root });
		Ok(())
	}

	pub(crate) fn do_clear_roots(issuer: T::AccountId, schema: SchemaId) -> DispatchResult {
		let roots = CredentialRoots::<T>::take(&issuer, schema);
		roots.ok_or(Error::<T>::RootsNotFound)?.ticket.drop(&issuer)?;
		Self::deposit_event(Event::RootsCleared { issuer, schema });
		Ok(())
	}

	/// Whether a credential counts in a block.
	fn counts<Ticket>(
		credential: &Credential<T::AccountId, BlockNumberFor<T>, Ticket>,
		schema: SchemaId,
		now: BlockNumberFor<T>,
	) -> bool {
		credential.commitment.is_some()
			&& !credential.has_expired(now)
			&& Self::ensure_issuer(&credential.issuer, schema).is_ok()
	}

	/// The credential of an account that counts now.
	pub(crate) fn live(
		subject: &T::AccountId,
		schema: SchemaId,
	) -> Option<Credential<T::AccountId, BlockNumberFor<T>, ()>> {
		let now = frame_system::Pallet::<T>::block_number();
		let found = Credentials::<T>::get(subject, schema)?;
		Self::counts(&found, schema, now).then(|| found.without_ticket())
	}

	/// The block in which an issuer posted a root, if it is remembered and the issuer vouches now.
	pub(crate) fn root_posted_in(
		issuer: &T::AccountId,
		schema: SchemaId,
		root: Commitment,
	) -> Option<BlockNumberFor<T>> {
		Self::ensure_issuer(issuer, schema).ok()?;
		let roots = CredentialRoots::<T>::get(issuer, schema)?;
		// The last time counts, where it was posted again.
		roots.posted.iter().rev().find(|posted| posted.root == root).map(|posted| posted.posted)
	}

	/// What an issuer signs; `None` in the state of block 0, which does not know its own hash.
	pub(crate) fn message_of(attestation: &AttestationOf<T>) -> Option<[u8; 32]> {
		let zero = BlockNumberFor::<T>::zero();
		if frame_system::Pallet::<T>::block_number() == zero {
			return None;
		}
		Some(attestation.message(&frame_system::Pallet::<T>::block_hash(zero)))
	}

	/// What a credential takes, at most.
	pub(crate) fn credential_footprint() -> Footprint {
		Footprint::from_mel::<(T::AccountId, SchemaId, CredentialOf<T>)>()
	}

	/// What the roots of an issuer and a schema take, at most.
	pub(crate) fn roots_footprint() -> Footprint {
		Footprint::from_mel::<(T::AccountId, SchemaId, RootsOf<T>)>()
	}
}

impl<T: Config> Attested<T::AccountId, BlockNumberFor<T>> for Pallet<T> {
	fn ensure_committed(
		commitment: Commitment,
		subject: &T::AccountId,
		schema: SchemaId,
		issuers: &[T::AccountId],
	) -> Result<(), NotAttested> {
		let credential = Self::live(subject, schema).ok_or(NotAttested::NoCredential)?;
		ensure!(issuers.contains(&credential.issuer), NotAttested::OtherIssuer);
		ensure!(credential.commitment == Some(commitment), NotAttested::OtherValues);
		Ok(())
	}

	fn vouches(issuer: &T::AccountId, schema: SchemaId) -> bool {
		Self::ensure_issuer(issuer, schema).is_ok()
	}

	fn root_posted(
		issuer: &T::AccountId,
		schema: SchemaId,
		root: Commitment,
	) -> Option<BlockNumberFor<T>> {
		Self::root_posted_in(issuer, schema, root)
	}

	fn weight() -> Weight {
		T::WeightInfo::ensure_attested().max(T::WeightInfo::root_posted())
	}
}
