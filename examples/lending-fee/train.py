"""Makes markets of loans up, trains a model that moves the fee, and writes both.

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

INPUTS = ("lent", "fee", "blocks")
LARGEST = 255
# What one is worth: of the pot and of a block in thousandths, of the fee in parts per million.
UNITS = (4, 400, 4)
ANSWERS = ("lower", "keep", "raise")
STEP = 5000
CEILING = 100000
TRAINING = 20000
HELD_OUT = 2000
CALIBRATION = 400
# In days: how long the fee stood before it is looked at, for how long its moves are compared, how
# long a loan is open on average, and how often the fee is moved.
BEFORE, AHEAD, OPEN, PERIOD = 30, 30, 20, 7
# A move has to earn so much more than none.
WORTH = 1.05
POTS, WEEKS = 1000, 52
HIDDEN = (12,)
EPOCHS = 30
BATCH = 128
RATE = 0.01
DECAY = 0.01
DATA_SEED = 0
TRAIN_SEED = 0


def drift(z, days, rng):
    """What a hidden state of mean 0 and deviation 1 is the next day, forgotten after so many."""
    keep = 1 - 1 / days
    return keep * z + np.sqrt(1 - keep**2) * rng.normal(size=z.shape)


class Markets:
    """Pots, those who would borrow from them, and what a loan costs elsewhere."""

    def __init__(self, n, rng):
        self.rng = rng
        self.lent = rng.random(n)
        self.wish, self.elsewhere = rng.normal(size=n), rng.normal(size=n)

    def day(self):
        """The next day: how much is wished for, in pots, and half of whom a fee would keep away."""
        self.wish, self.elsewhere = drift(self.wish, 60, self.rng), drift(self.elsewhere, 90, self.rng)
        noise = self.rng.normal(size=self.wish.shape)
        return 0.06 * np.exp(0.8 * self.wish + 0.3 * noise), 30000 * np.exp(0.4 * self.elsewhere)

    def lend(self, fee, wished, limit):
        """Repays and lends for a day; what that earns, in millionths of a pot."""
        self.lent, earned = lend(self.lent, fee, wished, limit)
        return earned

    def seen(self, fee):
        """What the chain shows."""
        blocks = 1 / (1 + np.exp(1.5 - 1.2 * self.wish - 0.7 * self.rng.normal(size=self.wish.shape)))
        shown = np.stack([1000 * self.lent, fee, 1000 * blocks], axis=1)
        # As the chain does: rounded down, and brought within what the input holds.
        return np.minimum(np.floor(shown / UNITS), LARGEST).astype(np.uint8)


def lend(lent, fee, wished, limit):
    """What is lent after a day, and what it earned."""
    lent = lent * (1 - 1 / OPEN)
    # Everybody has a fee that is too much; those of two thirds are within a factor of 1.7 of the limit.
    new = np.minimum(wished / (1 + (fee / limit) ** 3), 1 - lent)
    return lent + new, new * fee


def moved(fee, step):
    return np.clip(fee + STEP * step, 0, CEILING)


def simulate(n, rng):
    """What the chain shows of markets, the best moves, and what each of them earns."""
    markets = Markets(n, rng)
    fee = np.minimum(30000 * np.exp(0.6 * rng.normal(size=n)), CEILING)
    for _ in range(BEFORE):
        markets.lend(fee, *markets.day())
    x = markets.seen(fee)
    # The same days for each move.
    fees = [moved(fee, step) for step in (-1, 0, 1)]
    lent, earned = [markets.lent] * 3, np.zeros((3, n))
    for _ in range(AHEAD):
        day = markets.day()
        for i in range(3):
            lent[i], more = lend(lent[i], fees[i], *day)
            earned[i] += more
    y = np.where(earned.max(axis=0) > WORTH * earned[1], earned.argmax(axis=0), 1)
    return x, y, earned.T


def run(policy, fee=20000):
    """What pots earn and lend, and the fee at the end, in percent, if a policy moves it each week of a year."""
    markets = Markets(POTS, np.random.default_rng(DATA_SEED + 1))
    fee, earned, lent = np.full(POTS, float(fee)), 0, 0
    for _ in range(WEEKS):
        for _ in range(PERIOD):
            earned = earned + markets.lend(fee, *markets.day())
            lent = lent + markets.lent
        fee = moved(fee, policy(markets.seen(fee)) - 1)
    return earned.mean() / 1e4, 100 * lent.mean() / WEEKS / PERIOD, fee.mean() / 1e4


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
    widths, p = (x.shape[1], *hidden, len(ANSWERS)), {}
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
    nodes, source = [], "market"
    for name in layers(HIDDEN):
        target = "logits" if name == "output" else f"{name}.sum"
        nodes.append(helper.make_node("Gemm", [source, f"{name}.weight", f"{name}.bias"], [target], name, transB=1))
        if name != "output":
            source = f"{name}.activation"
            nodes.append(helper.make_node("Relu", [target], [source], f"{name}.relu"))
    graph = helper.make_graph(
        name="lending-fee",
        doc_string="Made by examples/lending-fee/train.py. A demonstration, trained on markets that were made up.",
        nodes=nodes,
        inputs=[helper.make_tensor_value_info("market", TensorProto.FLOAT, ["batch", len(INPUTS)])],
        outputs=[helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(ANSWERS)])],
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


def simplest(x, y):
    """The best rule of the form: lower below so much lent, raise from so much on, else keep."""
    # How many of each label have how much lent, and so many or fewer.
    of = np.stack([np.bincount(x[y == label, 0], minlength=LARGEST + 1) for label in range(3)])
    below = np.concatenate([np.zeros((3, 1), int), of.cumsum(axis=1)], axis=1)
    right = {
        (low, high): below[0, low] + below[1, high] - below[1, low] + below[2, -1] - below[2, high]
        for low in range(LARGEST + 2)
        for high in range(low, LARGEST + 2)
    }
    return max(right, key=right.get)


def accuracy(guess, y):
    return 100 * np.mean(guess == y)


def main(folder):
    rng = np.random.default_rng(DATA_SEED)
    x, y, _ = simulate(TRAINING, rng)
    x_held, y_held, earned = simulate(HELD_OUT, rng)
    parameters = train(x, y)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lending-fee.onnx").write_bytes(to_onnx(parameters))
    np.savez_compressed(folder / "calibration.npz", x=x[:CALIBRATION], y=y[:CALIBRATION])
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"market": x_held[0].tolist()}) + "\n")

    def by(p):
        return lambda x: forward(x.astype(np.float32), p)[0].argmax(axis=1)

    low, high = simplest(x, y)
    policies = {
        "the model": by(parameters),
        "always lower": lambda x: np.zeros(len(x), int),
        "always keep": lambda x: np.ones(len(x), int),
        f"lower if lent < {low}, raise if >= {high}": lambda x: (x[:, 0] >= low) * 1 + (x[:, 0] >= high),
        "a linear model": by(train(x, y, hidden=())),
    }
    print(f"parameters         {sum(value.size for value in parameters.values())}")
    print(f"training accuracy  {accuracy(policies['the model'](x), y):.2f} % of {len(y)}")
    guess = policies["the model"](x_held)
    print(f"held-out accuracy  {accuracy(guess, y_held):.2f} % of {len(y_held)}")
    for label, name in enumerate(ANSWERS):
        of = y_held == label
        print(f"held out, {name:<8} {np.sum(guess[of] == label)} of {np.sum(of)} recognised")
    gain = earned / earned[:, 1:2].mean()
    print(f"held out, earned by the best moves: {100 * gain.max(axis=1).mean():.2f} % of what no moves earn")
    year = "a year: {:.1f} % earned, {:.1f} % lent, fee {:.2f} % at the end"
    for name, policy in policies.items():
        answer = policy(x_held)
        month = 100 * gain[np.arange(len(answer)), answer].mean()
        print(f"  {accuracy(answer, y_held):.2f} %, {month:.2f} %, {year.format(*run(policy))}: {name}")
    best = max(run(policies["always keep"], fee) for fee in range(STEP, CEILING + 1, STEP))
    print(f"  {year.format(*best)}: the best fee that stays")
    print(f"sample.json        held-out market 0, {x_held[0].tolist()}, label {y_held[0]}, answer {guess[0]}")
    assert accuracy(guess, y_held) >= 60


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
