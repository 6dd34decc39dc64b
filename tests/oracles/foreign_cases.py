"""Small models around one operator each, as other tools quantise them, with scales that are no powers of two.

`cases()` yields (name, model, samples). Those called `qdq_…` have float operators between DequantizeLinear
and QuantizeLinear, which onnxruntime fuses or not; the others have its quantised operators. A number at the
end of a name is a seed.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
MS = "com.microsoft"
SAMPLES = 12
DTYPES = {"u8": np.uint8, "i8": np.int8}


class Graph:
    """A graph whose input `x` is quantised first; everything random comes from one seed."""

    def __init__(self, seed, shape, kind="u8"):
        self.random = np.random.default_rng(seed)
        self.shape = shape
        self.kind = kind
        self.nodes = []
        self.constants = {}
        self.grids = {}

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(array)
        return name

    def op(self, kind, *inputs, domain="", **attributes):
        output = f"t{len(self.nodes)}"
        name = f"{kind}_{len(self.nodes)}"
        node = helper.make_node(kind, list(inputs), [output], name=name, domain=domain, **attributes)
        self.nodes.append(node)
        return output

    def grid(self, scale=None, zero_point=None, kind=None):
        """Names of a scale and a zero point, random where they are not given."""
        dtype = DTYPES[kind or self.kind]
        info = np.iinfo(dtype)
        scale = np.exp(self.random.uniform(-4.5, -2.5)) if scale is None else scale
        if zero_point is None:
            zero_point = self.random.integers(info.min + 60, info.max - 60)
        return self.constant(np.float32(scale)), self.constant(dtype(zero_point))

    def quantise(self, x, grid=None):
        grid = grid or self.grid()
        return self.op("QuantizeLinear", x, *grid), grid

    def dequantise(self, x, grid):
        return self.op("DequantizeLinear", x, *grid)

    def pair(self, x, grid=None):
        return self.dequantise(*self.quantise(x, grid))

    def weights(self, *shape, per_channel=True, axis=0, most=127):
        """Dequantised int8 weights; also their scales."""
        values = self.random.integers(-most, most + 1, shape).astype(np.int8)
        count = shape[axis] if per_channel else 1
        scales = np.exp(self.random.uniform(-7, -5.5, count)).astype(np.float32)
        zeros = np.zeros(count, np.int8)
        if not per_channel:
            scales, zeros = scales.reshape(()), zeros.reshape(())
        named = [self.constant(array) for array in (values, scales, zeros)]
        axis = {"axis": axis} if per_channel else {}
        return self.op("DequantizeLinear", *named, **axis), scales

    def scale_of(self, grid):
        return self.constants[grid[0]]

    def bias(self, grid, scales, size):
        scale = (self.scale_of(grid) * scales).astype(np.float32)
        values = self.random.integers(-3000, 3000, size).astype(np.int32)
        zeros = np.zeros(scale.shape, np.int32)
        axis = {"axis": 0} if scale.shape else {}
        return self.op("DequantizeLinear", *map(self.constant, (values, scale, zeros)), **axis)

    def finish(self, output, kind=TensorProto.FLOAT):
        graph = helper.make_graph(
            self.nodes,
            "case",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *self.shape])],
            [helper.make_tensor_value_info(output, kind, None)],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MS, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="")
        x = np.random.default_rng(9).standard_normal((SAMPLES, *self.shape)) * 4
        return model, x.astype(np.float32)


SHAPE = (4, 6, 6)


def halves(g, x):
    """The first and the second half of the channels of a tensor."""
    size = g.shape[0] // 2
    cut = lambda start: [g.constant(np.array([n], np.int64)) for n in (start, start + size, 1)]
    return g.op("Slice", x, *cut(0)), g.op("Slice", x, *cut(size))


def two(kind, seed, part=None):
    """A graph with two quantised tensors that are independent, and their grids; of the second only a part."""
    g = Graph(seed, (2 * SHAPE[0], *SHAPE[1:]), kind)
    x, ga = g.quantise("x")
    a, other = halves(g, x)
    gb = g.grid()
    b = g.op("QLinearLeakyRelu", other, *ga, *gb, domain=MS, alpha=0.6)
    if part is not None:
        b = g.op("Slice", b, *map(g.constant, part))
    return g, (a, *ga), (b, *gb)


def starts(*parts):
    """Arguments of Slice that keep the first elements of some axes."""
    axes = np.array([axis for axis, _ in parts], np.int64)
    ends = np.array([end for _, end in parts], np.int64)
    return np.zeros(len(parts), np.int64), ends, axes


def operators(kind, seed):
    """onnxruntime's quantised operators."""
    for op in ("QLinearAdd", "QLinearMul"):
        slices = {
            "": None,
            "_row": starts((1, 1), (2, 1)),
            "_column": starts((3, 1)),
            "_scalar": starts((1, 1), (2, 1), (3, 1)),
        }
        for suffix, other in slices.items():
            for swapped in (False, True) if other else (False,):
                g, a, b = two(kind, seed, other)
                grid = g.grid(0.03 if op == "QLinearMul" else None)
                y = g.op(op, *(b + a if swapped else a + b), *grid, domain=MS)
                name = f"{op.lower()}{suffix}{'_swapped' if swapped else ''}"
                yield name, g.finish(g.dequantise(y, grid))
    pools = {
        "": dict(kernel_shape=[2, 2], strides=[2, 2]),
        "_pads": dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        "_included": dict(kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
        "_ceil": dict(kernel_shape=[2, 2], strides=[4, 4], ceil_mode=1),
    }
    for suffix, attributes in pools.items():
        for scale in (None, 0.0625):
            g = Graph(seed, SHAPE, kind)
            x, grid = g.quantise("x", g.grid(scale))
            y_grid = g.grid(scale)
            y = g.op("QLinearAveragePool", x, *grid, *y_grid, domain=MS, **attributes)
            name = f"qlinearaveragepool{suffix}{'_exact' if scale else ''}"
            yield name, g.finish(g.dequantise(y, y_grid))
    g = Graph(seed, SHAPE, kind)
    x, grid = g.quantise("x")
    y_grid = g.grid(0.01)
    y = g.op("QLinearGlobalAveragePool", x, *grid, *y_grid, domain=MS)
    yield "qlinearglobalaveragepool", g.finish(g.dequantise(y, y_grid))
    g = Graph(seed, SHAPE, kind)
    x, grid = g.quantise("x")
    y_grid = g.grid()
    y = g.op("QLinearLeakyRelu", x, *grid, *y_grid, domain=MS, alpha=0.13)
    yield "qlinearleakyrelu", g.finish(g.dequantise(y, y_grid))
    g, a, b = two(kind, seed)
    y = g.op("QLinearConcat", *a[1:], *a, *b, domain=MS, axis=1)
    yield "qlinearconcat", g.finish(g.dequantise(y, a[1:]))
    for axis in (0, 1):
        g = Graph(seed, (30,), kind)
        x, grid = g.quantise("x")
        weights = g.random.integers(-60, 60, (12, 30) if axis else (30, 12)).astype(np.int8)
        scales = np.exp(g.random.uniform(-7, -5, 12)).astype(np.float32)
        w = [g.constant(array) for array in (weights, scales, np.zeros(12, np.int8))]
        c = g.constant(g.random.integers(-999, 999, 12).astype(np.int32))
        y_grid = g.grid()
        if axis:
            y = g.op("QGemm", x, *grid, *w, c, domain=MS, transB=1, alpha=0.7)
            yield "qgemm_float", g.finish(g.op("DequantizeLinear", *g.quantise(y, y_grid)[:1], *y_grid))
        else:
            y = g.op("QGemm", x, *grid, *w, c, *y_grid, domain=MS)
            yield "qgemm", g.finish(g.dequantise(y, y_grid))
    g = Graph(seed, (30,), kind)
    x, grid = g.quantise("x")
    weights = g.random.integers(-60, 60, (30, 12)).astype(np.int8)
    zeros = g.random.integers(-9, 9, 12).astype(np.int8)
    y = g.op("MatMulInteger", x, g.constant(weights), grid[1], g.constant(zeros))
    yield "matmulinteger", g.finish(y, TensorProto.INT32)


def groups(kind, seed):
    """Float operators between DequantizeLinear and QuantizeLinear."""
    for op in ("Add", "Mul"):
        for suffix, act in (("", None), ("_relu", "Relu")):
            g = Graph(seed, (2 * SHAPE[0], *SHAPE[1:]), kind)
            a, b = halves(g, g.pair("x"))
            a, b = g.pair(g.op("LeakyRelu", a, alpha=0.3)), g.pair(g.op("LeakyRelu", b, alpha=0.6))
            y = g.op(op, a, b)
            least = np.iinfo(DTYPES[kind]).min
            if act:
                y = g.op(act, y)
            yield f"{op.lower()}{suffix}", g.finish(g.pair(y, g.grid(0.2, least if act else None)))
        for most in (20, 120):
            g = Graph(seed, SHAPE, kind)
            values = g.random.integers(-most if kind == "i8" else 0, most, (4, 1, 1))
            values[0] = most
            grid = g.grid()
            c = g.op("DequantizeLinear", g.constant(values.astype(DTYPES[kind])), *grid)
            y = g.op(op, g.pair("x"), c)
            yield f"{op.lower()}_constant{most}", g.finish(g.pair(y, g.grid(0.1)))
    g = Graph(seed, SHAPE, kind)
    x, grid = g.quantise("x")
    y = g.op("Add", g.dequantise(x, grid), g.dequantise(x, grid))
    yield "add_itself", g.finish(g.pair(y, g.grid(0.2)))
    g = Graph(seed, SHAPE, kind)
    x, grid = g.quantise("x")
    y = g.op("Add", g.dequantise(x, grid), g.dequantise(x, grid))
    yield "add_itself_out", g.finish(g.quantise(y, g.grid(0.2))[0], TensorProto.UINT8 if kind == "u8" else TensorProto.INT8)
    flat = np.array([1, -1], np.int64)
    for suffix in ("", "_reshape", "_flatten", "_relu"):
        g = Graph(seed, SHAPE, kind)
        y = g.op("GlobalAveragePool", g.pair("x"))
        y = {
            "": lambda: y,
            "_reshape": lambda: g.op("Reshape", y, g.constant(flat)),
            "_flatten": lambda: g.op("Flatten", y),
            "_relu": lambda: g.op("Relu", y),
        }[suffix]()
        yield f"globalaveragepool{suffix}", g.finish(g.pair(y, g.grid(0.02)))
    for scale in (None, 0.0625):
        g = Graph(seed, SHAPE, kind)
        y = g.op("AveragePool", g.pair("x", g.grid(scale)), kernel_shape=[3, 3], strides=[3, 3])
        yield f"averagepool{'_exact' if scale else ''}", g.finish(g.pair(y, g.grid(scale)))
    forms = ("plain", "float_bias", "relu", "relu_kept", "pooled", "after_pool", "after_transpose", "after_relu", "twice", "no_q", "to_output")
    for form in forms:
        g = Graph(seed, SHAPE, kind)
        grid = g.grid()
        x = g.pair("x", grid)
        if form == "after_pool":
            x = g.op("MaxPool", x, kernel_shape=[2, 2])
        if form == "after_transpose":
            x = g.op("Transpose", x, perm=[0, 1, 3, 2])
        if form == "after_relu":
            x = g.op("Relu", x)
        w, scales = g.weights(5, 4, 3, 3)
        if form == "float_bias":
            b = g.constant(g.random.standard_normal(5).astype(np.float32))
        else:
            b = g.bias(grid, scales, 5)
        y = g.op("Conv", x, w, b)
        least = np.iinfo(DTYPES[kind]).min
        if form in ("relu", "relu_kept", "pooled"):
            y = g.op("Relu", y)
        if form == "pooled":
            y = g.op("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2])
        y_grid = g.grid(0.05, least if form in ("relu", "pooled") else None)
        if form == "no_q":
            yield f"conv_{form}", g.finish(y)
            continue
        if form == "twice":
            again = g.pair(y, g.grid(0.07))
            y = g.op("Concat", g.pair(y, y_grid), again, axis=0)
        elif form == "to_output":
            yield f"conv_{form}", g.finish(g.quantise(y, y_grid)[0], TensorProto.UINT8 if kind == "u8" else TensorProto.INT8)
            continue
        else:
            y = g.pair(y, y_grid)
        yield f"conv_{form}", g.finish(y)
    forms = ("plain", "out", "out_relu", "reshaped", "flattened", "flattened_after", "float_bias", "float_bias_out", "matmul", "matmul_out",
             "matmul_bias", "matmul_bias_relu", "matmul_bias_out", "matmul_float_bias", "matmul_float_bias_out")
    for form in forms:
        reshape = form in ("reshaped", "flattened")
        g = Graph(seed, (5, 6) if reshape else (30,), kind)
        grid = g.grid()
        x = g.pair("x", grid)
        if form == "reshaped":
            x = g.op("Reshape", x, g.constant(flat))
        if form == "flattened":
            x = g.op("Flatten", x)
        # A float output has one scale, so that its integers can be compared.
        w, scales = g.weights(30, 7, axis=1, per_channel="out" not in form)
        if form.startswith("matmul"):
            y = g.op("MatMul", x, w)
            if "float_bias" in form:
                y = g.op("Add", y, g.constant(g.random.standard_normal(7).astype(np.float32)))
            elif "bias" in form:
                y = g.op("Add", g.bias(grid, scales, 7), y)
        elif form.startswith("float_bias"):
            y = g.op("Gemm", x, w, g.constant(g.random.standard_normal(7).astype(np.float32)))
        else:
            y = g.op("Gemm", x, w, g.bias(grid, scales, 7))
        if form.endswith("relu"):
            y = g.op("Relu", y)
        if form == "flattened_after":
            y = g.op("Flatten", y)
        y_grid = g.grid(0.05, np.iinfo(DTYPES[kind]).min if form.endswith("relu") else None)
        yield f"gemm_{form}", g.finish(y if "out" in form else g.pair(y, y_grid))


def cases():
    for seed in range(3):
        for kind in DTYPES:
            for prefix, make in (("", operators), ("qdq_", groups)):
                for name, (model, x) in make(kind, seed):
                    yield f"{prefix}{name}_{kind}_{seed}", model, x
