// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../requantize.circom";

// 5 * in, floored by 2^6, into 3 to 18; in from -120 to 400.
component main = Scale(12, 5, 17, 6, 4, 3, 0, 1);
