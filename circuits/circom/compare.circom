// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// Which of two integers is larger.

// The sign of a difference.
//
// Proves: out = 1 if a - b + c >= 0, else out = 0.
// Why: a - b + c + 2^(d-1) has one decomposition into d booleans, and its top bit is the answer.
// The lowest bit is no signal but what the other bits leave over, 0 or 1, so that no constraint is
// needed to put the bits together.
// Caller: -2^(d-1) <= a - b + c < 2^(d-1). Otherwise there is no witness.
// Cost: d.
// Hints: bit[i], each pinned by its boolean constraint and all by the one of the lowest bit.
template SignOfDifference(d, c) {
    assert(2 <= d && d <= 62);
    signal input a;
    signal input b;
    signal output out;
    // bit[i] is the bit of 2^(i+1).
    signal bit[d - 1];

    var lifted = a - b + c + 2 ** (d - 1);
    var higher = 0;
    for (var i = 1; i < d; i++) {
        bit[i - 1] <-- (lifted >> i) & 1;
        bit[i - 1] * (1 - bit[i - 1]) === 0;
        higher += 2 ** i * bit[i - 1];
    }
    (lifted - higher) * (1 - lifted + higher) === 0;
    out <== bit[d - 2];
}

// Whether an integer is at least another.
//
// Proves: out = 1 if a >= b, else out = 0.
// Caller: -2^(d-1) <= a - b < 2^(d-1).
// Cost: d.
template IsAtLeast(d) {
    signal input a;
    signal input b;
    signal output out;

    component sign = SignOfDifference(d, 0);
    sign.a <== a;
    sign.b <== b;
    out <== sign.out;
}

// Whether an integer is more than another.
//
// Proves: out = 1 if a > b, else out = 0.
// Caller: -2^(d-1) <= a - b - 1 < 2^(d-1).
// Cost: d.
template IsMoreThan(d) {
    signal input a;
    signal input b;
    signal output out;

    component sign = SignOfDifference(d, -1);
    sign.a <== a;
    sign.b <== b;
    out <== sign.out;
}
