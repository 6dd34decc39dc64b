// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "is_zero.circom";
include "range.circom";

// Scale, round half to even and saturate an accumulator, in one decomposition.
//
// Let q = floor(in / 2^shift + 1/2), less 1 where in / 2^shift lies halfway between two integers
// and that is odd: in / 2^shift rounded half to even. Let n be the bits of hi - lo, and u = in +
// 2^(shift-1) - lo * 2^shift, without the half where shift is 0.

// The gadget, for any factor; the templates after it say with fewer parameters what a caller wants.
//
// Let u = multiplier * in + lift and q = floor(u / 2^shift), less 1 where even = 1, q is odd and u
// is a multiple of 2^shift.
//
// Proves: out = base + min(max(q, 0), 2^n - 1).
// Why: the k signed bits of u are, from the lowest: shift bits below the point, the n bits of the
// quotient, bits that are 0 where nothing is above the range, and the sign, 1 if u >= 0.
// - in lies halfway exactly if all bits below the point are 0. Rounding up was wrong if the
//   quotient came out odd. tie.out is 1 exactly if both hold, and the quotient less it the even
//   neighbour.
// - within.out is 1 exactly if u >= 0 and the bits above the quotient are 0.
// - out - base is the quotient where within.out = 1; above, sign - within.out = 1 and it is 2^n - 1;
//   below, both are 0 and so is it. The even neighbour is never below 0, as 0 is not odd.
// Caller: -2^(k-1) <= u < 2^(k-1), otherwise there is no witness. Where saturates = 0, u <
// 2^(shift+n) follows from the proven bounds of in; if it did not hold, out would be short of a
// multiple of 2^n.
// Parameters: even is 1 or 0; saturates is 1, or 0 where nothing is above the range.
// Cost: k + 6; 2 less where saturates = 0, 2 less where even = 0 or shift = 0, as nothing lies
// halfway, and 1 more where multiplier is not 1, for a name.
// Hints: the bits of u, pinned as SignedBits says; tie.inverse and within.inverse, as IsOnlyLast
// says.
template Scale(k, multiplier, lift, shift, n, base, even, saturates) {
    assert(n >= 1 && 0 <= shift && shift < k - 1);
    assert(even == 0 || even == 1);
    assert(saturates == 0 || (saturates == 1 && k - 1 > shift + n));
    signal input in;
    signal output out;

    component u = SignedBits(k, lift);
    u.in <== multiplier * in;
    var sign = u.out[k - 1];

    var quotient = 0;
    for (var i = 0; i < n && shift + i < k - 1; i++) {
        quotient += 2 ** i * u.out[shift + i];
    }

    component tie;
    if (even == 1 && shift > 0) {
        tie = IsOnlyLast(shift);
        for (var i = 0; i <= shift; i++) {
            tie.bits[i] <== u.out[i];
        }
        quotient -= tie.out;
    }

    component within;
    if (saturates == 1) {
        within = IsOnlyLast(k - 1 - shift - n);
        for (var i = shift + n; i < k; i++) {
            within.bits[i - shift - n] <== u.out[i];
        }
        out <== within.out * quotient + (2 ** n - 1) * (sign - within.out) + base;
    } else {
        out <== sign * quotient + base;
    }
}

// Requantize an accumulator by what its bounds say.
//
// Proves: out = zero + min(max(q, lo), hi).
// Why: lo is even, so that subtracting it keeps parities.
// Caller: -2^(k-1) <= u < 2^(k-1), otherwise there is no witness: k = requantizeBits(least, most,
// shift, lo) for the proven bounds of in. Where saturates = 0, q <= hi follows from these bounds.
// Parameters: saturates is 1, or 0 where nothing is above hi. hi - lo + 1 is a power of two; lo is
// even, unless shift is 0.
// Cost: k + 6; 2 less where saturates = 0, and 2 less where shift = 0.
template RequantizeBounded(k, shift, lo, hi, zero, saturates) {
    var n = bitLength(hi - lo);
    assert(lo < hi && hi - lo + 1 == 2 ** n);
    assert(shift == 0 || isEven(lo));
    signal input in;
    signal output out;

    component rounded = Scale(k, 1, requantizeLift(shift, lo), shift, n, lo + zero, 1, saturates);
    rounded.in <== in;
    out <== rounded.out;
}

// Requantize an accumulator that may lie below lo and above hi.
//
// Proves: out = zero + min(max(q, lo), hi).
// Caller: as for RequantizeBounded.
// Cost: k + 6; 2 less where shift = 0.
template Requantize(k, shift, lo, hi, zero) {
    signal input in;
    signal output out;

    component rounded = RequantizeBounded(k, shift, lo, hi, zero, 1);
    rounded.in <== in;
    out <== rounded.out;
}

// Requantize to the n bits from 0 on: ReLU as well, for nothing more.
//
// Proves: out = zero + min(max(q, 0), 2^n - 1).
// Caller: as for RequantizeBounded with lo = 0.
// Cost: k + 6; 2 less where shift = 0.
template RequantizeRelu(k, shift, n, zero) {
    signal input in;
    signal output out;

    component rounded = RequantizeBounded(k, shift, 0, 2 ** n - 1, zero, 1);
    rounded.in <== in;
    out <== rounded.out;
}

// Requantize an accumulator whose bounds show that nothing is above hi. It may lie below lo.
//
// Proves: out = zero + max(q, lo).
// Caller: as for RequantizeBounded with saturates = 0: q <= hi for all in within the bounds that
// are proven for it.
// Cost: k + 4; 2 less where shift = 0.
template RequantizeWithin(k, shift, lo, hi, zero) {
    signal input in;
    signal output out;

    component rounded = RequantizeBounded(k, shift, lo, hi, zero, 0);
    rounded.in <== in;
    out <== rounded.out;
}

// An exception to a rounding.
//
// Proves: out = sum + addend where in = at, else out = sum.
// Caller: owes nothing; in and sum may be any field elements.
// Cost: 3: the test, and a name for the sum.
// Hints: is.inverse, as IsZero says.
template AddWhere(at, addend) {
    signal input in;
    signal input sum;
    signal output out;

    component is = IsZero();
    is.in <== in - at;
    out <== sum + addend * is.out;
}

// What is added to an accumulator before it is decomposed: half a unit, and as much as makes lo
// zero.
function requantizeLift(shift, lo) {
    return (shift > 0 ? 2 ** (shift - 1) : 0) - lo * 2 ** shift;
}

// The bits that Requantize needs for an accumulator between least and most.
//
// Caller: least <= most. For parameters only, never for signals.
function requantizeBits(least, most, shift, lo) {
    var lift = requantizeLift(shift, lo);
    return signedBits(least + lift, most + lift);
}

// Whether an integer of either sign is even. A negative one is an odd field element less it.
function isEven(n) {
    return (n < 0 ? -n : n) % 2 == 0;
}
