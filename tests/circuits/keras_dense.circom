// SPDX-License-Identifier: Apache-2.0
pragma circom 2.0.0;

include "Dense.circom";
include "ReLU.circom";
include "ArgMax.circom";

// A classifier in the form in which keras2circom exports one: weights and biases are inputs, one
// component for each layer, loops that wire the layers, and the class with the highest score.
//
// Numbers are fixed-point integers. The scale grows with each layer: inputs have 10^3, weights 10^3,
// so the bias of the first layer has 10^6 and that of the second 10^9.
template Model() {
signal input in[4];
signal input dense_weights[4][5];
signal input dense_bias[5];
signal input dense_1_weights[5][3];
signal input dense_1_bias[3];
signal output out[1];

component dense = Dense(4, 5);
component dense_re_lu[5];
for (var i0 = 0; i0 < 5; i0++) {
    dense_re_lu[i0] = ReLU();
}
component dense_1 = Dense(5, 3);
component dense_1_softmax = ArgMax(3);

for (var i0 = 0; i0 < 4; i0++) {
    dense.in[i0] <== in[i0];
}
for (var i0 = 0; i0 < 4; i0++) {
    for (var i1 = 0; i1 < 5; i1++) {
        dense.weights[i0][i1] <== dense_weights[i0][i1];
    }
}
for (var i0 = 0; i0 < 5; i0++) {
    dense.bias[i0] <== dense_bias[i0];
}
for (var i0 = 0; i0 < 5; i0++) {
    dense_re_lu[i0].in <== dense.out[i0];
}
for (var i0 = 0; i0 < 5; i0++) {
    dense_1.in[i0] <== dense_re_lu[i0].out;
}
for (var i0 = 0; i0 < 5; i0++) {
    for (var i1 = 0; i1 < 3; i1++) {
        dense_1.weights[i0][i1] <== dense_1_weights[i0][i1];
    }
}
for (var i0 = 0; i0 < 3; i0++) {
    dense_1.bias[i0] <== dense_1_bias[i0];
}
for (var i0 = 0; i0 < 3; i0++) {
    dense_1_softmax.in[i0] <== dense_1.out[i0];
}
out[0] <== dense_1_softmax.out;
}

component main = Model();
