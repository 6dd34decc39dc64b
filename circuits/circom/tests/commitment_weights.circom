// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../commitment.circom";

component main = WeightsCommitment(7, 6, 8, -128, 2, 32, -2147483648);
