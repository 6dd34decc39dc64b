// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// Images from lists and back: names only, no constraint.

// A list as the channels of an image, row after row.
//
// Proves: out[c][y][x] = in[(c * height + y) * width + x].
// Caller: owes nothing; in may be any field elements.
// Cost: nothing.
template Image(channels, height, width) {
    signal input in[channels * height * width];
    signal output out[channels][height][width];

    for (var c = 0; c < channels; c++) {
        for (var y = 0; y < height; y++) {
            for (var x = 0; x < width; x++) {
                out[c][y][x] <== in[(c * height + y) * width + x];
            }
        }
    }
}

// The channels of an image as a list.
//
// Proves: out[(c * height + y) * width + x] = in[c][y][x].
// Caller: owes nothing; in may be any field elements.
// Cost: nothing.
template Flat(channels, height, width) {
    signal input in[channels][height][width];
    signal output out[channels * height * width];

    for (var c = 0; c < channels; c++) {
        for (var y = 0; y < height; y++) {
            for (var x = 0; x < width; x++) {
                out[(c * height + y) * width + x] <== in[c][y][x];
            }
        }
    }
}
