// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "circomlib/circuits/poseidon.circom";
include "packing.circom";

// Commitments: Poseidon hashes of packed values, with a salt.
//
// P(header, schema, salt, w1, ..., w13), then P(hash so far, the next 15 words), the last chunk of
// either as short as what is left; P of n elements is circomlib's Poseidon(n), which is not in this
// folder. The header says what is hashed and how it lies in words, the schema what the values mean.

// The header: the bytes of "zkml1", the kind (1 an input, 2 weights), and for each of two sections
// its width in one byte and its count in four, all little end first; zeros for a section that is
// not there.
//
// For parameters only, never for signals.
function commitmentHeader(kind, width, count, width2, count2) {
    // "zkml1", little end first.
    var header = 0x316c6d6b7a;
    header += kind * 2 ** 40 + width * 2 ** 48 + count * 2 ** 56;
    return header + width2 * 2 ** 88 + count2 * 2 ** 96;
}

// The hash of words under a header, a schema and a salt.
//
// Proves: out is that hash. Other words, under the same or another header, are a collision of
// Poseidon.
// Caller: the header fixes m and how the words are to be read. The salt is any field element: what
// hides the words is that the prover drew it at random.
// Cost: with --O2, 3 * (8 * (n + 1) + p - 1) for a permutation of n elements with p partial rounds,
// less 6 for the first, whose header and schema are constants: 603 for the first of 16 elements,
// 609 for a later one. More with --O1, which keeps the linear constraints of circomlib's template.
template CommitWords(header, schema, m) {
    assert(m >= 1);
    signal input words[m];
    signal input salt;
    signal output out;

    var first = m < 13 ? m : 13;
    var later = (m - first + 14) \ 15;
    component hash[1 + later];

    hash[0] = Poseidon(3 + first);
    hash[0].inputs[0] <== header;
    hash[0].inputs[1] <== schema;
    hash[0].inputs[2] <== salt;
    for (var i = 0; i < first; i++) {
        hash[0].inputs[3 + i] <== words[i];
    }

    for (var j = 0; j < later; j++) {
        var start = first + 15 * j;
        var count = m - start < 15 ? m - start : 15;
        hash[1 + j] = Poseidon(1 + count);
        hash[1 + j].inputs[0] <== hash[j].out;
        for (var i = 0; i < count; i++) {
            hash[1 + j].inputs[1 + i] <== words[start + i];
        }
    }
    out <== hash[later].out;
}

// The commitment to an input of n integers of w bits.
//
// Proves: out is the hash of the packed in, less offset each, under the header of an input.
// Caller: offset <= in[i] < offset + 2^w is proven elsewhere. Where elements have ends of their
// own, each is given less its own, and offset is 0.
// Cost: that of CommitWords, and one linear constraint for each word without --O2.
template InputCommitment(schema, n, w, offset) {
    signal input in[n];
    signal input salt;
    signal output out;

    component pack = Pack(n, w, offset);
    pack.in <== in;
    component hash = CommitWords(commitmentHeader(1, w, n, 0, 0), schema, wordCount(n, w));
    hash.words <== pack.words;
    hash.salt <== salt;
    out <== hash.out;
}

// The commitment to n weights of w bits and n2 biases of w2 bits.
//
// Proves: out is the hash of the packed weights, less offset each, and biases, less offset2 each,
// under the header of weights.
// Caller: offset <= weights[i] < offset + 2^w and offset2 <= biases[i] < offset2 + 2^w2 are proven
// elsewhere.
// Cost: as InputCommitment.
template WeightsCommitment(schema, n, w, offset, n2, w2, offset2) {
    signal input weights[n];
    signal input biases[n2];
    signal input salt;
    signal output out;

    var m = wordCount(n, w);
    var m2 = wordCount(n2, w2);
    component hash = CommitWords(commitmentHeader(2, w, n, w2, n2), schema, m + m2);
    hash.salt <== salt;

    component packWeights = Pack(n, w, offset);
    packWeights.in <== weights;
    for (var i = 0; i < m; i++) {
        hash.words[i] <== packWeights.words[i];
    }

    component packBiases;
    if (n2 > 0) {
        packBiases = Pack(n2, w2, offset2);
        packBiases.in <== biases;
        for (var i = 0; i < m2; i++) {
            hash.words[m + i] <== packBiases.words[i];
        }
    }
    out <== hash.out;
}
