// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "../dense.circom";
include "../packing.circom";
include "../range.circom";
include "../requantize.circom";

// A net of two dense layers, 4-3-2: input private, weights public, output logits.

// fc1, by neuron.
function fc1Weights() {
    return [[12, -7, 33, -128], [127, 5, -60, 9], [-45, 88, 0, 21]];
}

function fc1Bias() {
    return [64, -1000, 513];
}

// fc2, by neuron.
function fc2Weights() {
    return [[3, -90, 41], [-17, 66, 120]];
}

function fc2Bias() {
    return [-32, 2048];
}

template Model() {
    // Public, in the order of the statement: output words, context.
    signal output outputWords[1];
    // Ties the proof to one place, one account, one moment. In no constraint, by design.
    signal input context;
    // Private.
    signal input in[4];

    // input: 4 integers, 0 to 255.
    for (var i = 0; i < 4; i++) {
        Range(0, 255)(in[i]);
    }

    // fc1: 4 to 3; -34361 to 11539, -16300 to 34955, -10962 to 28308.
    component fc1 = Dense(4, 3, fc1Weights(), fc1Bias());
    fc1.in <== in;

    // relu1: by 2^-7 to 0 to 255; 0 to 90, 0 to 255, 0 to 221.
    var relu1Bits[3] = [17, 17, 16];
    var relu1Saturates[3] = [0, 1, 0];
    component relu1[3];
    for (var i = 0; i < 3; i++) {
        relu1[i] = RequantizeBounded(relu1Bits[i], 7, 0, 255, 0, relu1Saturates[i]);
        relu1[i].in <== fc1.out[i];
    }

    // fc2: 3 to 2; -22982 to 9299, 518 to 45398.
    component fc2 = Dense(3, 2, fc2Weights(), fc2Bias());
    for (var i = 0; i < 3; i++) {
        fc2.in[i] <== relu1[i].out;
    }

    // logits: 2 of 17 bits from -22982 on, in 1 word.
    component logits = Pack(2, 17, -22982);
    logits.in <== fc2.out;
    outputWords <== logits.words;
}

component main {public [context]} = Model();
