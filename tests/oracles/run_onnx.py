"""Runs an ONNX model on samples and writes its outputs, each number exact.

    python run_onnx.py MODEL.onnx SAMPLES.npz [--out OUT.json] [--opt-level LEVEL]

OUT.json, or stdout without it:
{"onnxruntime": "1.31.1", "outputs": {name: {"shape": [...], "data": [...]}}}
with `data` flat, in row-major order. A float is written so that it reads back as
the same number.
"""

import argparse
import json
from pathlib import Path

import onnxruntime

from inference import LEVELS, infer, load_samples, open_session, run


def main():
    parser = argparse.ArgumentParser(description="Run an ONNX model on samples.")
    parser.add_argument("model", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--opt-level", choices=LEVELS, default="all")
    arguments = parser.parse_args()

    session = open_session(arguments.model, arguments.opt_level)
    outputs = infer(session, load_samples(session, arguments.samples))
    answer = json.dumps(
        {
            "onnxruntime": onnxruntime.__version__,
            "outputs": {
                name: {"shape": list(value.shape), "data": value.ravel().tolist()}
                for name, value in outputs.items()
            },
        },
        allow_nan=False,
    )
    if arguments.out is None:
        print(answer)
    else:
        arguments.out.write_text(answer + "\n")
    return 0


if __name__ == "__main__":
    run(main)
