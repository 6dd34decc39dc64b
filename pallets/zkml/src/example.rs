//! A pallet that acts on what a model says: a greenhouse whose window obeys a model.
//!
//! The chain knows the temperature and the humidity, so they are no prover's to choose: the model's
//! input is public, and has to be what the chain says. Whoever proves first what the model answers
//! to a reading has the window moved, and is the one that the pallet remembers. A proof is of one
//! reading, by number, and by one account: it can be used once, and by nobody else.
//!
//! Which model is asked is the runtime's decision, not that of whoever calls.
//!
//! ```
//! # #![allow(clippy::needless_doctest_main)]
//! #[frame_support::pallet]
//! pub mod pallet_greenhouse {
//!     use codec::Encode;
//!     use frame_support::pallet_prelude::*;
//!     use frame_system::pallet_prelude::*;
//!     use pallet_zkml::{InferenceVerifier, VerifyError};
//!     use zkml_primitives::{HintedProof, Inference, ModelId, Values};
//!
//!     /// Sets the contexts of this pallet apart from all others.
//!     const MOVE_WINDOW: &[u8] = b"greenhouse/move_window";
//!
//!     #[pallet::pallet]
//!     pub struct Pallet<T>(_);
//!
//!     #[pallet::config]
//!     pub trait Config: frame_system::Config {
//!         /// Usually `pallet-zkml`.
//!         type Verifier: InferenceVerifier<Self::AccountId>;
//!         /// The model that is asked; somebody has audited it.
//!         type Model: Get<ModelId>;
//!     }
//!
//!     /// How many readings there were, and the last: degrees and percent.
//!     #[pallet::storage]
//!     pub type Reading<T> = StorageValue<_, (u32, [u8; 2]), ValueQuery>;
//!
//!     /// Whether the window is open, and who proved that it should be as it is.
//!     #[pallet::storage]
//!     pub type Window<T: Config> = StorageValue<_, (bool, T::AccountId)>;
//!
//!     /// The reading that was answered last.
//!     #[pallet::storage]
//!     pub type Answered<T> = StorageValue<_, u32, ValueQuery>;
//!
//!     #[pallet::error]
//!     pub enum Error<T> {
//!         /// The reading was answered already.
//!         NothingToDo,
//!         /// The proof is of another input.
//!         OtherReading,
//!         /// The model has no two classes.
//!         NoAnswer,
//!         /// The inference is not proven.
//!         Refused(VerifyError),
//!     }
//!
//!     #[pallet::call]
//!     impl<T: Config> Pallet<T> {
//!         #[pallet::call_index(0)]
//!         #[pallet::weight(T::DbWeight::get().reads_writes(1, 1))]
//!         pub fn report(origin: OriginFor<T>, reading: [u8; 2]) -> DispatchResult {
//!             ensure_root(origin)?;
//!             Reading::<T>::mutate(|(number, last)| (*number, *last) = (*number + 1, reading));
//!             Ok(())
//!         }
//!
//!         #[pallet::call_index(1)]
//!         #[pallet::weight(
//!             T::Verifier::weight(*signals).saturating_add(T::DbWeight::get().reads_writes(2, 2))
//!         )]
//!         pub fn move_window(
//!             origin: OriginFor<T>,
//!             #[pallet::compact] signals: u32,
//!             inference: Inference,
//!             proof: HintedProof,
//!         ) -> DispatchResult {
//!             let who = ensure_signed(origin)?;
//!             let (number, reading) = Reading::<T>::get();
//!             ensure!(Answered::<T>::get() < number, Error::<T>::NothingToDo);
//!             let model = T::Model::get();
//!             let context = T::Verifier::context(MOVE_WINDOW, model, &who, &number.encode());
//!             let verified = T::Verifier::verify(signals, model, context, &inference, &proof)
//!                 .map_err(Error::<T>::Refused)?;
//!             let input = verified.input().map(Values::to_vec);
//!             ensure!(input == Some(reading.map(i32::from).to_vec()), Error::<T>::OtherReading);
//!             let open = verified.label().ok_or(Error::<T>::NoAnswer)? == 1;
//!             Answered::<T>::put(number);
//!             Window::<T>::put((open, who));
//!             Ok(())
//!         }
//!     }
//! }
//! #
//! # use frame_support::{assert_noop, assert_ok, derive_impl, parameter_types};
//! # use pallet_greenhouse::{Error, Reading, Window};
//! # use sp_runtime::BuildStorage;
//! # use zkml_primitives::*;
//! # use zkml_verifier::fixtures::{Fixture, Key};
//! #
//! # frame_support::construct_runtime!(
//! #     pub enum Test { System: frame_system, Zkml: pallet_zkml, Greenhouse: pallet_greenhouse }
//! # );
//! # #[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
//! # impl frame_system::Config for Test {
//! #     type Block = frame_system::mocking::MockBlock<Test>;
//! # }
//! # #[derive_impl(pallet_zkml::config_preludes::TestDefaultConfig)]
//! # impl pallet_zkml::Config for Test {}
//! # parameter_types! {
//! #     pub static Chosen: ModelId = ModelId([0; 32]);
//! # }
//! # impl pallet_greenhouse::Config for Test {
//! #     type Verifier = Zkml;
//! #     type Model = Chosen;
//! # }
//! #
//! # fn main() {
//! # let storage = RuntimeGenesisConfig::default().build_storage().unwrap();
//! # sp_io::TestExternalities::from(storage).execute_with(|| {
//! #     System::set_block_number(1);
//! #     let packing = Packing { width: 8, count: 2, offset: 0 };
//! #     let interface = Interface {
//! #         input: InputVisibility::Public(Tensor { packing, scale: Scale::power_of_two(0) }),
//! #         weights: WeightsVisibility::Public,
//! #         output: OutputKind::Argmax { classes: 2 },
//! #     };
//! #     let fixture = Fixture::new(1, 3);
//! #     let Key { alpha, beta, gamma, delta, ic } = fixture.key.clone();
//! #     let key = VerifyingKey { alpha, beta, gamma, delta, ic: ic.try_into().unwrap() };
//! #     let id = ModelId::derive(&1u64, Scheme::Groth16, SEMANTICS_V1, &key, &interface);
//! #     let metadata =
//! #         Metadata { name: Default::default(), onnx_sha256: [0; 32], uri: Default::default() };
//! #     let setup = Setup::Ceremony { transcript: [0; 32], contributions: 2 };
//! #     let owner = RuntimeOrigin::signed(1);
//! #     let terms = Terms::default();
//! #     let key = Box::new(key);
//! #     assert_ok!(Zkml::register_model(owner, key, interface, setup, metadata, terms, None));
//! #     Chosen::set(id);
//! #     let prove = |who: u64, number: u32, reading: [i32; 2], label| {
//! #         let domain = b"greenhouse/move_window";
//! #         let payload = codec::Encode::encode(&number);
//! #         let context =
//! #             <Zkml as pallet_zkml::InferenceVerifier<u64>>::context(domain, id, &who, &payload);
//! #         let inference = Inference { output: Output::Label(label), input: Values::new(&reading).into() };
//! #         let statement = Statement::new(&interface, &inference, &context).unwrap();
//! #         let proof = fixture.prove(statement.signals(), 0);
//! #         let hint = Hint(fixture.hint(statement.signals(), &proof));
//! #         (inference, HintedProof { proof: Proof(proof), hint })
//! #     };
//! #     let act = |who: u64, (inference, proof): (Inference, HintedProof)| {
//! #         Greenhouse::move_window(RuntimeOrigin::signed(who), 3, inference, proof)
//! #     };
//! #     let good = prove(2, 1, [31, 60], 1);
//! #     assert_noop!(act(2, good.clone()), Error::<Test>::NothingToDo);
//! #     assert_ok!(Greenhouse::report(RuntimeOrigin::root(), [31, 60]));
//! #     let other = prove(2, 1, [5, 60], 1);
//! #     assert_noop!(act(2, other), Error::<Test>::OtherReading);
//! #     let invalid = Error::<Test>::Refused(pallet_zkml::VerifyError::InvalidProof);
//! #     assert_noop!(act(3, good.clone()), invalid);
//! #     assert_ok!(act(2, good.clone()));
//! #     assert_eq!(Window::<Test>::get(), Some((true, 2)));
//! #     assert_noop!(act(2, good.clone()), Error::<Test>::NothingToDo);
//! #     assert_ok!(Greenhouse::report(RuntimeOrigin::root(), [31, 60]));
//! #     let invalid = Error::<Test>::Refused(pallet_zkml::VerifyError::InvalidProof);
//! #     assert_noop!(act(2, good), invalid);
//! #     assert_ok!(act(3, prove(3, 2, [31, 60], 0)));
//! #     assert_eq!((Window::<Test>::get(), Reading::<Test>::get().0), (Some((false, 3)), 2));
//! # });
//! # }
//! ```
