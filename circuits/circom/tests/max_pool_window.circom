// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../max_pool.circom";

component main = Largest(4, 9);
