// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../arg_max.circom";

component main = ArgMax(3, 4);
