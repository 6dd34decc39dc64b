// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "window.circom";

// A convolution of an image with public weights.
//
// image = [channels, height, width], kernel, strides and dilations = [down, across], pads = [top,
// left, bottom, right]; weights[filter][channel of its group][down][across], one bias for each
// filter. Padding counts as zero.
//
// Proves: out[f][y][x] = sum of weights[f][c][p][q] * in[g + c][i][j] + bias[f], over the channels
// g + c of f's group and the places (p, q) of the kernel whose (i, j) lies in the image.
// Why: weights are constants of the circuit, so that an element is one linear constraint and no
// product.
// Caller: the bounds of in are proven, and so small that no element of out reaches 2^61; out has
// the bounds that follow from them and the weights. An image with a zero point is given less the
// zero point.
// Cost: filters * height of out * width of out, all linear: one name for each element. None with
// --O2, which writes the sum out in place of the name.
template Conv2d(image, filters, groups, kernel, strides, pads, dilations, weights, bias) {
    assert(image[0] % groups == 0 && filters % groups == 0);
    var height = windowCount(image[1], kernel[0], strides[0], pads[0] + pads[2], dilations[0]);
    var width = windowCount(image[2], kernel[1], strides[1], pads[1] + pads[3], dilations[1]);
    signal input in[image[0]][image[1]][image[2]];
    signal output out[filters][height][width];

    var channels = image[0] \ groups;
    for (var f = 0; f < filters; f++) {
        var first = (f \ (filters \ groups)) * channels;
        for (var y = 0; y < height; y++) {
            for (var x = 0; x < width; x++) {
                var sum = bias[f];
                for (var p = 0; p < kernel[0]; p++) {
                    for (var q = 0; q < kernel[1]; q++) {
                        var i = y * strides[0] + p * dilations[0] - pads[0];
                        var j = x * strides[1] + q * dilations[1] - pads[1];
                        if (0 <= i && i < image[1] && 0 <= j && j < image[2]) {
                            for (var c = 0; c < channels; c++) {
                                sum += weights[f][c][p][q] * in[first + c][i][j];
                            }
                        }
                    }
                }
                out[f][y][x] <== sum;
            }
        }
    }
}
