// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../packing.circom";

component main {public [words]} = CheckPacked(4, 20, -500);
