pragma circom 2.0.0;

include "poseidon.circom";

// A chain of hashes: about 100,000 constraints.
template Hashes(count) {
	signal input start;
	signal output end;
	component hashes[count];
	signal chain[count + 1];
	chain[0] <== start;
	for (var index = 0; index < count; index++) {
		hashes[index] = Poseidon(2);
		hashes[index].inputs[0] <== chain[index];
		hashes[index].inputs[1] <== index;
		chain[index + 1] <== hashes[index].out;
	}
	end <== chain[count];
}

component main = Hashes(420);
