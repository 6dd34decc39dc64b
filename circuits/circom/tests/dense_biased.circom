// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../dense.circom";

component main = Dense(4, 3, [[1, -2, 3, 0], [-128, 127, 5, 7], [2, 2, 2, 2]], [10, -20, 0]);
