// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// Where windows slide over one dimension of an image. For parameters only, never for signals.

// How many windows fit: floor((size + pad - span) / stride) + 1, where a kernel of so many
// elements, dilated, spans dilation * (kernel - 1) + 1.
//
// Caller: the kernel is not larger than the padded dimension.
function windowCount(size, kernel, stride, pad, dilation) {
    var span = dilation * (kernel - 1) + 1;
    assert(span <= size + pad);
    return (size + pad - span) \ stride + 1;
}

// How many places of all windows lie inside the image, and not in its padding.
function placesInside(size, kernel, stride, padBefore, windows, dilation) {
    var inside = 0;
    for (var w = 0; w < windows; w++) {
        for (var p = 0; p < kernel; p++) {
            var place = w * stride + p * dilation - padBefore;
            if (0 <= place && place < size) {
                inside += 1;
            }
        }
    }
    return inside;
}
