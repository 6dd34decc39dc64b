// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../max_pool.circom";

component main = Smallest(3, 9);
