// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../lookup.circom";

function values() {
    return [7, 0, -2, 7, 1];
}

component main = Lookup(-3, 5, values());
