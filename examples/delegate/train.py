"""Makes polls up, trains a model that votes on them, and writes both.

    python train.py [FOLDER]

FOLDER is this one unless given. The network is written out in NumPy, so that no framework is
needed. Two runs write the same bytes. See README.md.
"""

import json
import os
import sys
from pathlib import Path

# The order of sums, and so the last bits, would depend on the number of threads. BLAS reads it once.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUTS = ("asked", "age", "approval", "approved", "rejected", "reputation")
LARGEST = 255
TRAINING = 20000
HELD_OUT = 2000
CALIBRATION = 400
VOTERS = 48
HIDDEN = (16, 8)
CLASSES = 2
EPOCHS = 30
BATCH = 128
RATE = 0.004
DECAY = 0.03
DATA_SEED = 0
TRAIN_SEED = 0


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def simulate(n, rng):
    """Polls as the chain would show them, how each grant turned out, and how likely that was."""
    # Of the proposer, hidden: how well what is promised gets done.
    quality = rng.normal(size=n)
    polls = np.where(rng.random(n) < 0.3, 0, rng.geometric(0.12, n))
    approved = rng.binomial(polls, sigmoid(0.3 + 1.2 * quality))
    # Three in five never proved anything; of the others the score says a little.
    score = 500 + 200 * (0.6 * quality + 0.8 * rng.normal(size=n))
    score = np.where(rng.random(n) < 0.6, 0, np.clip(score, 0, 1000))
    # In tokens; who can do less asks for a little more.
    size = 3.4 - 0.2 * quality + rng.normal(size=n)
    asked = np.clip(np.exp(size), 1, None)
    # Grants that are large for somebody without practice fail; what the idea is worth, voters see.
    practice = 3 + 0.45 * np.log1p(approved)
    merit = rng.normal(size=n)
    promise = 0.3 + 1.3 * quality + 1.2 * merit - 1.3 * (size - practice)
    good = rng.random(n) < sigmoid(promise)
    # In tens of blocks.
    age = rng.exponential(60, n)

    # Friends vote aye at once, others come with time, look at the proposal, and see some of it.
    friends = rng.poisson(1.5, n)
    others = rng.poisson(14 * (1 - np.exp(-age / 60)))
    place = np.arange(VOTERS)
    votes = place < (friends + others)[:, None]
    weight = np.exp(rng.normal(size=(n, VOTERS))) * votes
    view = sigmoid(promise[:, None] + 1.5 * rng.normal(size=(n, VOTERS)))
    aye = (place < friends[:, None]) | (rng.random((n, VOTERS)) < view)
    # The chain says 0 while nobody has voted.
    approval = 100 * ((weight * aye).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9))

    x = np.stack([asked, age, approval, approved, polls - approved, score / 4], axis=1)
    # As the chain does: rounded down, and brought within what the input holds.
    return np.minimum(np.floor(x), LARGEST).astype(np.uint8), good.astype(np.int64), sigmoid(promise)


def layers(hidden):
    return [f"hidden{i + 1}" for i in range(len(hidden))] + ["output"]


def forward(x, p):
    """Logits, and what goes into each layer."""
    names = [name.removesuffix(".weight") for name in p if name.endswith(".weight")]
    inputs = [x]
    for name in names:
        sums = inputs[-1] @ p[f"{name}.weight"].T + p[f"{name}.bias"]
        inputs.append(np.maximum(sums, 0))
    # No Relu after the last one.
    return sums, dict(zip(names, inputs, strict=False))


def gradients(x, y, p):
    """Of the mean cross-entropy."""
    logits, inputs = forward(x, p)
    grad = np.exp(logits - logits.max(axis=1, keepdims=True))
    grad /= grad.sum(axis=1, keepdims=True)
    grad[np.arange(len(y)), y] -= 1
    grad /= len(y)
    g = {}
    for name in reversed(inputs):
        g[f"{name}.weight"], g[f"{name}.bias"] = grad.T @ inputs[name], grad.sum(axis=0)
        grad = (grad @ p[f"{name}.weight"]) * (inputs[name] > 0)
    return g


def train(data, y, hidden=HIDDEN, seed=TRAIN_SEED):
    """Parameters for integers as they are, as float32."""
    data = data.astype(np.float64)
    mean, deviation = data.mean(axis=0), data.std(axis=0)
    x = (data - mean) / deviation
    rng = np.random.default_rng(seed)
    widths, p = (x.shape[1], *hidden, CLASSES), {}
    for name, out, into in zip(layers(hidden), widths[1:], widths, strict=False):
        p[f"{name}.weight"] = rng.normal(0, np.sqrt(2 / into), (out, into))
        p[f"{name}.bias"] = np.zeros(out)
    first = {name: np.zeros_like(value) for name, value in p.items()}
    second = {name: np.zeros_like(value) for name, value in p.items()}
    steps, step = EPOCHS * (len(x) // BATCH), 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            g = gradients(x[batch], y[batch], p)
            # AdamW, its rate falling to zero along half a cosine.
            rate = RATE * (1 + np.cos(np.pi * step / steps)) / 2
            step += 1
            for name in p:
                first[name] = 0.9 * first[name] + 0.1 * g[name]
                second[name] = 0.999 * second[name] + 0.001 * g[name] ** 2
                move = first[name] / (1 - 0.9**step) / (np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8)
                p[name] -= rate * (move + (DECAY * p[name] if name.endswith("weight") else 0))
    entry = layers(hidden)[0]
    p[f"{entry}.weight"] /= deviation
    p[f"{entry}.bias"] -= p[f"{entry}.weight"] @ mean
    return {name: value.astype(np.float32) for name, value in p.items()}


def to_onnx(parameters):
    """Over integers of 0 to 255; the batch is symbolic."""
    nodes, source = [], "poll"
    for name in layers(HIDDEN):
        target = "logits" if name == "output" else f"{name}.sum"
        nodes.append(helper.make_node("Gemm", [source, f"{name}.weight", f"{name}.bias"], [target], name, transB=1))
        if name != "output":
            source = f"{name}.activation"
            nodes.append(helper.make_node("Relu", [target], [source], f"{name}.relu"))
    graph = helper.make_graph(
        name="delegate",
        doc_string="Made by examples/delegate/train.py. A demonstration, trained on polls that were made up.",
        nodes=nodes,
        inputs=[helper.make_tensor_value_info("poll", TensorProto.FLOAT, ["batch", len(INPUTS)])],
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


def rules(x, y, x_held):
    """What simpler ways answer to the held-out polls; their thresholds are those of the training polls."""
    asked, _, approval, approved, rejected, _ = x_held.T.astype(np.int64)
    yield "always aye", np.ones(len(x_held))
    yield "approval of at least 50 %", approval >= 50
    yield "not more rejected than approved", approved >= rejected
    best = max(
        (np.mean(((x[:, i] >= least) == y) ^ flip), i, least, flip)
        for i in range(len(INPUTS))
        for least in range(LARGEST + 1)
        for flip in (False, True)
    )
    _, i, least, flip = best
    yield f"{INPUTS[i]} {'<' if flip else '>='} {least}, the best one", (x_held[:, i] >= least) ^ flip
    linear = train(x, y, hidden=())
    yield "a linear model", forward(x_held.astype(np.float32), linear)[0].argmax(axis=1)


def accuracy(guess, y):
    return 100 * np.mean(guess == y)


def main(folder):
    rng = np.random.default_rng(DATA_SEED)
    x, y, _ = simulate(TRAINING, rng)
    x_held, y_held, likely = simulate(HELD_OUT, rng)
    parameters = train(x, y)
    logits = forward(x_held.astype(np.float32), parameters)[0]
    guess = logits.argmax(axis=1)
    # One that the model gets right, not by a hair, and the majority so far wrong.
    sample = np.flatnonzero((guess == y_held) & (np.ptp(logits, axis=1) > 0.5) & ((x_held[:, 2] >= 50) != y_held))[0]

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "delegate.onnx").write_bytes(to_onnx(parameters))
    np.savez_compressed(folder / "calibration.npz", x=x[:CALIBRATION], y=y[:CALIBRATION])
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"poll": x_held[sample].tolist()}) + "\n")

    fitted = forward(x.astype(np.float32), parameters)[0].argmax(axis=1)
    print(f"parameters         {sum(value.size for value in parameters.values())}")
    print(f"training accuracy  {accuracy(fitted, y):.2f} % of {len(y)}")
    print(f"held-out accuracy  {accuracy(guess, y_held):.2f} % of {len(y_held)}")
    for name, label in ("bad", 0), ("good", 1):
        of = y_held == label
        print(f"held out, {name:<8} {np.sum(guess[of] == label)} of {np.sum(of)} recognised")
    for name, answer in rules(x, y, x_held):
        print(f"  {accuracy(answer, y_held):.2f} %  {name}")
    print(f"  {accuracy(likely >= 0.5, y_held):.2f} %  who knew what is hidden")
    print(f"sample.json        held-out poll {sample}, {x_held[sample].tolist()}, answered {guess[sample]}, rightly")
    assert accuracy(guess, y_held) >= 70


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
