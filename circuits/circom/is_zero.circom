// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// Tests for zero.
//
// A test for zero is the one place where a prover supplies a value that is not determined: the
// inverse of what is tested, while that is zero. It then stands in one constraint only, out = 1 - 0
// * inverse, which holds whatever it is, and no other signal depends on it.

// Whether a field element is zero.
//
// Proves: out = 1 if in = 0, else out = 0.
// Why: if in is not 0 the second constraint makes out 0, and the first pins the inverse; if in is 0
// the first makes out 1.
// Caller: owes nothing; in may be any field element.
// Cost: 2.
// Hints: inverse, pinned where in is not 0, free and without effect where it is.
template IsZero() {
    signal input in;
    signal output out;
    signal inverse;

    inverse <-- in != 0 ? 1 / in : 0;
    out <== 1 - in * inverse;
    in * out === 0;
}

// Whether of several bits only the last is set.
//
// Proves: out = 1 if bits[n] = 1 and bits[i] = 0 for all i < n, else out = 0.
// Why: with the last bit turned round, sum = sum of 2^i * bits[i] + 2^n * (1 - bits[n]) adds up
// numbers that are not negative, and is zero exactly then. One test for zero in place of two.
// Caller: every bits[i] is proven to be 0 or 1, and 1 <= n <= 61.
// Cost: 2.
// Hints: inverse, pinned where sum is not 0, free and without effect where it is.
template IsOnlyLast(n) {
    assert(1 <= n && n <= 61);
    signal input bits[n + 1];
    signal output out;
    signal inverse;

    var sum = 2 ** n * (1 - bits[n]);
    for (var i = 0; i < n; i++) {
        sum += 2 ** i * bits[i];
    }
    inverse <-- sum != 0 ? 1 / sum : 0;
    out <== 1 - sum * inverse;
    sum * out === 0;
}
