// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "compare.circom";

// The index of the largest of several integers, the first where several are largest.
//
// Proves: in[out] is the largest of in, and every one before it is smaller.
// Why: largest[i] is the largest of in[0..=i] and label[i] where it stands first. Candidate i
// replaces both exactly if it is strictly larger, so equals keep the earlier index.
// Caller: n >= 2 integers, any two of which differ by less than 2^(d-1): d = 1 + bitLength(highest
// bound - lowest bound). Otherwise there is no witness.
// Cost: (n - 1) * (d + 2) - 1. The last candidate needs no largest[i].
template ArgMax(n, d) {
    assert(n >= 2);
    signal input in[n];
    signal output out;
    signal largest[n - 1];
    signal label[n];
    component ahead[n - 1];

    largest[0] <== in[0];
    label[0] <== 0;
    for (var i = 1; i < n; i++) {
        ahead[i - 1] = IsMoreThan(d);
        ahead[i - 1].a <== in[i];
        ahead[i - 1].b <== largest[i - 1];
        if (i < n - 1) {
            largest[i] <== ahead[i - 1].out * (in[i] - largest[i - 1]) + largest[i - 1];
        }
        label[i] <== ahead[i - 1].out * (i - label[i - 1]) + label[i - 1];
    }
    out <== label[n - 1];
}
