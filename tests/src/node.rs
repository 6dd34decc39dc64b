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
	arguments: Vec<String>,
	/// How often it was started. Each start has a log of its own.
	starts: u32,
}

/// The secret keys by which two validators know each other on the network, and their peer ids.
const NODE_KEYS: [(&str, &str); 2] = [
	(
		"0000000000000000000000000000000000000000000000000000000000000001",
		"12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp",
	),
	(
		"0000000000000000000000000000000000000000000000000000000000000002",
		"12D3KooWHdiAxVd8uMQR1hGWXccidmfCwLqcMpGwR6QcTP6QRMuD",
	),
];

impl Node {
	/// Starts a development chain: one process, a block for each transaction.
	///
	/// # Panics
	/// If it cannot be started.
	pub fn development() -> Self {
		Self::start(&["--dev"])
	}

	/// Starts Alice and Bob, the validators of the local chain: Aura, in slots of 6 s, and GRANDPA,
	/// for which both must vote.
	///
	/// # Panics
	/// If they cannot be started.
	pub fn validators() -> (Self, Self) {
		let ports = [free_port(), free_port()];
		let start = |own: usize, other: usize, who: &str| {
			let peer = NODE_KEYS[other].1;
			Self::start(&[
				"--chain",
				"local",
				who,
				"--node-key",
				NODE_KEYS[own].0,
				"--listen-addr",
				&format!("/ip4/127.0.0.1/tcp/{}", ports[own]),
				// Each looks for the other, whichever is restarted.
				"--bootnodes",
				&format!("/ip4/127.0.0.1/tcp/{}/p2p/{peer}", ports[other]),
				"--no-mdns",
			])
		};
		(start(0, 1, "--alice"), start(1, 0, "--bob"))
	}

	/// Starts a node with these arguments besides its folder and its ports.
	///
	/// # Panics
	/// If it cannot be started.
	pub fn start(arguments: &[&str]) -> Self {
		let folder = tempfile::tempdir().expect("a temporary folder");
		let arguments: Vec<String> = arguments.iter().map(|&argument| argument.into()).collect();
		let child = spawn(&folder, &arguments, 0);
		Self { child, folder, arguments, starts: 1 }
	}

	/// Ends it as a power cut does, with SIGKILL: it cannot finish or write anything. Its data stays.
	///
	/// # Panics
	/// If it had ended already.
	pub fn kill(&mut self) {
		let ended = self.child.try_wait().expect("a child");
		assert!(ended.is_none(), "the node ended by itself: {ended:?}\n{}", self.log());
		end(&mut self.child);
	}

	/// Starts it again on the data that it left.
	///
	/// # Panics
	/// If it cannot be started.
	pub fn restart(&mut self) {
		self.child = spawn(&self.folder, &self.arguments, self.starts);
		self.starts += 1;
	}

	/// The address of its JSON-RPC, once it has chosen a port and logged it.
	pub fn url(&self) -> Option<String> {
		let log = self.log();
		let (_, address) = log.split_once("JSON-RPC server: addr=")?;
		let port = address.strip_prefix("127.0.0.1:")?.split(',').next()?.trim();
		Some(format!("ws://127.0.0.1:{port}"))
	}

	/// What it has logged since it was last started.
	pub fn log(&self) -> String {
		std::fs::read_to_string(log(&self.folder, self.starts - 1)).unwrap_or_default()
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
		end(&mut self.child);
	}
}

fn log(folder: &tempfile::TempDir, start: u32) -> PathBuf {
	folder.path().join(format!("log.{start}"))
}

fn spawn(folder: &tempfile::TempDir, arguments: &[String], start: u32) -> Child {
	let metrics = arguments.iter().any(|argument| argument == "--prometheus-port");
	let child = Command::new(program("zkml-node"))
		.args(arguments)
		.args(["--no-telemetry", "--rpc-port", "0"])
		.args((!metrics).then_some("--no-prometheus"))
		.arg("--base-path")
		.arg(folder.path())
		.stdin(Stdio::null())
		.stdout(Stdio::null())
		.stderr(File::create(log(folder, start)).expect("a log"))
		.spawn()
		.expect("a node");
	if let Ok(mut running) = RUNNING.lock() {
		running.push((child.id(), folder.path().into()));
	}
	child
}

fn end(child: &mut Child) {
	let id = child.id();
	let _ = child.kill();
	let _ = child.wait();
	if let Ok(mut running) = RUNNING.lock() {
		running.retain(|(other, _)| *other != id);
	}
}
