"""Trains the digits model and writes it beside the data it is judged on.

    python train.py [FOLDER]

FOLDER is this one unless given. Two runs write the same bytes. See README.md.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HIDDEN = 32
HELD_OUT = 450
CALIBRATION = 400
SPLIT_SEED = 0
# Chosen for a network in which a hidden neuron died, because a quantiser has to
# survive one: its weights are too small for any sensible scale.
TRAIN_SEED = 2
DEAD = 1e-20


def split():
    """Training and held-out images, by class in equal parts, in a fixed order."""
    pixels, digit = load_digits(return_X_y=True)
    return train_test_split(
        pixels.astype(np.float32),
        digit.astype(np.int64),
        test_size=HELD_OUT,
        stratify=digit,
        random_state=SPLIT_SEED,
    )


def train(x, y):
    """Weights `[out, in]` and biases of both layers, as float32."""
    mlp = MLPClassifier(
        hidden_layer_sizes=(HIDDEN,),
        activation="relu",
        solver="adam",
        alpha=0.01,
        batch_size=32,
        max_iter=300,
        random_state=TRAIN_SEED,
    ).fit(x.astype(np.float64), y)
    assert mlp.n_iter_ < mlp.max_iter, "training stopped before it converged"
    weights = [np.ascontiguousarray(w.T, dtype=np.float32) for w in mlp.coefs_]
    biases = [b.astype(np.float32) for b in mlp.intercepts_]
    return weights, biases


def to_onnx(weights, biases):
    """Gemm, Relu, Gemm over pixels as they are, 0 to 16; the batch is symbolic."""
    parameters = {
        "hidden.weight": weights[0],
        "hidden.bias": biases[0],
        "output.weight": weights[1],
        "output.bias": biases[1],
    }
    graph = helper.make_graph(
        name="digits",
        doc_string="Made by examples/digits/train.py.",
        nodes=[
            helper.make_node("Gemm", ["pixels", "hidden.weight", "hidden.bias"], ["hidden.sum"], "hidden", transB=1),
            helper.make_node("Relu", ["hidden.sum"], ["hidden.activation"], "relu"),
            helper.make_node("Gemm", ["hidden.activation", "output.weight", "output.bias"], ["logits"], "output", transB=1),
        ],
        inputs=[helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 64])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
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
    return np.maximum(x @ weights[0].T + biases[0], 0) @ weights[1].T + biases[1]


def accuracy(logits, y):
    return 100 * np.mean(logits.argmax(axis=1) == y)


def main(folder):
    x, x_held, y, y_held = split()
    weights, biases = train(x, y)
    x_cal, _, y_cal, _ = train_test_split(x, y, train_size=CALIBRATION, stratify=y, random_state=SPLIT_SEED)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits.onnx").write_bytes(to_onnx(weights, biases))
    np.savez_compressed(folder / "calibration.npz", x=x_cal, y=y_cal)
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"pixels": x_held[0].tolist()}) + "\n")

    largest = np.abs(weights[0]).max(axis=1)
    dead = np.flatnonzero(largest <= DEAD)
    held = forward(x_held, weights, biases)
    print(f"training accuracy  {accuracy(forward(x, weights, biases), y):.2f} % of {len(y)}")
    print(f"held-out accuracy  {accuracy(held, y_held):.2f} % of {len(y_held)}")
    for neuron in dead:
        print(f"dead hidden neuron {neuron}: max|w| = {largest[neuron]:.3g}, bias {biases[0][neuron]:.6g}")
    print(f"sample.json        held-out image 0, a {y_held[0]}, classified as {held[0].argmax()}")
    assert len(dead) > 0 and accuracy(held, y_held) >= 97


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
