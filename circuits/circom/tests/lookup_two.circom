// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../lookup.circom";

function values() {
    return [-4, 9];
}

component main = Lookup(1, 2, values());
