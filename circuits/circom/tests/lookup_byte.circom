// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../lookup.circom";

// A square root of each byte, and twice it less 7 of every fifth.
template Roots() {
    signal input in;
    signal output out;

    var values[256];
    var root = 0;
    for (var i = 0; i < 256; i++) {
        if ((root + 1) * (root + 1) <= i) {
            root += 1;
        }
        values[i] = i % 5 == 0 ? 2 * root - 7 : root;
    }
    out <== Lookup(0, 256, values)(in);
}

component main = Roots();
