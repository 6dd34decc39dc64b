"""Compares our integers with onnxruntime's floats: equal, or it fails.

    python check_quantized.py MODEL.q.onnx SAMPLES.npz EXPECTED.json

EXPECTED.json is {"exponent": e, "logits": [[...], ...]}, one row of integers per
sample. The model's only output has to be `integer * 2^e` exactly, for every
sample, at every optimisation level: the lower levels compute in float32, the
higher ones in fused integer kernels.

Exit status: 0 equal, 1 different, 2 could not be checked.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime

from inference import LEVELS, Unusable, infer, load_samples, open_session, operators, run


def read_expected(path):
    """Our logits as float64, in which they are exact, and how they were written."""
    expected = json.loads(path.read_text())
    exponent, rows = expected["exponent"], expected["logits"]
    if not isinstance(exponent, int) or not all(isinstance(v, int) for row in rows for v in row):
        raise Unusable(f"{path}: exponent and logits have to be integers")
    if not rows or not rows[0] or len({len(row) for row in rows}) != 1:
        raise Unusable(f"{path}: logits have to be rows of one length")
    if max(abs(v) for row in rows for v in row) >= 2**53:
        raise Unusable(f"{path}: a logit of 53 bits or more")
    return np.ldexp(np.array(rows, dtype=np.float64), exponent), rows, exponent


def main():
    parser = argparse.ArgumentParser(description="Compare integer logits with onnxruntime.")
    parser.add_argument("model", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("expected", type=Path)
    arguments = parser.parse_args()

    expected, rows, exponent = read_expected(arguments.expected)
    for level in LEVELS:
        session = open_session(arguments.model, level)
        outputs = infer(session, load_samples(session, arguments.samples))
        if len(outputs) != 1:
            raise Unusable(f"{arguments.model} has {len(outputs)} outputs: {sorted(outputs)}")
        (got,) = outputs.values()
        got = got.astype(np.float64)
        if got.shape != expected.shape:
            raise Unusable(f"onnxruntime gives {got.shape}, {arguments.expected} has {expected.shape}")
        wrong = np.argwhere(got != expected)
        if len(wrong):
            sample, logit = wrong[0]
            print(
                f"{level}: sample {sample}, logit {logit}: "
                f"expected {rows[sample][logit]} * 2^{exponent} = {float(expected[sample, logit])!r}, "
                f"onnxruntime {float(got[sample, logit])!r} ({len(wrong)} of {got.size} differ)"
            )
            print(f"  expected    {expected[sample].tolist()}")
            print(f"  onnxruntime {got[sample].tolist()}")
            return 1
        print(f"{level}: {len(got)} samples x {got.shape[1]} logits equal ({operators(arguments.model, level)})")
    print(f"exact at every level, exponent {exponent}, onnxruntime {onnxruntime.__version__}")
    return 0


if __name__ == "__main__":
    run(main)
