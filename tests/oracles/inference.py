"""The oracle of model semantics: onnxruntime, at one version, run in one way.

Shared by run_onnx.py and check_quantized.py.
"""

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime

PINNED = "1.31.1"

Level = onnxruntime.GraphOptimizationLevel
LEVELS = {
    "disable": Level.ORT_DISABLE_ALL,
    "basic": Level.ORT_ENABLE_BASIC,
    "extended": Level.ORT_ENABLE_EXTENDED,
    "all": Level.ORT_ENABLE_ALL,
}
TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}


class Unusable(Exception):
    """The question cannot be answered: bad file, wrong shape, wrong version."""


def open_session(model, level, keep_graph_in=None):
    """A session on the CPU, one thread, with exact u8 x i8 sums.

    Without `session.x64quantprecision` some x86 CPUs saturate those sums in 16 bits.
    """
    if onnxruntime.__version__ != PINNED:
        raise Unusable(f"the oracle is onnxruntime {PINNED}, this is {onnxruntime.__version__}")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = LEVELS[level]
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.x64quantprecision", "1")
    if keep_graph_in is not None:
        options.optimized_model_filepath = str(keep_graph_in)
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def operators(model, level):
    """Operators that are left after optimisation, as `QGemm 2, QuantizeLinear 1`."""
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "optimised.onnx"
        open_session(model, level, keep_graph_in=kept)
        count = Counter(node.op_type for node in onnx.load(kept).graph.node)
    return ", ".join(f"{op} {n}" for op, n in sorted(count.items()))


def load_samples(session, path):
    """Input arrays by input name, cast without loss. A lone input may be called `x`."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    inputs = session.get_inputs()
    feed = {}
    for node in inputs:
        source = node.name if node.name in arrays else "x"
        if source not in arrays or (source == "x" != node.name and len(inputs) > 1):
            raise Unusable(f"{path} holds {sorted(arrays)}, the model wants {node.name}")
        if node.type not in TYPES:
            raise Unusable(f"input {node.name} has type {node.type}")
        feed[node.name] = arrays[source].astype(TYPES[node.type])
        if not np.array_equal(feed[node.name], arrays[source]):
            raise Unusable(f"{path}: {source} does not fit {node.type} exactly")
    counts = {len(value) for value in feed.values()}
    if len(counts) != 1 or 0 in counts:
        raise Unusable(f"{path}: sample counts {sorted(counts)}")
    return feed


def infer(session, feed):
    """Outputs by name, for all samples: in one batch, or in the batches the model fixes."""
    samples = len(next(iter(feed.values())))
    fixed = {node.shape[0] for node in session.get_inputs() if isinstance(node.shape[0], int)}
    if len(fixed) > 1:
        raise Unusable(f"inputs fix different batches: {sorted(fixed)}")
    batch = fixed.pop() if fixed else samples
    if samples % batch != 0:
        raise Unusable(f"{samples} samples do not divide into batches of {batch}")
    names = [node.name for node in session.get_outputs()]
    parts = [
        session.run(names, {name: value[start : start + batch] for name, value in feed.items()})
        for start in range(0, samples, batch)
    ]
    return {name: np.concatenate(column) for name, column in zip(names, zip(*parts))}


def run(main):
    """Exit status of `main`: what it returns, or 2 with one line on stderr if it cannot say."""
    try:
        sys.exit(main())
    except Exception as error:
        print(f"{Path(sys.argv[0]).name}: {str(error) or type(error).__name__}", file=sys.stderr)
        sys.exit(2)
