// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../packing.circom";

component main = Pack(255, 1, 0);
