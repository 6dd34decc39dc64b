//! JSON-RPC beyond what every node has: account nonces with the pool's transactions counted, dry
//! runs, and fees.

use std::{error::Error, sync::Arc};

use jsonrpsee::RpcModule;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use substrate_frame_rpc_system::{System, SystemApiServer};

use crate::service::{Client, TransactionPool};

/// The methods of `system_*` and `payment_*`.
pub(crate) fn create(
	client: Arc<Client>,
	pool: Arc<TransactionPool>,
) -> Result<RpcModule<()>, Box<dyn Error + Send + Sync>> {
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client).into_rpc())?;
	Ok(module)
}
