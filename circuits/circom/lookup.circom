// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// A function of a small integer, given by its values.

// The value for an integer.
//
// Proves: out = values[in - lo].
// Why: for the n integers that in - lo can be, one polynomial of degree below n has these values. It
// is evaluated as Paterson and Stockmeyer do: powers up to power[p], then Horner's rule in that over
// polynomials of degree below p, which are sums of powers. Each product pins one signal.
// Caller: lo <= in < lo + n is proven elsewhere. Beyond, out is whatever the polynomial is there.
// Cost: p + m - 2 for p powers and m = ceil(n / p) polynomials, about 2 * sqrt(n): 30 for a byte.
template Lookup(lo, n, values) {
    assert(n >= 2);
    signal input in;
    signal output out;

    // The coefficients, by Lagrange's formula: first the product of all x - i, and factorials.
    var product[n + 1];
    var factorial[n];
    product[0] = 1;
    factorial[0] = 1;
    for (var i = 0; i < n; i++) {
        for (var j = i + 1; j > 0; j--) {
            product[j] = product[j - 1] - i * product[j];
        }
        product[0] = -i * product[0];
        if (i > 0) {
            factorial[i] = factorial[i - 1] * i;
        }
    }
    var coefficients[n];
    for (var i = 0; i < n; i++) {
        // Divided by the product of i - j for all other j.
        var others = factorial[i] * factorial[n - 1 - i];
        var weight = ((n - 1 - i) % 2 == 1 ? -values[i] : values[i]) / others;
        // The product of all divided by x - i, from its highest coefficient down.
        var quotient = 0;
        for (var j = n - 1; j >= 0; j--) {
            quotient = product[j + 1] + i * quotient;
            coefficients[j] += weight * quotient;
        }
    }

    var p = bestPowers(n);
    var m = (n + p - 1) \ p;
    // power[i] is (in - lo)^(i+2); the first power is a sum.
    signal power[p > 1 ? p - 1 : 1];
    if (p == 1) {
        power[0] <== 0;
    }
    for (var i = 0; i < p - 1; i++) {
        power[i] <== (i == 0 ? in - lo : power[i - 1]) * (in - lo);
    }

    // sum[j] is what Horner's rule has after j + 1 products.
    signal sum[m - 1];
    var last = 0;
    for (var j = 0; j < m; j++) {
        var first = (m - 1 - j) * p;
        var part = coefficients[first];
        for (var i = 1; i < p && first + i < n; i++) {
            part += coefficients[first + i] * (i == 1 ? in - lo : power[i - 2]);
        }
        if (j == 0) {
            last = part;
        } else {
            sum[j - 1] <== last * (p == 1 ? in - lo : power[p - 2]) + part;
            last = sum[j - 1];
        }
    }
    out <== last;
}

// How many powers make evaluating a polynomial of n coefficients cheapest: the least p for which p +
// ceil(n / p) is least. For parameters only, never for signals.
function bestPowers(n) {
    var best = 1;
    for (var p = 2; p <= n; p++) {
        if (p + (n + p - 1) \ p < best + (n + best - 1) \ best) {
            best = p;
        }
    }
    return best;
}
