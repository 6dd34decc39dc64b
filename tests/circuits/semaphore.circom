// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "poseidon.circom";

// The root of a binary Merkle tree, from a leaf and its path.
//
// `path[level]` is 1 where the node of that level is the right child. It must be a bit: with another
// value the hashes would take mixtures of node and sibling, and a leaf could be claimed that the tree
// does not have.
template MerkleRoot(depth) {
	signal input leaf;
	signal input path[depth];
	signal input siblings[depth];
	signal output root;

	signal nodes[depth + 1];
	signal swaps[depth];
	nodes[0] <== leaf;
	for (var level = 0; level < depth; level++) {
		path[level] * (path[level] - 1) === 0;
		swaps[level] <== path[level] * (siblings[level] - nodes[level]);
		var left = nodes[level] + swaps[level];
		var right = siblings[level] - swaps[level];
		nodes[level + 1] <== Poseidon(2)([left, right]);
	}
	root <== nodes[depth];
}

// A member of a group sends one signal for a scope, without saying which member it is.
//
// The prover knows a secret whose hash is a leaf of the tree with the public root. The nullifier is
// the same for all signals of one member in one scope, and unlinkable between scopes. The square
// binds the signal to the proof: without it no constraint would name the signal, and some verifiers
// accept proofs in which such a signal is replaced.
template Semaphore(depth) {
	signal input secret;
	signal input path[depth];
	signal input siblings[depth];
	signal input scope;
	signal input signalHash;
	signal output root;
	signal output nullifier;

	signal commitment <== Poseidon(1)([secret]);
	root <== MerkleRoot(depth)(commitment, path, siblings);
	nullifier <== Poseidon(2)([scope, secret]);
	signal bound <== signalHash * signalHash;
}

component main {public [scope, signalHash]} = Semaphore(16);
