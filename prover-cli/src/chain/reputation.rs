//! `pallet-reputation`: scores earned by proofs over attested inputs.

use super::{
	calls::{multi_address, Call},
	AccountId, Anchor, BlockNumber, Chain, ChainError, Included, ModelInfo, State, Status,
};
use codec::{Compact, Decode, Encode};
use subxt_signer::sr25519::Keypair;
use zkml_primitives::{
	context_for, Commitment, Context, HintedProof, Inference, ModelId, Output, OutputKind,
	SchemaId, Setup,
};

/// The pallet's name in the runtime.
const PALLET: &str = "Reputation";

/// Domain tag of the contexts of proofs that earn points.
const PROVE: &[u8] = b"reputation/prove";

/// A subject area.
pub type AreaId = u32;

/// What an answer of a model is worth when it is proven.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Points {
	/// So many for reaching the threshold.
	#[codec(index = 0)]
	Passed(u32),
	/// So many for each label.
	#[codec(index = 1)]
	Labels(Vec<u32>),
}

impl Points {
	/// Points as typed, for a model with this output; `None` where its answers are of another kind.
	pub fn new(typed: &[u32], output: &OutputKind) -> Option<Self> {
		match (typed, output) {
			(&[points], OutputKind::Threshold { .. }) => Some(Self::Passed(points)),
			(points, OutputKind::Argmax { classes } | OutputKind::MaskedArgmax { classes })
				if points.len() == *classes as usize =>
			{
				Some(Self::Labels(points.to_vec()))
			},
			_ => None,
		}
	}

	/// Those for what a model answered; `None` where it is not of this kind.
	pub fn of(&self, output: &Output) -> Option<u32> {
		match (self, output) {
			(Self::Passed(points), Output::Passed) => Some(*points),
			(Self::Labels(points), Output::Label(label) | Output::MaskedLabel { label, .. }) => {
				points.get(*label as usize).copied()
			},
			_ => None,
		}
	}
}

/// A model whose answers earn points, over values that somebody vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Source {
	/// The model, whose input is committed.
	pub model: ModelId,
	/// What the committed values are.
	pub schema: SchemaId,
	/// Who may vouch for them.
	pub issuers: Vec<AccountId>,
	/// What the answers are worth.
	pub points: Points,
}

/// How a reputation is earned and lost.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Area {
	/// After so many blocks what was earned is worth half.
	pub half_life: BlockNumber,
	/// The score of who has earned nothing.
	pub floor: u32,
	/// The highest score.
	pub ceiling: u32,
	/// By what it is earned.
	pub sources: Vec<Source>,
}

impl Area {
	/// The source that is this model.
	///
	/// # Errors
	/// [`ChainError::Needless`] if it is none.
	pub fn source(&self, model: ModelId) -> Result<&Source, ChainError> {
		let found = self.sources.iter().find(|source| source.model == model);
		found.ok_or_else(|| refused("SourceNotFound"))
	}
}

/// What a model answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub enum Answer {
	/// That its score reaches the threshold.
	#[codec(index = 0)]
	Passed,
	/// The best label.
	#[codec(index = 1)]
	Label(u32),
}

/// What an account has proven of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Decode)]
pub struct Contribution {
	/// The source.
	pub model: ModelId,
	/// What was proven.
	pub answer: Answer,
	/// What that is worth now.
	pub points: u32,
	/// To the values that it was proven of.
	pub commitment: Commitment,
	/// When it was proven.
	pub since: BlockNumber,
}

/// What an account's next proof of a source must be made for.
#[derive(Clone, Copy, Debug)]
pub struct NextProof {
	/// The block.
	pub anchor: Anchor,
	/// The public signal.
	pub context: Context,
}

/// An inference with its proof, and the block that it was made for.
#[derive(Clone, Debug)]
pub struct Earning<'a> {
	/// The area.
	pub area: AreaId,
	/// The model.
	pub model: ModelId,
	/// Number of public signals.
	pub signals: u32,
	/// The block.
	pub anchor: BlockNumber,
	/// The claim.
	pub inference: &'a Inference,
	/// Its proof.
	pub proof: &'a HintedProof,
}

/// What the chain would say.
fn refused(name: &str) -> ChainError {
	ChainError::Needless(format!("{PALLET}::{name}"))
}

impl State {
	/// How a reputation is earned in an area.
	pub async fn area(&self, area: AreaId) -> Result<Option<Area>, ChainError> {
		self.view_of(PALLET, "area", area).await
	}

	/// The same, where there is one.
	///
	/// # Errors
	/// [`ChainError::Needless`] if there is none.
	pub async fn known_area(&self, area: AreaId) -> Result<Area, ChainError> {
		self.area(area).await?.ok_or_else(|| refused("AreaNotFound"))
	}

	/// The most models of an area, the most issuers of a model, and the most labels.
	pub fn area_limits(&self) -> Result<[u32; 3], ChainError> {
		Ok([
			self.constant(PALLET, "MaxSources")?,
			self.constant(PALLET, "MaxIssuers")?,
			self.constant(PALLET, "MaxLabels")?,
		])
	}

	/// An account's score in an area; 0 where there is no such area.
	pub async fn score(&self, account: AccountId, area: AreaId) -> Result<u32, ChainError> {
		self.view_of(PALLET, "score", (account, area)).await
	}

	/// What an account has proven in an area, with the points that it gives now.
	pub async fn contributions(
		&self,
		account: AccountId,
		area: AreaId,
	) -> Result<Option<Vec<Contribution>>, ChainError> {
		self.view_of(PALLET, "record", (account, area)).await
	}

	/// Whether the values of a commitment are what an issuer of a source attests of an account, and
	/// that counts now.
	///
	/// # Errors
	/// Besides those of the connection, none: what the chain would say is an answer.
	pub async fn attested(
		&self,
		source: &Source,
		account: AccountId,
		commitment: Commitment,
	) -> Result<Result<(), ChainError>, ChainError> {
		let not = |why: &str| Err(refused(&format!("NotAttested({why})")));
		Ok(match self.credential(account, source.schema).await? {
			None => not("NoCredential"),
			Some(found) if !source.issuers.contains(&found.issuer) => not("OtherIssuer"),
			Some(found) if found.commitment != Some(commitment) => not("OtherValues"),
			Some(_) => Ok(()),
		})
	}

	/// Checks that the chain verifies inferences of a model at present.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_verified(&self, info: &ModelInfo) -> Result<(), ChainError> {
		let policy = self.policy().await?;
		let development = info.model.setup == Setup::Development;
		let why = match info.status {
			_ if policy.paused => "VerificationPaused",
			Status::Suspended => "ModelSuspended",
			Status::Retired => "ModelRetired",
			_ if development && !policy.allow_development_keys => "DevelopmentKeyRefused",
			Status::Active | Status::Deprecated { .. } => return Ok(()),
		};
		Err(refused(&format!("Refused({why})")))
	}

	/// What an account's next proof of a source must be made for.
	///
	/// The context is computed here, from the chain's genesis hash, the account, and the area and the
	/// hash of a block. That is the one before this, or the block in which the account proved the
	/// source last, if that is later: a proof for an older one would be its last again.
	///
	/// # Errors
	/// [`ChainError::Contradiction`] if the node says that the context is another, or none.
	pub async fn next_proof(
		&self,
		area: AreaId,
		model: ModelId,
		account: AccountId,
	) -> Result<NextProof, ChainError> {
		let known = self.contributions(account, area).await?.unwrap_or_default();
		let since = known.iter().find(|known| known.model == model).map(|known| known.since);
		let newest = self.height().checked_sub(1).ok_or_else(|| {
			ChainError::Runtime("it has no block yet after its first: wait for one".into())
		})?;
		let block = since.map_or(newest, |since| since.max(newest));
		if block > self.height() {
			return Err(ChainError::Contradiction(format!(
				"at block {} it has a proof that was accepted in block {block}",
				self.height()
			)));
		}
		let hash = self.chain().hash_of(block).await?;
		let genesis = self.chain().genesis();
		let context = context_for(&genesis, PROVE, model, &account, &payload(area, &hash));
		// No state knows its own block's hash, so of that nothing can be asked.
		if block < self.height() {
			let told: Option<Context> =
				self.view_of(PALLET, "next_context", (area, model, account, block)).await?;
			if told != Some(context) {
				let shown = |context: Context| format!("0x{}", hex::encode(context.0));
				return Err(ChainError::Contradiction(format!(
					"the context for block {block} is {}, not {}",
					shown(context),
					told.map_or("none".into(), shown)
				)));
			}
		}
		Ok(NextProof { anchor: Anchor { block, hash }, context })
	}

	/// Checks that what an account has proven of a model can be struck out.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_challengeable(
		&self,
		area: AreaId,
		model: ModelId,
		account: AccountId,
	) -> Result<(), ChainError> {
		let settings = self.known_area(area).await?;
		let source = settings.source(model)?;
		let known = self.contributions(account, area).await?;
		let known = known.ok_or_else(|| refused("RecordNotFound"))?;
		let known = known.iter().find(|known| known.model == model);
		let known = known.ok_or_else(|| refused("ContributionNotFound"))?;
		match self.attested(source, account, known.commitment).await? {
			Ok(()) => Err(refused("StillAttested")),
			Err(_) => Ok(()),
		}
	}

	/// Checks that an account's record can be forgotten at the wish of `signer`.
	///
	/// # Errors
	/// [`ChainError::Needless`] with what the chain would say.
	pub async fn ensure_removable(
		&self,
		area: AreaId,
		account: AccountId,
		signer: AccountId,
	) -> Result<(), ChainError> {
		let known = self.contributions(account, area).await?;
		let known = known.ok_or_else(|| refused("RecordNotFound"))?;
		let remembered: u32 = self.constant(PALLET, "MaxAnchorAge")?;
		let next = self.height().saturating_add(1);
		if known.iter().any(|known| next < known.since.saturating_add(remembered)) {
			return Err(refused("StillRemembered"));
		}
		match account != signer && known.iter().any(|known| known.points > 0) {
			true => Err(refused("StillCounts")),
			false => Ok(()),
		}
	}
}

/// What makes a context unique.
fn payload(area: AreaId, anchor: &[u8; 32]) -> Vec<u8> {
	(area, anchor).encode()
}

impl Chain {
	/// Says how a reputation is earned in an area, or that there is none, as the chain's sudo key.
	pub async fn set_area(
		&self,
		sudo: &Keypair,
		area: AreaId,
		settings: Option<&Area>,
	) -> Result<Included, ChainError> {
		self.as_root(PALLET, sudo, &Call::new("set_area", (area, settings))).await
	}

	/// Earns points with a proof.
	pub async fn earn(
		&self,
		signer: &Keypair,
		earning: &Earning<'_>,
	) -> Result<Included, ChainError> {
		let Earning { area, model, signals, anchor, inference, proof } = earning;
		let arguments = (area, model, Compact(*signals), anchor, inference, proof);
		self.send_to(PALLET, signer, Call::new("prove", arguments)).await
	}

	/// Strikes out what an account has proven of values that are not attested as they were.
	pub async fn strike_out(
		&self,
		signer: &Keypair,
		account: AccountId,
		area: AreaId,
		model: ModelId,
	) -> Result<Included, ChainError> {
		let arguments = (multi_address(account), area, model);
		self.send_to(PALLET, signer, Call::new("challenge", arguments)).await
	}

	/// Forgets what an account has proven in an area, and returns its deposit.
	pub async fn remove_record(
		&self,
		signer: &Keypair,
		account: AccountId,
		area: AreaId,
	) -> Result<Included, ChainError> {
		let arguments = (multi_address(account), area);
		self.send_to(PALLET, signer, Call::new("remove_record", arguments)).await
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use zkml_primitives::{Mask, Packing, Scale, Tensor};

	#[test]
	fn an_area_is_encoded_as_the_pallet_has_it() {
		let source = |points| Source {
			model: ModelId([1; 32]),
			schema: SchemaId([2; 32]),
			issuers: vec![[3; 32]],
			points,
		};
		let sources = vec![source(Points::Passed(60)), source(Points::Labels(vec![0, 7]))];
		let area = Area { half_life: 5, floor: 6, ceiling: 7, sources };
		let mut bytes = [5u32, 6, 7].encode();
		bytes.push(2 << 2);
		for points in [[&[0u8][..], &60u32.encode()].concat(), (1u8, vec![0u32, 7]).encode()] {
			bytes.extend([[1u8; 32], [2; 32]].concat());
			bytes.push(1 << 2);
			bytes.extend([3; 32]);
			bytes.extend(points);
		}
		assert_eq!(area.encode(), bytes);
		assert_eq!(Area::decode(&mut bytes.as_slice()), Ok(area));
	}

	#[test]
	fn points_are_for_the_answers_that_a_model_gives() {
		let score = Tensor {
			packing: Packing { width: 8, count: 1, offset: 0 },
			scale: Scale::power_of_two(0),
		};
		let threshold = OutputKind::Threshold { score, tau: 1 };
		let best = OutputKind::Argmax { classes: 2 };
		assert_eq!(Points::new(&[60], &threshold), Some(Points::Passed(60)));
		assert_eq!(Points::new(&[1, 2], &threshold), None);
		assert_eq!(Points::new(&[1, 2], &best), Some(Points::Labels(vec![1, 2])));
		for typed in [&[][..], &[1], &[1, 2, 3]] {
			assert_eq!(Points::new(typed, &best), None, "{typed:?}");
		}
		assert_eq!(Points::new(&[1], &OutputKind::Logits(score)), None);

		let labels = Points::Labels(vec![1, 2]);
		assert_eq!(labels.of(&Output::Label(1)), Some(2));
		let mask = Mask::new([true, true].into_iter()).unwrap();
		assert_eq!(labels.of(&Output::MaskedLabel { label: 0, mask }), Some(1));
		assert_eq!(labels.of(&Output::Label(2)), None);
		assert_eq!(labels.of(&Output::Passed), None);
		assert_eq!(Points::Passed(3).of(&Output::Passed), Some(3));
		assert_eq!(Points::Passed(3).of(&Output::Label(0)), None);
	}

	#[test]
	fn a_context_is_of_one_area_and_one_block() {
		let bytes = payload(3, &[9; 32]);
		assert_eq!((&bytes[..4], &bytes[4..]), (&[3, 0, 0, 0][..], &[9; 32][..]));
	}
}
