// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// Integers of few bits, and proofs that a field element is one.
//
// Field elements stand for integers between -r/2 and r/2, r the field's order. No integer of these
// templates has more than 62 bits, so that two of them are equal modulo r exactly if they are
// equal, and a decomposition into booleans is the only one: no sum of so few bits reaches r.

// The bits of an integer: the least w with n < 2^w.
//
// Caller: n >= 0. For parameters only, never for signals.
function bitLength(n) {
    var w = 0;
    while (n >= 2 ** w) {
        w += 1;
    }
    return w;
}

// The signed bits of an interval: the least k with -2^(k-1) <= lo and hi < 2^(k-1).
//
// Caller: lo <= hi. For parameters only, never for signals.
function signedBits(lo, hi) {
    var k = 1;
    while (lo < -(2 ** (k - 1)) || hi >= 2 ** (k - 1)) {
        k += 1;
    }
    return k;
}

// The bits of an integer, little end first.
//
// Proves: in = sum of 2^i * out[i], every out[i] 0 or 1; so 0 <= in < 2^n.
// Caller: owes nothing; in may be any field element.
// Cost: n + 1.
// Hints: out[i], each pinned by its boolean constraint and all by the sum.
template Bits(n) {
    assert(1 <= n && n <= 62);
    signal input in;
    signal output out[n];

    var sum = 0;
    for (var i = 0; i < n; i++) {
        out[i] <-- (in >> i) & 1;
        out[i] * (1 - out[i]) === 0;
        sum += 2 ** i * out[i];
    }
    sum === in;
}

// The bits of an integer of either sign, moved by a constant.
//
// Proves: in + c + 2^(k-1) = sum of 2^i * out[i], every out[i] 0 or 1; so in + c has k signed bits,
// and out[k-1] is 1 exactly if in + c >= 0.
// Caller: owes nothing; in may be any field element.
// Cost: k + 1.
// Hints: out[i], each pinned by its boolean constraint and all by the sum.
template SignedBits(k, c) {
    assert(1 <= k && k <= 62);
    signal input in;
    signal output out[k];

    var lifted = in + c + 2 ** (k - 1);
    var sum = 0;
    for (var i = 0; i < k; i++) {
        out[i] <-- (lifted >> i) & 1;
        out[i] * (1 - out[i]) === 0;
        sum += 2 ** i * out[i];
    }
    sum === lifted;
}

// A difference of n bits.
//
// Proves: 0 <= a - b + c < 2^n.
// Why: the top bit is no signal but what the lower bits leave over, top = 0 or 2^(n-1), so that no
// constraint is needed to put the bits together.
// Caller: owes nothing; a and b may be any field elements.
// Cost: n.
// Hints: bit[i], each pinned by its boolean constraint and all by the one of the top bit.
template DifferenceFits(n, c) {
    assert(1 <= n && n <= 62);
    signal input a;
    signal input b;
    signal bit[n - 1];

    var value = a - b + c;
    var top = value;
    for (var i = 0; i < n - 1; i++) {
        bit[i] <-- (value >> i) & 1;
        bit[i] * (1 - bit[i]) === 0;
        top -= 2 ** i * bit[i];
    }
    top * (2 ** (n - 1) - top) === 0;
}

// An integer between two others.
//
// Proves: lo <= in <= hi.
// Why: with n the bits of hi - lo, in - lo has n bits; where hi - lo + 1 is no power of two, hi -
// in has n bits as well.
// Caller: owes nothing; in may be any field element.
// Cost: n, or 2 * n where hi - lo + 1 is no power of two.
template Range(lo, hi) {
    assert(lo < hi);
    signal input in;

    var n = bitLength(hi - lo);
    component above = DifferenceFits(n, -lo);
    above.a <== in;
    above.b <== 0;

    component below;
    if (hi - lo + 1 != 2 ** n) {
        below = DifferenceFits(n, hi);
        below.a <== 0;
        below.b <== in;
    }
}
