// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../commitment.circom";

component main = InputCommitment(7, 99, 32, 0);
