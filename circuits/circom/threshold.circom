// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

include "range.circom";

// That a score reaches a threshold; there is no witness for one that does not.
//
// The threshold t is given less the least that the score can be, as a public signal is packed:
// threshold = t - offset.
//
// Proves: 0 <= score - t < 2^w, so score >= t.
// Why: as a field element t could be anything; one that has a witness is an integer that is not
// above the score.
// Caller: offset <= score < offset + 2^w is proven elsewhere; whoever supplies the threshold keeps
// it in that range, too.
// Cost: w.
template Threshold(w, offset) {
    signal input score;
    signal input threshold;

    component reaches = DifferenceFits(w, -offset);
    reaches.a <== score;
    reaches.b <== threshold;
}
