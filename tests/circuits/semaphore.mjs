// Writes an input of semaphore.circom to standard output, and what it proves to standard error.
//
//	NODE_PATH=NPM/node_modules node semaphore.mjs > semaphore.input.json
//
// The group has five members; the third one speaks. Leaves that nobody has are zero.

import { createRequire } from "node:module";

const { buildPoseidon } = createRequire(import.meta.url)("circomlibjs");
const DEPTH = 16;
const poseidon = await buildPoseidon();
const hash = (...values) => poseidon.F.toObject(poseidon(values));

const secrets = [11n, 22n, 0x5ec4e7n * 10n ** 60n + 33n, 44n, 55n];
const member = 2;
const scope = 20261n;
const signalHash = 1234567890123456789012345678901234567890n;

let nodes = secrets.map((secret) => hash(secret));
let empty = 0n;
let index = member;
const path = [];
const siblings = [];
for (let level = 0; level < DEPTH; level++) {
	path.push(String(index & 1));
	siblings.push(String(nodes[index ^ 1] ?? empty));
	const next = [];
	for (let at = 0; at < nodes.length; at += 2) next.push(hash(nodes[at], nodes[at + 1] ?? empty));
	nodes = next;
	empty = hash(empty, empty);
	index >>= 1;
}

const text = {
	secret: String(secrets[member]),
	path,
	siblings,
	scope: String(scope),
	signalHash: String(signalHash),
};
console.log(JSON.stringify(text, null, "\t"));
console.error(`root ${nodes[0]}\nnullifier ${hash(scope, secrets[member])}`);
