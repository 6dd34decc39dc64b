"""Writes small quantised models, one operator each, with the results of onnxruntime.

    python conformance.py OUTDIR

For every case OUTDIR/<case>/ holds model.onnx, samples.npz (the input `x`, one sample)
and expected.json:
{"op": ..., "case": ..., "outputs": [{"name", "shape", "dtype", "data"}, ...]}
with `data` flat, in row-major order, each number exact. OUTDIR/index.json says which
cases there are, why others are not, and notes on some that are:
{"cases": [{"name", "op", "status": "ok" | "skipped", "reason"}, ...]}

The cases are ONNX's own node tests, rewritten (wheel_cases.py), and random ones
(generated_cases.py). In each, the values inside are integers times powers of two, or
the result is quantised, away from the ties that float32 could decide either way. The
four optimisation levels of onnxruntime agree on every result.

Exit status: 0 written, 2 could not be written.
"""

import argparse
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime

import generated_cases
import wheel_cases
from drafts import INPUT, Unloadable, Unsupported, exponent_for, generator
from inference import LEVELS, Unusable, open_session, run

# Exact results have at most so many bits after the point, and this many in all.
FRACTION_BITS = 16
EXACT_BITS = 24
# The finest grid of a result that is quantised because it is not dyadic.
FINEST_RESULT = -5
# How near to a tie, in units of the result, a float may lie that is not exact.
NEAR = 1 / 512
AVERAGES = ("AveragePool", "GlobalAveragePool", "ReduceMean")
PROBES = 4
# From the next one on, onnxruntime's extended level cannot move int8 past MaxPool or Squeeze.
FALLBACK_OPSET = 20
ATTEMPTS = 200


def one_line(error):
    """An error's text, without the source file of onnxruntime that it names."""
    return re.sub(r"/onnxruntime_src/\S+ ", "", " ".join(str(error).split()))


class Oracle:
    """onnxruntime, with a file for the model under way."""

    def __init__(self, folder):
        self.path = Path(folder) / "model.onnx"

    def session(self, model, level):
        onnx.save(model, self.path)
        try:
            return open_session(self.path, level)
        except Unusable:
            raise
        except Exception as error:
            text = one_line(error).replace(str(self.path), "the model")
            raise Unloadable(f"onnxruntime cannot load it at level {level}: {text}") from error

    @staticmethod
    def results(session, sample):
        options = onnxruntime.RunOptions()
        options.log_severity_level = 4
        try:
            return session.run(None, {INPUT: sample}, options)
        except Exception as error:
            text = one_line(error).split("Status Message: ")[-1]
            raise Unsupported(f"onnxruntime cannot run it: {text}") from error


def is_exact(value):
    """Whether a result has few enough bits to be exact in float32, however it was summed."""
    if value.dtype.kind != "f":
        return True
    scaled = np.ldexp(value.astype(np.float64), FRACTION_BITS)
    if not np.array_equal(scaled, np.rint(scaled)):
        return False
    lowest = np.gcd.reduce(scaled.astype(np.int64).ravel(), initial=0)
    return lowest == 0 or np.max(np.abs(scaled)) / (lowest & -lowest) < 2**EXACT_BITS


def close_ties(draft, value, exponent):
    """Where the float result is so near to a tie that its rounding is a matter of the kernel."""
    scaled = np.ldexp(value.astype(np.float64), -exponent)
    distance = np.abs(scaled - np.floor(scaled) - 0.5)
    close = distance < NEAR
    # An average that is a tie as a float is one exactly: its denominator is small.
    return close & (distance > 0) if draft.op in AVERAGES else close


def quantize_results(draft, session):
    """Appends QuantizeLinear and DequantizeLinear, and moves the sample away from close ties."""
    results = Oracle.results(session, draft.sample())
    exponents = [exponent_for(result, 127, FINEST_RESULT) for result in results]
    source = generator(draft.name)
    for _ in range(ATTEMPTS):
        close = [close_ties(draft, r, e) for r, e in zip(results, exponents)]
        if not any(map(np.any, close)):
            break
        if close[0].shape == draft.grid.shape:
            move = close[0]
        else:
            move = source.random(draft.grid.shape) < 0.25
        step = np.where(draft.grid >= draft.highest, -1, 1) * source.integers(1, 3, draft.grid.shape)
        draft.grid = np.clip(draft.grid + move * step, draft.lowest, draft.highest)
        results = Oracle.results(session, draft.sample())
    else:
        raise Unsupported("no sample was found whose results are not close to ties")
    draft.outputs = [draft.requantize(name, e) for name, e in zip(draft.outputs, exponents)]


def settle(draft, oracle):
    """The model, its results, which are equal at every level, and a note or none."""
    if draft.grid.size == 0:
        raise Unsupported("a tensor without elements")
    session = oracle.session(draft.model(), "disable")
    source = generator(draft.name)
    probes = [draft.sample()] + [
        draft.sample(source.integers(draft.lowest, draft.highest + 1, draft.grid.shape))
        for _ in range(PROBES)
    ]
    probed = [result for probe in probes for result in Oracle.results(session, probe)]
    if not all(result.size for result in probed):
        raise Unsupported("a tensor without elements")
    if not all(np.isfinite(result).all() for result in probed):
        raise Unsupported("a result that is not finite")
    if not all(map(is_exact, probed)):
        quantize_results(draft, session)
    sample = draft.sample()
    model = draft.model(Oracle.results(oracle.session(draft.model(), "disable"), sample))
    onnx.checker.check_model(model)
    note = ""
    try:
        onnx.checker.check_model(model, full_check=True)
    except onnx.shape_inference.InferenceError as error:
        note = f"the result's shape is onnxruntime's: {one_line(error)}"
    results = {level: Oracle.results(oracle.session(model, level), sample) for level in LEVELS}
    for level, result in results.items():
        if not all(map(np.array_equal, result, results["disable"])):
            raise Unsupported(f"onnxruntime disagrees with itself: disable and {level} differ")
    if not all(map(is_exact, results["disable"])):
        raise Unsupported("a result that is not exact in float32")
    return model, results["disable"], note


def build_and_settle(build, oracle):
    """The draft and what `settle` says of it; at an older operator set if only that loads."""
    draft = build()
    try:
        return draft, *settle(draft, oracle)
    except Unloadable as unloadable:
        if draft.opset <= FALLBACK_OPSET:
            raise
        note = f"operator set {FALLBACK_OPSET} in place of {draft.opset}: {unloadable}"
        draft = build(newest=FALLBACK_OPSET)
        return draft, *settle(draft, oracle)[:2], note


def write(folder, draft, model, results):
    folder.mkdir()
    (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    np.savez(folder / "samples.npz", **{INPUT: draft.sample()})
    outputs = [
        {
            "name": declared.name,
            "shape": list(result.shape),
            "dtype": str(result.dtype),
            # 0.0 added: no negative zero.
            "data": (result.astype(np.float64) + 0.0 if result.dtype.kind == "f" else result)
            .ravel()
            .tolist(),
        }
        for declared, result in zip(model.graph.output, results)
    ]
    expected = {"op": draft.op, "case": draft.name, "outputs": outputs}
    (folder / "expected.json").write_text(json.dumps(expected, allow_nan=False) + "\n")


def prepare(outdir):
    """An empty folder. What an earlier run wrote there goes; anything else is refused."""
    outdir.mkdir(parents=True, exist_ok=True)
    index = outdir / "index.json"
    if index.is_file():
        for case in json.loads(index.read_text())["cases"]:
            shutil.rmtree(outdir / case["name"], ignore_errors=True)
        index.unlink()
    if any(outdir.iterdir()):
        raise Unusable(f"{outdir} is not empty")
    return index


def main():
    parser = argparse.ArgumentParser(description="Write conformance cases.")
    parser.add_argument("outdir", type=Path)
    arguments = parser.parse_args()

    index = prepare(arguments.outdir)
    cases = []
    with TemporaryDirectory() as folder:
        oracle = Oracle(folder)
        for name, op, build in [*wheel_cases.cases(), *generated_cases.cases()]:
            case = {"name": name, "op": op, "status": "ok", "reason": ""}
            try:
                draft, model, results, case["reason"] = build_and_settle(build, oracle)
                case["op"] = draft.op
                write(arguments.outdir / name, draft, model, results)
            except Unsupported as unsupported:
                case |= {"status": "skipped", "reason": str(unsupported)}
            cases.append(case)
    cases.sort(key=lambda case: case["name"])
    index.write_text(json.dumps({"cases": cases}, indent=1) + "\n")
    count = Counter(case["status"] for case in cases)
    print(f"{count['ok']} cases, {count['skipped']} skipped, onnxruntime {onnxruntime.__version__}")
    return 0


if __name__ == "__main__":
    run(main)
