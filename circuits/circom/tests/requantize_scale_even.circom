// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../requantize.circom";

// 3 * in / 2^3, half to even, into -2 to 5; in from -30 to 40.
component main = Scale(9, 3, 20, 3, 3, -2, 1, 1);
