// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "compare.circom";
include "window.circom";

// The larger of two integers.
//
// Proves: out = max(a, b).
// Why: out - b is a - b times the sign of a - b.
// Caller: -2^(d-1) <= a - b < 2^(d-1). Otherwise there is no witness.
// Cost: d + 1.
template Maximum(d) {
    signal input a;
    signal input b;
    signal output out;

    component ahead = IsAtLeast(d);
    ahead.a <== a;
    ahead.b <== b;
    out <== ahead.out * (a - b) + b;
}

// The largest of several integers.
//
// Proves: out is the largest of in.
// Caller: n >= 2 integers, any two of which differ by less than 2^(d-1): d = 1 + bitLength(highest
// bound - lowest bound). 9 for bytes.
// Cost: (n - 1) * (d + 1).
template Largest(n, d) {
    assert(n >= 2);
    signal input in[n];
    signal output out;
    component larger[n - 1];

    for (var i = 0; i < n - 1; i++) {
        larger[i] = Maximum(d);
        if (i == 0) {
            larger[i].a <== in[0];
        } else {
            larger[i].a <== larger[i - 1].out;
        }
        larger[i].b <== in[i + 1];
    }
    out <== larger[n - 2].out;
}

// The smallest of several integers.
//
// Proves: out is the smallest of in.
// Why: the smaller of two is what their sum is more than the larger.
// Caller: as for Largest.
// Cost: (n - 1) * (d + 2), as each smaller one has a name.
template Smallest(n, d) {
    assert(n >= 2);
    signal input in[n];
    signal output out;
    signal least[n];

    least[0] <== in[0];
    component larger[n - 1];
    for (var i = 1; i < n; i++) {
        larger[i - 1] = Maximum(d);
        larger[i - 1].a <== least[i - 1];
        larger[i - 1].b <== in[i];
        least[i] <== least[i - 1] + in[i] - larger[i - 1].out;
    }
    out <== least[n - 1];
}

// The largest of every window of every channel of an image.
//
// image = [channels, height, width], kernel, strides and dilations = [down, across], pads = [top,
// left, bottom, right]. What lies in the padding is not looked at.
//
// Proves: out[c][y][x] is the largest in[c][i][j] of window (y, x).
// Caller: as for Largest, for the integers of each window; every window holds an integer that is
// not padding.
// Cost: (integers in it - 1) * (d + 1) for each window.
template MaxPool2d(image, kernel, strides, pads, dilations, d) {
    var height = windowCount(image[1], kernel[0], strides[0], pads[0] + pads[2], dilations[0]);
    var width = windowCount(image[2], kernel[1], strides[1], pads[1] + pads[3], dilations[1]);
    signal input in[image[0]][image[1]][image[2]];
    signal output out[image[0]][height][width];
    // Of each window, one after another, the largest so far.
    signal largest[image[0]
        * placesInside(image[1], kernel[0], strides[0], pads[0], height, dilations[0])
        * placesInside(image[2], kernel[1], strides[1], pads[1], width, dilations[1])];

    var next = 0;
    for (var c = 0; c < image[0]; c++) {
        for (var y = 0; y < height; y++) {
            for (var x = 0; x < width; x++) {
                var first = next;
                for (var p = 0; p < kernel[0]; p++) {
                    for (var q = 0; q < kernel[1]; q++) {
                        var i = y * strides[0] + p * dilations[0] - pads[0];
                        var j = x * strides[1] + q * dilations[1] - pads[1];
                        if (0 <= i && i < image[1] && 0 <= j && j < image[2]) {
                            if (next == first) {
                                largest[next] <== in[c][i][j];
                            } else {
                                largest[next] <== Maximum(d)(largest[next - 1], in[c][i][j]);
                            }
                            next += 1;
                        }
                    }
                }
                assert(next > first);
                out[c][y][x] <== largest[next - 1];
            }
        }
    }
}
