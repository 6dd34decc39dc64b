// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// A dense layer with public weights.
//
// Proves: out[o] = sum of weights[o][i] * in[i] + bias[o].
// Why: weights are constants of the circuit, so that a neuron is one linear constraint and no
// product.
// Caller: the bounds of in are proven, and so small that no neuron reaches 2^61; out has the bounds
// that follow from them and the weights.
// Cost: outputs, all linear: one name for each neuron. None with --O2, which writes the sum out in
// place of the name.
template Dense(inputs, outputs, weights, bias) {
    signal input in[inputs];
    signal output out[outputs];

    for (var o = 0; o < outputs; o++) {
        var sum = bias[o];
        for (var i = 0; i < inputs; i++) {
            sum += weights[o][i] * in[i];
        }
        out[o] <== sum;
    }
}
