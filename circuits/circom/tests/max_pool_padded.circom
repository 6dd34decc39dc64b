// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../max_pool.circom";

component main = MaxPool2d([1, 3, 3], [3, 3], [2, 2], [1, 1, 1, 1], [1, 1], 9);
