// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../relu.circom";

component main = AtLeast(8, -20);
