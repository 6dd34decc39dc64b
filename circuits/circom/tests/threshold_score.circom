// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../threshold.circom";

component main {public [threshold]} = Threshold(12, -9);
