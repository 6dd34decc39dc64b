// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "range.circom";

// The larger of an integer and zero.
//
// Proves: out = max(in, 0).
// Why: the top of in's signed bits is 1 exactly if in >= 0, and out is its product with in.
// Caller: -2^(k-1) <= in < 2^(k-1). Otherwise there is no witness.
// Cost: k + 2.
template Relu(k) {
    signal input in;
    signal output out;

    component signed = SignedBits(k, 0);
    signed.in <== in;
    out <== signed.out[k - 1] * in;
}

// Two slopes that meet at zero: LeakyReLU, or the absolute value.
//
// Proves: out = above * in where in >= 0, else out = below * in.
// Why: as Relu, times the difference of the slopes.
// Caller: -2^(k-1) <= in < 2^(k-1). Otherwise there is no witness.
// Cost: k + 2.
template Slopes(k, below, above) {
    signal input in;
    signal output out;

    component signed = SignedBits(k, 0);
    signed.in <== in;
    out <== (below + (above - below) * signed.out[k - 1]) * in;
}

// The larger of an integer and a constant: the lower end of a clamp.
//
// Proves: out = max(in, least).
// Why: the top of the signed bits of in - least is 1 exactly if in >= least, and its product with
// in - least is what in is more.
// Caller: -2^(k-1) <= in - least < 2^(k-1). Otherwise there is no witness.
// Cost: k + 2.
template AtLeast(k, least) {
    signal input in;
    signal output out;

    component signed = SignedBits(k, -least);
    signed.in <== in;
    out <== signed.out[k - 1] * (in - least) + least;
}

// The smaller of an integer and a constant: the upper end of a clamp.
//
// Proves: out = min(in, most).
// Why: the top of the signed bits of in - most is 1 exactly if in >= most, and its product with in
// - most is the excess.
// Caller: -2^(k-1) <= in - most < 2^(k-1). Otherwise there is no witness.
// Cost: k + 2.
template AtMost(k, most) {
    signal input in;
    signal output out;

    component signed = SignedBits(k, -most);
    signed.in <== in;
    out <== in - signed.out[k - 1] * (in - most);
}
