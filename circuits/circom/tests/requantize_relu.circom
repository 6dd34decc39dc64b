// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../requantize.circom";

component main = RequantizeRelu(24, 6, 7, -128);
