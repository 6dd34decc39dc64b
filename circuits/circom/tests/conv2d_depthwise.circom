// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../conv2d.circom";

component main = Conv2d([2, 3, 3], 4, 2, [2, 2], [1, 1], [0, 0, 0, 0], [2, 1], [[[[1, 2], [3, 4]]], [[[5, 6], [7, 8]]], [[[-1, -2], [-3, -4]]], [[[9, 0], [0, -9]]]], [0, 0, 1, 1]);
