"""Solves positions of Connect Four, trains a policy on them, and writes both.

    python train.py [FOLDER]

FOLDER is this one unless given. The network is written out in NumPy, so that no framework is
needed. Two runs write the same bytes. See README.md.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from judge import choose, legal, planes, report
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper
from solver import CELLS, CENTRE_FIRST, COLUMNS, ROWS, STEP, columns, new_table, play, solve
from threadpoolctl import threadpool_limits

# How many positions with how many stones: fewer stones take much longer to solve.
POSITIONS = {12: 150, 13: 300, 14: 600, 15: 1000} | {stones: 1300 for stones in range(16, 37)}
HELD_OUT = 2000
CALIBRATION = 300
KERNEL = 4
HEIGHT, WIDTH = ROWS - KERNEL + 1, COLUMNS - KERNEL + 1
CHANNELS = 32
HIDDEN = (20, 16)
EPOCHS = 50
BATCH = 128
RATE = 0.006
DECAY = 0.1
DATA_SEED = 0
TRAIN_SEED = 0


def mirror(bits):
    """Left for right."""
    return sum(((bits >> STEP * column) & ((1 << STEP) - 1)) << STEP * (COLUMNS - 1 - column) for column in range(COLUMNS))


def positions(rng):
    """Distinct positions, mirror images counted once, with their optimal columns and those that keep the result."""
    table, seen, found = new_table(), set(), []
    # Late ones first: the table then helps with the early ones.
    for stones in sorted(POSITIONS, reverse=True):
        left = POSITIONS[stones]
        while left:
            own, all_ = play(rng.random((stones, 2))).tolist()
            key = min(own + all_, mirror(own) + mirror(all_))
            if key == 0 or key in seen:
                continue
            seen.add(key)
            left -= 1
            score = solve(own, all_, table)
            # A win stays one if the score stays positive, a draw if it does; a loss cannot get worse.
            result = min(score, 1) if score >= 0 else -CELLS
            found.append((own, all_, columns(own, all_, score, table), columns(own, all_, result, table)))
    return np.array(found)


def flags(bits):
    """`[n, 7]`: 1 for each column whose bit is 1."""
    return ((bits[:, None] >> np.arange(COLUMNS)) & 1).astype(np.uint8)


def samples(found):
    """What an `.npz` holds: of the optimal columns, the label is the nearest to the centre."""
    x, optimal = planes(found[:, 0], found[:, 1]), flags(found[:, 2])
    centre_first = np.array(CENTRE_FIRST)
    y = centre_first[optimal[:, centre_first].argmax(axis=1)]
    return {"x": x, "y": y.astype(np.int64), "mask": legal(x), "optimal": optimal, "holds": flags(found[:, 3])}


def dense(p):
    """The names of the layers after the convolution, in order."""
    return [name.removesuffix(".weight") for name in p if name.endswith(".weight") and name != "conv.weight"]


def forward(x, p):
    """Logits, and what the way back needs: the patches, and what goes into each layer after them."""
    windows = sliding_window_view(x, (KERNEL, KERNEL), axis=(2, 3))
    seen = windows.transpose(0, 2, 3, 1, 4, 5).reshape(len(x) * HEIGHT * WIDTH, -1)
    sums = seen @ p["conv.weight"].reshape(len(p["conv.weight"]), -1).T + p["conv.bias"]
    flat = np.maximum(sums, 0).reshape(len(x), HEIGHT * WIDTH, -1).transpose(0, 2, 1)
    inputs = [flat.reshape(len(x), -1)]
    for name in dense(p):
        sums = inputs[-1] @ p[f"{name}.weight"].T + p[f"{name}.bias"]
        inputs.append(np.maximum(sums, 0))
    # No Relu after the last one.
    return sums, (seen, inputs[:-1])


def gradients(x, mask, optimal, p):
    """Of the mean of -log of how likely an optimal column is, by a softmax of those that are not full."""
    logits, (seen, inputs) = forward(x, p)
    logits = np.where(mask == 1, logits, -np.inf)
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    wanted = likely * optimal
    grad = (likely - wanted / wanted.sum(axis=1, keepdims=True)) / len(x)
    g = {}
    for name, given in reversed(list(zip(dense(p), inputs, strict=True))):
        g[f"{name}.weight"], g[f"{name}.bias"] = grad.T @ given, grad.sum(axis=0)
        grad = (grad @ p[f"{name}.weight"]) * (given > 0)
    grad = grad.reshape(len(x), CHANNELS, -1).transpose(0, 2, 1).reshape(-1, CHANNELS)
    g["conv.weight"] = (grad.T @ seen).reshape(p["conv.weight"].shape)
    g["conv.bias"] = grad.sum(axis=0)
    return g


def train(data):
    """Parameters for stones of 0 and 1, as float32. Each position is seen as it is, and mirrored."""
    rng = np.random.default_rng(TRAIN_SEED)
    x, mask, optimal = (np.concatenate([v, v[..., ::-1]]) for v in (data["x"], data["mask"], data["optimal"]))
    x = x.astype(np.float64)
    widths = (CHANNELS * HEIGHT * WIDTH, *HIDDEN, COLUMNS)
    names = [f"hidden{i + 1}" for i in range(len(HIDDEN))] + ["output"]
    shapes = {"conv": (CHANNELS, 2, KERNEL, KERNEL)} | dict(zip(names, zip(widths[1:], widths), strict=True))
    p = {}
    for name, shape in shapes.items():
        p[f"{name}.weight"] = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        p[f"{name}.bias"] = np.zeros(shape[0])
    first = {name: np.zeros_like(value) for name, value in p.items()}
    second = {name: np.zeros_like(value) for name, value in p.items()}
    steps, step = EPOCHS * (len(x) // BATCH), 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            batch = order[start : start + BATCH]
            g = gradients(x[batch], mask[batch], optimal[batch], p)
            # AdamW, its rate falling to zero along half a cosine.
            rate = RATE * (1 + np.cos(np.pi * step / steps)) / 2
            step += 1
            for name in p:
                first[name] = 0.9 * first[name] + 0.1 * g[name]
                second[name] = 0.999 * second[name] + 0.001 * g[name] ** 2
                move = first[name] / (1 - 0.9**step) / (np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8)
                p[name] -= rate * (move + (DECAY * p[name] if name.endswith("weight") else 0))
    return {name: value.astype(np.float32) for name, value in prune(p, x).items()}


def prune(p, x):
    """Without the channels and neurons that fire for none of `x`, whose logits stay what they are."""
    fire = [given.max(axis=0) > 0 for given in forward(x, p)[1][1]]
    fire[0] = fire[0].reshape(CHANNELS, -1).any(axis=1)
    print(f"units that never fire    {[int(np.sum(~keep)) for keep in fire]}, left out")
    p = dict(p)
    for name, after, keep in zip(["conv", *dense(p)], dense(p), fire, strict=False):
        p[f"{name}.weight"], p[f"{name}.bias"] = p[f"{name}.weight"][keep], p[f"{name}.bias"][keep]
        inputs = np.repeat(keep, HEIGHT * WIDTH) if name == "conv" else keep
        p[f"{after}.weight"] = np.ascontiguousarray(p[f"{after}.weight"][:, inputs])
    return p


def to_onnx(parameters):
    """Over stones of 0 and 1; the batch is symbolic."""
    nodes = [
        helper.make_node("Conv", ["board", "conv.weight", "conv.bias"], ["conv.sum"], "conv", kernel_shape=[KERNEL, KERNEL]),
        helper.make_node("Relu", ["conv.sum"], ["conv.activation"], "conv.relu"),
        helper.make_node("Flatten", ["conv.activation"], ["flat"], "flatten"),
    ]
    source = "flat"
    for name in dense(parameters):
        target = "logits" if name == "output" else f"{name}.sum"
        nodes.append(helper.make_node("Gemm", [source, f"{name}.weight", f"{name}.bias"], [target], name, transB=1))
        if name != "output":
            source = f"{name}.activation"
            nodes.append(helper.make_node("Relu", [target], [source], f"{name}.relu"))
    graph = helper.make_graph(
        name="connect-four",
        doc_string="Made by examples/connect-four/train.py.",
        nodes=nodes,
        inputs=[helper.make_tensor_value_info("board", TensorProto.FLOAT, ["batch", 2, ROWS, COLUMNS])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", COLUMNS])],
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


def main(folder):
    rng = np.random.default_rng(DATA_SEED)
    data = samples(rng.permutation(positions(rng)))
    held = {name: value[:HELD_OUT] for name, value in data.items()}
    rest = {name: value[HELD_OUT:] for name, value in data.items()}
    # The order of sums, and so the last bits, would depend on the number of threads.
    with threadpool_limits(1):
        parameters = train(rest)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "connect-four.onnx").write_bytes(to_onnx(parameters))
    np.savez_compressed(folder / "calibration.npz", **{name: value[:CALIBRATION] for name, value in rest.items()})
    np.savez_compressed(folder / "heldout.npz", **held)
    # One in which the mask matters and a single move is optimal.
    sample = np.flatnonzero((held["mask"].min(axis=1) == 0) & (held["optimal"].sum(axis=1) == 1))[0]
    (folder / "sample.json").write_text(json.dumps({"board": held["x"][sample].tolist()}) + "\n")

    def policy(x):
        return forward(x.astype(np.float32), parameters)[0]

    print(f"positions                {len(rest['x'])} for training, {len(held['x'])} held out")
    print(f"parameters               {sum(value.size for value in parameters.values())}")
    best = report(policy, held)
    free, move = np.flatnonzero(held["mask"][sample]).tolist(), choose(policy(held["x"]), held["mask"])[sample]
    print(f"sample.json              held-out position {sample}, columns {free}, optimal {held['y'][sample]}, chosen {move}")
    assert best >= 75


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
