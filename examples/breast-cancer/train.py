"""Trains the breast-cancer model and writes it beside the data it is judged on.

    python train.py [FOLDER]

FOLDER is this one unless given. Two runs write the same bytes. See README.md.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HIDDEN = 16
HELD_OUT = 143
SPLIT_SEED = 0
TRAIN_SEED = 0
DEAD = 1e-12


def split():
    """Measurements of training and held-out records, by class in equal parts, in a fixed order."""
    data = load_breast_cancer()
    parts = train_test_split(
        data.data,
        data.target.astype(np.int64),
        test_size=HELD_OUT,
        stratify=data.target,
        random_state=SPLIT_SEED,
    )
    return [str(name) for name in data.feature_names], *parts


def to_integers(values, low, high):
    """0 at `low`, 255 at `high`, what lies outside clipped."""
    return np.clip(np.rint(255 * (values - low) / (high - low)), 0, 255).astype(np.uint8)


def train(x, y):
    """Weights `[out, in]` and biases of both layers for integers as they are, as float32."""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    mlp = MLPClassifier(
        hidden_layer_sizes=(HIDDEN,),
        activation="relu",
        solver="adam",
        alpha=1.0,
        batch_size=32,
        max_iter=1000,
        random_state=TRAIN_SEED,
    ).fit((x - mean) / deviation, y)
    assert mlp.n_iter_ < mlp.max_iter, "training stopped before it converged"
    hidden = mlp.coefs_[0].T / deviation
    weights = [hidden, halves(mlp.coefs_[1].T)]
    biases = [mlp.intercepts_[0] - hidden @ mean, halves(mlp.intercepts_[1])]
    return [np.ascontiguousarray(w, dtype=np.float32) for w in weights], [b.astype(np.float32) for b in biases]


def halves(z):
    """Two logits that differ by the one of a logistic output; their softmax is the same."""
    return np.concatenate([-z / 2, z / 2])


def to_onnx(weights, biases):
    """Gemm, Relu, Gemm over integers of 0 to 255; the batch is symbolic."""
    parameters = {
        "hidden.weight": weights[0],
        "hidden.bias": biases[0],
        "output.weight": weights[1],
        "output.bias": biases[1],
    }
    graph = helper.make_graph(
        name="breast-cancer",
        doc_string="Made by examples/breast-cancer/train.py. A demonstration, no medical device.",
        nodes=[
            helper.make_node("Gemm", ["features", "hidden.weight", "hidden.bias"], ["hidden.sum"], "hidden", transB=1),
            helper.make_node("Relu", ["hidden.sum"], ["hidden.activation"], "relu"),
            helper.make_node("Gemm", ["hidden.activation", "output.weight", "output.bias"], ["logits"], "output", transB=1),
        ],
        inputs=[helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", weights[0].shape[1]])],
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


def main(folder):
    names, values, values_held, y, y_held = split()
    low, high = values.min(axis=0), values.max(axis=0)
    x, x_held = to_integers(values, low, high), to_integers(values_held, low, high)
    weights, biases = train(x, y)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "breast-cancer.onnx").write_bytes(to_onnx(weights, biases))
    np.savez_compressed(folder / "calibration.npz", x=x, y=y)
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"features": x_held[0].tolist()}) + "\n")
    rows = [f"{name},{a},{b}\n" for name, a, b in zip(names, low.tolist(), high.tolist(), strict=True)]
    (folder / "features.csv").write_text("name,min,max\n" + "".join(rows))

    held = forward(x_held, weights, biases)
    guess = held.argmax(axis=1)
    outside = (values_held < low) | (values_held > high)
    print(f"training accuracy  {accuracy(forward(x, weights, biases), y):.2f} % of {len(y)}")
    print(f"held-out accuracy  {accuracy(held, y_held):.2f} % of {len(y_held)}")
    for name, label in ("malignant", 0), ("benign", 1):
        of = y_held == label
        print(f"held out, {name:<9} {np.sum(guess[of] == label)} of {np.sum(of)} recognised")
    print(f"held out, clipped  {outside.sum()} of {outside.size} values")
    largest = np.abs(weights[0]).max(axis=1)
    for neuron in np.flatnonzero(largest <= DEAD):
        print(f"dead hidden neuron {neuron}: max|w| = {largest[neuron]:.3g}, bias {biases[0][neuron]:.6g}")
    print(f"sample.json        held-out record 0, class {y_held[0]}, classified as {guess[0]}")
    assert accuracy(held, y_held) >= 95


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
