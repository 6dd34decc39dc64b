//! Nodes on this machine that end with the scenario.

use crate::programs::program;
use std::{
	fs::File,
	net::TcpListener,
	path::PathBuf,
	process::{Child, Command, Stdio},
	sync::Mutex,
	time::{Duration, Instant},
};
use zkml_cli::chain::Chain;

/// Processes to end, and folders to remove, when this one is interrupted.
static RUNNING: Mutex<Vec<(u32, PathBuf)>> = Mutex::new(Vec::new());

/// Ends every node that still runs, and removes its data; for the handler of Ctrl-C.
pub fn end_all() {
	if let Ok(running) = RUNNING.lock() {
		for (id, folder) in running.iter() {
			let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
			// Until its last write is done, the folder may fill again.
			for _ in 0..50 {
				if std::fs::remove_dir_all(folder).is_ok() && !folder.exists() {
					break;
				}
				std::thread::sleep(Duration::from_millis(20));
			}
		}
	}
}

/// A port of the loopback interface that nobody uses now.
///
/// # Panics
/// If there is none.
pub fn free_port() -> u16 {
	let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
	listener.local_addr().expect("a bound port").port()
}

/// A running node. Dropping it ends it and removes its data.
#[derive(Debug)]
pub struct Node {
	child: Child,
	folder: tempfile::TempDir,
}

impl Node {
	/// Starts a development chain: one process, a block for each transaction.
	///
	/// # Panics
	/// If it cannot be started.
	pub fn development() -> Self {
		Self::start(&["--dev"])
	}

	/// Starts a node with these arguments besides its folder and its ports.
	///
	/// # Panics
	/// If it cannot be started.
	pub fn start(arguments: &[&str]) -> Self {
		let folder = tempfile::tempdir().expect("a temporary folder");
		let log = File::create(folder.path().join("log")).expect("a log");
		let child = Command::new(program("zkml-node"))
			.args(arguments)
			.args(["--no-telemetry", "--no-prometheus", "--rpc-port", "0"])
			.arg("--base-path")
			.arg(folder.path())
			.stdin(Stdio::null())
			.stdout(Stdio::null())
			.stderr(log)
			.spawn()
			.expect("a node");
		if let Ok(mut running) = RUNNING.lock() {
			running.push((child.id(), folder.path().into()));
		}
		Self { child, folder }
	}

	/// The address of its JSON-RPC, once it has chosen a port and logged it.
	pub fn url(&self) -> Option<String> {
		let log = self.log();
		let (_, address) = log.split_once("JSON-RPC server: addr=")?;
		let port = address.strip_prefix("127.0.0.1:")?.split(',').next()?.trim();
		Some(format!("ws://127.0.0.1:{port}"))
	}

	/// What it has logged.
	pub fn log(&self) -> String {
		std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
	}

	/// Connects, waiting until the node answers; its address, too.
	///
	/// # Panics
	/// If it ends or does not answer within two minutes; says what it logged.
	pub async fn connect(&mut self) -> (Chain, String) {
		let start = Instant::now();
		loop {
			let mut problem = "it logged no address".to_string();
			if let Some(url) = self.url() {
				match Chain::connect(&url).await {
					Ok(chain) => return (chain, url),
					Err(error) => problem = error.to_string(),
				}
			}
			let ended = self.child.try_wait().ok().flatten();
			assert!(ended.is_none(), "the node ended: {ended:?}\n{}", self.log());
			let late = start.elapsed() > Duration::from_secs(120);
			assert!(!late, "{problem}\n{}", self.log());
			tokio::time::sleep(Duration::from_millis(100)).await;
		}
	}
}

impl Drop for Node {
	fn drop(&mut self) {
		let id = self.child.id();
		let _ = self.child.kill();
		let _ = self.child.wait();
		if let Ok(mut running) = RUNNING.lock() {
			running.retain(|(other, _)| *other != id);
		}
	}
}
