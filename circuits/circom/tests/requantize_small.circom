// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../requantize.circom";

component main = Requantize(8, 2, -8, 7, 0);
