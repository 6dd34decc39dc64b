// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.0;

// Lists of integers as few field elements, the words of a public signal or of a commitment.
//
// A word holds floor(253 / w) integers of w bits, little end first, each less the smallest that it
// can be. 2^253 is below the field's order, so that one word stands for one list.

// How many integers of w bits a word holds.
function perWord(w) {
    return 253 \ w;
}

// How many words n integers of w bits need.
function wordCount(n, w) {
    return (n + perWord(w) - 1) \ perWord(w);
}

// Packs integers into words.
//
// Proves: words[j] = sum of 2^(w*i) * (in[j * perWord(w) + i] - offset).
// Caller: offset <= in[i] < offset + 2^w is proven elsewhere, by a range check or by the bounds of
// what computes in[i]. Beyond its width an integer would spill into its neighbour.
// Cost: wordCount(n, w), all linear. A word of one integer with offset 0 costs nothing.
template Pack(n, w, offset) {
    assert(n >= 1 && 1 <= w && w <= 32);
    signal input in[n];
    signal output words[wordCount(n, w)];

    for (var j = 0; j < wordCount(n, w); j++) {
        var sum = 0;
        for (var i = 0; i < perWord(w) && j * perWord(w) + i < n; i++) {
            sum += 2 ** (w * i) * (in[j * perWord(w) + i] - offset);
        }
        words[j] <== sum;
    }
}

// Checks that words are the packing of integers.
//
// Proves: words[j] = sum of 2^(w*i) * (in[j * perWord(w) + i] - offset).
// Caller: as for Pack. Then in is the only list that these words stand for.
// Cost: as Pack.
template CheckPacked(n, w, offset) {
    signal input in[n];
    signal input words[wordCount(n, w)];

    component pack = Pack(n, w, offset);
    pack.in <== in;
    pack.words === words;
}
