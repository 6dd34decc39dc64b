// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../requantize.circom";

component main = AddWhere(-9, 2);
