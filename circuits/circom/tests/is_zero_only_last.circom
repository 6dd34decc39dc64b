// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../is_zero.circom";

component main = IsOnlyLast(3);
