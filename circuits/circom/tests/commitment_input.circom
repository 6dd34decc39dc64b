// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../commitment.circom";

component main = InputCommitment(0x0807060504030201, 40, 8, -128);
