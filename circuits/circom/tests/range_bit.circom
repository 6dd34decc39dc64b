// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../range.circom";

component main = Range(0, 1);
