// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../max_pool.circom";

component main = MaxPool2d([2, 4, 4], [2, 2], [2, 2], [0, 0, 0, 0], [1, 1], 9);
