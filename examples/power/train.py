"""Trains the power model and writes it beside the data it is judged on.

    python train.py WHEEL [FOLDER]

WHEEL is aeon 1.6.0 as PyPI has it, aeon-1.6.0-py3-none-any.whl; it is read, not installed.
FOLDER is this one unless given. The network is written out in NumPy, so that no framework is
needed. Two runs write the same bytes. See README.md.
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper
from threadpoolctl import threadpool_limits

SHA256 = "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409"
MEMBER = "aeon/datasets/data/ItalyPowerDemand/ItalyPowerDemand_{}.ts"
HOURS = 24
CLASSES = 2
KERNEL = 5
CHANNELS = 4
POOL = 2
POOLED = (HOURS - KERNEL + 1) // POOL
STEPS = 600
RATE = 0.01
DECAY = 1.0
TRAIN_SEED = 0


def read(wheel, part):
    """Days `[n, 1, 24]` and their half of the year, 0 or 1, in the order of the file."""
    days, halves = [], []
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(MEMBER.format(part)).decode()
    for line in text.splitlines():
        if line and line[0] not in "#@":
            series, half = line.split(":")
            days.append([[float(v) for v in series.split(",")]])
            halves.append(int(half) - 1)
    return np.array(days), np.array(halves, dtype=np.int64)


def to_integers(values, low, high):
    """0 at `low`, 255 at `high`, what lies outside clipped."""
    return np.clip(np.rint(255 * (values - low) / (high - low)), 0, 255).astype(np.uint8)


def forward(x, p):
    """Logits of days `[n, 1, 24]`, and what the way back needs."""
    seen = sliding_window_view(x[:, 0], KERNEL, axis=1)
    sums = seen @ p["conv.weight"][:, 0].T + p["conv.bias"]
    pooled = np.maximum(sums, 0).reshape(len(x), POOLED, POOL, CHANNELS).mean(axis=2)
    flat = pooled.transpose(0, 2, 1).reshape(len(x), -1)
    return flat @ p["output.weight"].T + p["output.bias"], (seen, sums, flat)


def gradients(x, y, p):
    """Of the mean cross-entropy."""
    logits, (seen, sums, flat) = forward(x, p)
    grad = np.exp(logits - logits.max(axis=1, keepdims=True))
    grad /= grad.sum(axis=1, keepdims=True)
    grad[np.arange(len(y)), y] -= 1
    grad /= len(y)
    g = {"output.weight": grad.T @ flat, "output.bias": grad.sum(axis=0)}
    grad = (grad @ p["output.weight"]).reshape(len(x), CHANNELS, POOLED).transpose(0, 2, 1)
    grad = np.repeat(grad / POOL, POOL, axis=1) * (sums > 0)
    g["conv.weight"] = np.tensordot(grad, seen, axes=((0, 1), (0, 1)))[:, None]
    g["conv.bias"] = grad.sum(axis=(0, 1))
    return g


def train(days, y):
    """Parameters for integers as they are, as float32."""
    mean, deviation = days.mean(), days.std()
    x = (days - mean) / deviation
    rng = np.random.default_rng(TRAIN_SEED)
    p = {
        "conv.weight": rng.normal(0, np.sqrt(2 / KERNEL), (CHANNELS, 1, KERNEL)),
        "conv.bias": np.zeros(CHANNELS),
        "output.weight": rng.normal(0, np.sqrt(1 / (CHANNELS * POOLED)), (CLASSES, CHANNELS * POOLED)),
        "output.bias": np.zeros(CLASSES),
    }
    first = {name: np.zeros_like(value) for name, value in p.items()}
    second = {name: np.zeros_like(value) for name, value in p.items()}
    for step in range(STEPS):
        g = gradients(x, y, p)
        # AdamW, its rate falling to zero along half a cosine.
        rate = RATE * (1 + np.cos(np.pi * step / STEPS)) / 2
        for name in p:
            first[name] = 0.9 * first[name] + 0.1 * g[name]
            second[name] = 0.999 * second[name] + 0.001 * g[name] ** 2
            move = first[name] / (1 - 0.9 ** (step + 1)) / (np.sqrt(second[name] / (1 - 0.999 ** (step + 1))) + 1e-8)
            p[name] -= rate * (move + (DECAY * p[name] if name.endswith("weight") else 0))
    p["conv.weight"] /= deviation
    p["conv.bias"] -= mean * p["conv.weight"].sum(axis=(1, 2))
    return {name: value.astype(np.float32) for name, value in p.items()}


def to_onnx(parameters):
    """Over integers of 0 to 255; the batch is symbolic."""
    graph = helper.make_graph(
        name="power",
        doc_string="Made by examples/power/train.py.",
        nodes=[
            helper.make_node("Conv", ["day", "conv.weight", "conv.bias"], ["conv.sum"], "conv", kernel_shape=[KERNEL]),
            helper.make_node("Relu", ["conv.sum"], ["conv.activation"], "relu"),
            helper.make_node("AveragePool", ["conv.activation"], ["pooled"], "pool", kernel_shape=[POOL], strides=[POOL]),
            helper.make_node("Flatten", ["pooled"], ["flat"], "flatten"),
            helper.make_node("Gemm", ["flat", "output.weight", "output.bias"], ["logits"], "output", transB=1),
        ],
        inputs=[helper.make_tensor_value_info("day", TensorProto.FLOAT, ["batch", 1, HOURS])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])],
        initializer=[numpy_helper.from_array(v, k) for k, v in parameters.items()],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="zkml-examples",
        producer_version="1",
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def accuracy(logits, y):
    return 100 * np.mean(logits.argmax(axis=1) == y)


def main(wheel, folder):
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert digest == SHA256, f"{wheel.name} has the SHA-256 {digest} instead of {SHA256}"
    values, y = read(wheel, "TRAIN")
    values_held, y_held = read(wheel, "TEST")
    low, high = values.min(), values.max()
    x, x_held = to_integers(values, low, high), to_integers(values_held, low, high)
    # The order of sums, and so the last bits, would depend on the number of threads.
    with threadpool_limits(1):
        parameters = train(x, y)
        fitted = forward(x.astype(np.float32), parameters)[0]
        held = forward(x_held.astype(np.float32), parameters)[0]

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "power.onnx").write_bytes(to_onnx(parameters))
    np.savez_compressed(folder / "calibration.npz", x=x, y=y)
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"day": x_held[0].tolist()}) + "\n")

    guess = held.argmax(axis=1)
    outside = (values_held < low) | (values_held > high)
    print(f"parameters         {sum(value.size for value in parameters.values())}")
    print(f"0 and 255 stand for {low} and {high}")
    print(f"training accuracy  {accuracy(fitted, y):.2f} % of {len(y)}")
    print(f"held-out accuracy  {accuracy(held, y_held):.2f} % of {len(y_held)}")
    for label in range(CLASSES):
        of = y_held == label
        print(f"held out, class {label}  {np.sum(guess[of] == label)} of {np.sum(of)} recognised")
    print(f"held out, clipped  {outside.sum()} of {outside.size} values")
    print(f"sample.json        held-out day 0, class {y_held[0]}, classified as {guess[0]}")
    assert accuracy(held, y_held) >= 95


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent)
