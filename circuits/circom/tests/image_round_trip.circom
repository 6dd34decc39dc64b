// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../image.circom";

// Three times the second channel of a list of two images of 2 by 3, as a list.
template Second() {
    signal input in[12];
    signal output out[6];

    signal image[2][2][3] <== Image(2, 2, 3)(in);
    signal list[6] <== Flat(1, 2, 3)([image[1]]);
    for (var i = 0; i < 6; i++) {
        out[i] <== 3 * list[i];
    }
}

component main = Second();
