//! A folder and a chain in which `zkml` runs as people run it; aloud, where somebody listens.

use crate::{node::Node, programs::program};
use serde_json::Value;
use std::{
	io::Write,
	path::{Path, PathBuf},
	process::{Command, Stdio},
	time::{Duration, Instant},
};

/// The widest line of a story.
const WIDTH: usize = 96;

/// A folder in which `zkml` runs, and a chain.
pub struct Place {
	folder: tempfile::TempDir,
	node: Node,
	url: String,
	aloud: bool,
}

/// What a command said.
struct Said {
	value: Value,
	code: i32,
	words: String,
	took: Duration,
}

impl Place {
	/// An empty folder, and a development chain.
	pub async fn empty() -> Self {
		Self::with(Node::development(), false).await
	}

	/// The same, and a listener, who is told each step on stdout.
	pub async fn aloud() -> Self {
		Self::with(Node::development(), true).await
	}

	/// An empty folder, and another chain.
	pub async fn with(mut node: Node, aloud: bool) -> Self {
		let (_, url) = node.connect().await;
		Self { folder: tempfile::tempdir().expect("a temporary folder"), node, url, aloud }
	}

	/// A file of the folder.
	pub fn path(&self, name: &str) -> PathBuf {
		self.folder.path().join(name)
	}

	/// The node's JSON-RPC address.
	pub fn url(&self) -> &str {
		&self.url
	}

	/// The node, to be killed and started again.
	pub fn node(&mut self) -> &mut Node {
		&mut self.node
	}

	/// Begins a part of the story.
	pub fn part(&self, title: &str) {
		if self.aloud {
			println!("\n{title}\n{}", "─".repeat(title.chars().count()));
		}
	}

	/// Tells something.
	pub fn says(&self, text: &str) {
		if self.aloud {
			let mut line = String::new();
			for word in text.split_whitespace() {
				if line.chars().count() + word.chars().count() > WIDTH {
					println!("{line}");
					line.clear();
				}
				line.push_str(if line.is_empty() { "" } else { " " });
				line.push_str(word);
			}
			println!("{line}");
		}
	}

	/// Runs a verb that must succeed; its JSON.
	///
	/// # Panics
	/// If it fails.
	pub fn run(&self, arguments: &[&str]) -> Value {
		let said = self.command(None, arguments);
		assert_eq!(said.code, 0, "{arguments:?}: {}", said.words);
		assert_eq!(said.value["zkml"], 1, "{arguments:?}");
		self.show_done(&said);
		said.value
	}

	/// The same on the chain, as an account.
	///
	/// # Panics
	/// If it fails.
	pub fn acts(&self, suri: &str, arguments: &[&str]) -> Value {
		let said = self.on_chain(suri, arguments);
		assert_eq!(said.code, 0, "{arguments:?}: {}", said.words);
		self.show_done(&said);
		said.value
	}

	/// Runs a verb that must fail with words; its JSON.
	///
	/// # Panics
	/// If it succeeds, or fails in another way.
	pub fn fails(&self, suri: &str, arguments: &[&str], code: i32, words: &str) -> Value {
		let said = self.on_chain(suri, arguments);
		assert_eq!(said.code, code, "{arguments:?}: {}", said.words);
		assert!(said.words.contains(words), "{arguments:?}: {}", said.words);
		assert_eq!(
			(&said.value["command"], &said.value["exit_code"]),
			(&"error".into(), &code.into())
		);
		if self.aloud {
			println!("    refused: {}", said.value["error"].as_str().unwrap_or_default());
		}
		said.value
	}

	/// Lets blocks pass.
	///
	/// # Panics
	/// If the chain does not take a remark.
	pub async fn wait(&self, blocks: u32) {
		let dave = zkml_cli::chain::signer("//Dave").expect("a development account");
		let chain = zkml_cli::chain::Chain::connect(&self.url).await.expect("the node answers");
		for _ in 0..blocks {
			chain.call(&dave, "System", "remark", vec![0]).await.expect("a remark");
		}
		self.says(&match blocks {
			1 => "… one block later …".into(),
			_ => format!("… {blocks} blocks later …"),
		});
	}

	/// Starts a verb on the chain that goes on by itself; it ends with what is returned.
	///
	/// # Panics
	/// If it cannot be started.
	pub fn starts(&self, suri: &str, arguments: &[&str]) -> Running {
		self.show(Some(suri), arguments);
		let mut command = prepared(self.folder.path(), Some(suri), arguments);
		command.args(["--url", &self.url]).stdout(Stdio::piped()).stderr(Stdio::piped());
		Running(command.spawn().expect("the command line starts"))
	}

	/// Runs a verb on the chain that is typed to; what it printed.
	///
	/// # Panics
	/// If it fails.
	pub fn types(&self, suri: &str, arguments: &[&str], lines: &str) -> String {
		self.show(Some(suri), arguments);
		let mut command = prepared(self.folder.path(), Some(suri), arguments);
		command.args(["--url", &self.url]).stdin(Stdio::piped());
		command.stdout(Stdio::piped()).stderr(Stdio::piped());
		let mut child = command.spawn().expect("the command line starts");
		let mut stdin = child.stdin.take().expect("a pipe");
		stdin.write_all(lines.as_bytes()).expect("it reads");
		drop(stdin);
		let output = child.wait_with_output().expect("it ends");
		let text = String::from_utf8_lossy(&output.stdout).into_owned();
		let error = String::from_utf8_lossy(&output.stderr).into_owned();
		assert!(output.status.success(), "{arguments:?}: {text}\n{error}");
		if self.aloud {
			for line in text.lines() {
				println!("    {line}");
			}
		}
		text
	}

	fn on_chain(&self, suri: &str, arguments: &[&str]) -> Said {
		self.command(Some(suri), &[arguments, &["--url", &self.url]].concat())
	}

	/// Runs the command line.
	fn command(&self, suri: Option<&str>, arguments: &[&str]) -> Said {
		self.show(suri, arguments);
		let start = Instant::now();
		let output = prepared(self.folder.path(), suri, arguments)
			.arg("--json")
			.output()
			.expect("the command line runs");
		let text = String::from_utf8_lossy(&output.stderr).into_owned();
		// Messages are wrapped and framed for people; compare words.
		let words: Vec<_> = text.split_whitespace().filter(|word| *word != "│").collect();
		Said {
			value: serde_json::from_slice(&output.stdout).unwrap_or_default(),
			code: output.status.code().unwrap_or(-1),
			words: words.join(" "),
			took: start.elapsed(),
		}
	}

	/// Shows a command as it would be typed, without the folders of this machine and the address.
	fn show(&self, suri: Option<&str>, arguments: &[&str]) {
		if !self.aloud {
			return;
		}
		let shown = arguments.iter().map(|argument| match argument.split_once("/examples/") {
			Some((_, rest)) => format!("examples/{rest}"),
			None if argument.contains(' ') => format!("'{argument}'"),
			None => (*argument).to_string(),
		});
		let shown: Vec<String> = shown.take_while(|argument| argument != "--url").collect();
		let who = suri.map_or(String::new(), |suri| format!("{suri}: "));
		println!("  {who}zkml {}", shown.join(" "));
	}

	/// Shows what came of it: where a transaction went and what it cost.
	fn show_done(&self, said: &Said) {
		if !self.aloud {
			return;
		}
		let seconds = format!("{:.1} s", said.took.as_secs_f64());
		let fee = said.value["fee"].as_str().and_then(|fee| fee.parse().ok());
		match (said.value["block"].as_u64(), fee) {
			(Some(block), Some(fee)) => {
				let fee = zkml_cli::commands::fee(fee);
				println!("    done in {seconds}, block {block}, fee {fee}");
			},
			_ => println!("    done in {seconds}"),
		}
	}
}

/// The command line in a folder.
fn prepared(folder: &Path, suri: Option<&str>, arguments: &[&str]) -> Command {
	let mut command = Command::new(program("zkml"));
	command.current_dir(folder).args(arguments).env_remove("ZKML_URL");
	match suri {
		Some(suri) => command.env("ZKML_SURI", suri),
		None => command.env_remove("ZKML_SURI"),
	};
	command
}

/// A verb that goes on until it is dropped.
pub struct Running(std::process::Child);

impl Drop for Running {
	fn drop(&mut self) {
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}
