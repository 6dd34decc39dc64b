"""Trains the speaker model and writes it beside the data it is judged on.

    python train.py WHEEL [FOLDER]

WHEEL is aeon 1.6.0 as PyPI has it, aeon-1.6.0-py3-none-any.whl; it is read, not installed.
FOLDER is this one unless given. Two runs write the same bytes. See README.md.
"""

import hashlib
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

SHA256 = "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409"
MEMBER = "aeon/datasets/data/JapaneseVowels/JapaneseVowels_{}.ts"
SPEAKERS = 9
FRAMES = 8
HIDDEN = 16
CALIBRATION = 90
SPLIT_SEED = 0
TRAIN_SEED = 0
DEAD = 1e-12


def read(wheel, part):
    """Recordings `[frames, 12]` and their speakers, 0 to 8, in the order of the file."""
    recordings, speakers = [], []
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(MEMBER.format(part)).decode()
    for line in text.splitlines():
        if line and line[0] not in "#@":
            *series, speaker = line.split(":")
            recordings.append(np.array([[float(v) for v in one.split(",")] for one in series]).T)
            speakers.append(int(speaker) - 1)
    return recordings, np.array(speakers, dtype=np.int64)


def choose(recordings):
    """`[n, 8, 12]`: of each recording the frames in the middle of its eighths."""
    middles = 2 * np.arange(FRAMES) + 1
    return np.array([one[middles * len(one) // (2 * FRAMES)] for one in recordings])


def to_integers(values, low, high):
    """0 at `low`, 255 at `high`, what lies outside clipped; a recording in one row."""
    scaled = np.clip(np.rint(255 * (values - low) / (high - low)), 0, 255)
    return scaled.astype(np.uint8).reshape(len(values), -1)


def train(x, y):
    """Weights `[out, in]` and biases of both layers for integers as they are, as float32."""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    mlp = MLPClassifier(
        hidden_layer_sizes=(HIDDEN,),
        activation="relu",
        solver="adam",
        alpha=0.3,
        batch_size=32,
        max_iter=1000,
        random_state=TRAIN_SEED,
    ).fit((x - mean) / deviation, y)
    assert mlp.n_iter_ < mlp.max_iter, "training stopped before it converged"
    hidden = mlp.coefs_[0].T / deviation
    weights = [hidden, mlp.coefs_[1].T]
    biases = [mlp.intercepts_[0] - hidden @ mean, mlp.intercepts_[1]]
    return [np.ascontiguousarray(w, dtype=np.float32) for w in weights], [b.astype(np.float32) for b in biases]


def to_onnx(weights, biases):
    """Gemm, Relu, Gemm over integers of 0 to 255; the batch is symbolic."""
    parameters = {
        "hidden.weight": weights[0],
        "hidden.bias": biases[0],
        "output.weight": weights[1],
        "output.bias": biases[1],
    }
    graph = helper.make_graph(
        name="speaker",
        doc_string="Made by examples/speaker/train.py. A demonstration, no means of identification.",
        nodes=[
            helper.make_node("Gemm", ["recording", "hidden.weight", "hidden.bias"], ["hidden.sum"], "hidden", transB=1),
            helper.make_node("Relu", ["hidden.sum"], ["hidden.activation"], "relu"),
            helper.make_node("Gemm", ["hidden.activation", "output.weight", "output.bias"], ["logits"], "output", transB=1),
        ],
        inputs=[helper.make_tensor_value_info("recording", TensorProto.FLOAT, ["batch", weights[0].shape[1]])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", SPEAKERS])],
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


def main(wheel, folder):
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert digest == SHA256, f"{wheel.name} has the SHA-256 {digest} instead of {SHA256}"
    recordings, y = read(wheel, "TRAIN")
    recordings_held, y_held = read(wheel, "TEST")
    frames = np.concatenate(recordings)
    low, high = frames.min(axis=0), frames.max(axis=0)
    values_held = choose(recordings_held)
    x, x_held = to_integers(choose(recordings), low, high), to_integers(values_held, low, high)
    # The order of sums, and so the last bits, would depend on the number of threads.
    with threadpool_limits(1):
        weights, biases = train(x, y)
    x_cal, _, y_cal, _ = train_test_split(x, y, train_size=CALIBRATION, stratify=y, random_state=SPLIT_SEED)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "speaker.onnx").write_bytes(to_onnx(weights, biases))
    np.savez_compressed(folder / "calibration.npz", x=x_cal, y=y_cal)
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"recording": x_held[0].tolist()}) + "\n")
    rows = [f"c{i + 1},{a},{b}\n" for i, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True))]
    (folder / "coefficients.csv").write_text("name,min,max\n" + "".join(rows))

    held = forward(x_held, weights, biases)
    guess = held.argmax(axis=1)
    outside = (values_held < low) | (values_held > high)
    print(f"parameters         {sum(value.size for value in weights + biases)}")
    print(f"training accuracy  {accuracy(forward(x, weights, biases), y):.2f} % of {len(y)}")
    print(f"held-out accuracy  {accuracy(held, y_held):.2f} % of {len(y_held)}")
    for speaker in range(SPEAKERS):
        own = y_held == speaker
        right, wrong = np.sum(guess[own] == speaker), np.sum(guess[~own] == speaker)
        print(f"held out, class {speaker}  {right} of {np.sum(own)} recognised, {wrong} of {np.sum(~own)} of others taken for it")
    print(f"held out, clipped  {outside.sum()} of {outside.size} values")
    largest = np.abs(weights[0]).max(axis=1)
    for neuron in np.flatnonzero(largest <= DEAD):
        print(f"dead hidden neuron {neuron}: max|w| = {largest[neuron]:.3g}, bias {biases[0][neuron]:.6g}")
    print(f"sample.json        held-out recording 0, class {y_held[0]}, classified as {guess[0]}")
    assert accuracy(held, y_held) >= 97


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent)
