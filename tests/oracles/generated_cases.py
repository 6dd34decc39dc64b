"""Random quantised models, about eight for each operator: shapes and attributes that
ONNX's own node tests leave out, and older operator sets.

Case `i` of a family steps through the attributes in a fixed pattern, so that each
value occurs; a generator seeded with the case's name draws sizes and integers.
"""

from functools import partial

import numpy as np
from onnx import TensorProto, helper

from drafts import NEWEST_OPSET, Draft, generator

FAMILIES = []
INT8, UINT8 = np.int8, np.uint8


def family(name, op, count):
    """Registers a builder `(draft, rng, i)` of `count` cases."""

    def register(build):
        FAMILIES.append((name, op, count, build))
        return build

    return register


def cases():
    """Name, operator and builder of every case."""
    for name, op, count, build in FAMILIES:
        for i in range(count):
            case = f"gen_{name}_{i}"
            yield case, op, partial(draft_of, case, op, build, i)


def draft_of(case, op, build, i, newest=NEWEST_OPSET):
    draft = Draft(case, op, NEWEST_OPSET)
    draft.newest = newest
    build(draft, generator(case), i)
    return draft


def use(draft, opsets, i):
    """The operator set of case `i`."""
    draft.opset = min(opsets[i % len(opsets)], draft.newest)


def pick(values, i):
    return values[i % len(values)]


def noise(rng, shape, dtype=INT8, bits=8):
    """Integers of the full range, or of fewer bits."""
    low, high = (0, 2**bits) if dtype == UINT8 else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    return rng.integers(low, high, shape)


def activation(draft, rng, shape, i=0, bits=8):
    """An activation of random integers, int8 and uint8 by turns."""
    dtype = pick([INT8, UINT8], i)
    return draft.real(noise(rng, shape, dtype, bits), pick([-4, -3, 0, -6], i // 2), dtype)


def real_constant(draft, rng, shape, low=-16, high=17, exponent=-3):
    """A plain float constant of few bits."""
    return draft.constant(np.ldexp(rng.integers(low, high, shape).astype(np.float32), exponent))


def int64s(draft, *values):
    return draft.constant(np.array(values, dtype=np.int64))


# Windows: convolutions and pools.


def window(rng, i, rank, dilated=True):
    """Attributes of a window, and the sizes that it slides over."""
    kernel = rng.integers(1 + (rank < 3), 4, rank)
    strides = rng.integers(1, 4, rank)
    padding = pick(["pads", "", "SAME_UPPER", "pads", "SAME_LOWER", "pads", "VALID", "pads"], i)
    # onnxruntime takes no dilated convolutions of the same size.
    dilated = dilated and i % 3 == 1 and "SAME" not in padding
    dilations = rng.integers(1, 3, rank) if dilated else np.ones(rank, dtype=int)
    reach = (kernel - 1) * dilations + 1
    sizes = reach + rng.integers(1, 5, rank)
    attributes = {"kernel_shape": kernel.tolist()}
    if i % 4 != 0:
        attributes["strides"] = strides.tolist()
    if (dilations > 1).any():
        attributes["dilations"] = dilations.tolist()
    if padding == "pads":
        # Less than the kernel on both sides, which pools ask for.
        attributes["pads"] = rng.integers(0, np.tile(kernel, 2)).tolist()
    elif padding:
        attributes["auto_pad"] = padding
    return attributes, sizes.tolist()


def conv(rank, draft, rng, i):
    use(draft, [11, 13, 18, 22, 25, 12, 21, 19], i)
    groups = pick([1, 1, 2, 1, 3, 1, 2, 4], i)
    inputs, outputs = pick([1, 2], i) * groups, pick([2, 1, 3], i) * groups
    if i == 7:
        inputs = outputs = groups  # depthwise
    attributes, sizes = window(rng, i, rank)
    x = activation(draft, rng, [pick([1, 2], i // 2), inputs, *sizes], i)
    if groups > 1:
        attributes["group"] = groups
    if i == 5:
        del attributes["kernel_shape"]
        kernel = [2] * rank
        attributes.pop("pads", None)
    else:
        kernel = attributes["kernel_shape"]
    per_channel = i % 2 == 1 and draft.opset >= 13
    exponents = rng.integers(-7, -4, outputs) if per_channel else -6
    weight = noise(rng, [outputs, inputs // groups, *kernel])
    operands = [x, draft.weight(weight, exponents, 0 if per_channel else None)]
    if i % 3 != 0:
        bias = rng.integers(-2000, 2000, outputs)
        scale = exponents + draft.exponent
        operands.append(draft.weight(bias, scale, 0 if per_channel else None, np.int32))
    draft.outputs = [draft.node("Conv", operands, **attributes)]


family("conv1d", "Conv", 8)(partial(conv, 1))
family("conv2d", "Conv", 10)(partial(conv, 2))
family("conv3d", "Conv", 3)(partial(conv, 3))


@family("convinteger", "ConvInteger", 8)
def convinteger(draft, rng, i):
    use(draft, [10, 13, 21, 25], i)
    rank = pick([2, 1], i)
    groups = pick([1, 2, 1, 1], i // 2)
    attributes, sizes = window(rng, i, rank)
    point = pick([0, 7, 128, 255], i)
    inputs, outputs = pick([1, 2, 3], i) * groups, 2 * groups
    shape = [1, inputs, *sizes]
    x = draft.integers(noise(rng, shape, UINT8) - point, pick([0, -3], i), UINT8, point)
    if groups > 1:
        attributes["group"] = groups
    weight = noise(rng, [outputs, inputs // groups, *attributes["kernel_shape"]], UINT8)
    operands = [x, draft.constant(weight.astype(UINT8))]
    if i % 4:
        operands.append(draft.constant(UINT8(point)))
    if i % 4 > 1:
        operands.append(draft.constant(UINT8(pick([128, 3], i))))
    draft.outputs = [draft.to_float(draft.node("ConvInteger", operands, **attributes))]


@family("maxpool", "MaxPool", 12)
def maxpool(draft, rng, i):
    use(draft, [10, 11, 12, 13, 18, 22, 20], i)
    rank = pick([2, 1, 2, 2, 1, 3], i)
    attributes, sizes = window(rng, i, rank)
    if i % 3 == 2 and "auto_pad" not in attributes:
        attributes["ceil_mode"] = 1
    x = activation(draft, rng, [pick([1, 2], i), pick([2, 1, 3], i), *sizes], i)
    draft.outputs = [draft.node("MaxPool", [x], **attributes)]


@family("maxpool_quantized", "MaxPool", 4)
def maxpool_quantized(draft, rng, i):
    """The pool takes integers, as quantisers place it."""
    use(draft, [12, 13, 18, 22], i)
    attributes, sizes = window(rng, i, 2)
    dtype = pick([INT8, UINT8], i)
    q = draft.integers(noise(rng, [1, 2, *sizes], dtype), -4, dtype)
    y = draft.node("MaxPool", [q], **attributes)
    draft.outputs = [draft.node("DequantizeLinear", [y, *draft.scaling])]


@family("averagepool", "AveragePool", 12)
def averagepool(draft, rng, i):
    use(draft, [10, 11, 13, 19, 22, 18], i)
    rank = pick([2, 1, 2, 2, 1, 3], i)
    attributes, sizes = window(rng, i, rank, dilated=False)
    if i % 3 == 2 and "auto_pad" not in attributes:
        attributes["ceil_mode"] = 1
    if i % 2 or i == 4:
        attributes["count_include_pad"] = 1
    x = activation(draft, rng, [1, pick([2, 1, 3], i), *sizes], i)
    draft.outputs = [draft.node("AveragePool", [x], **attributes)]


@family("averagepool_exact", "AveragePool", 6)
def averagepool_exact(draft, rng, i):
    """Windows of two, four or eight: their averages are dyadic."""
    use(draft, [11, 19, 22, 13, 20, 25], i)
    kernel = pick([[2, 2], [4, 2], [2], [1, 4], [2, 2, 2], [4]], i)
    attributes = {"kernel_shape": kernel, "strides": pick([[1, 2, 1], [2, 1, 1]], i)[: len(kernel)]}
    if draft.opset >= 19 and i % 2:
        attributes["dilations"] = [2] * len(kernel)
    if i % 3 == 0:
        attributes |= {"pads": [int(size > 1) for size in kernel * 2], "count_include_pad": 1}
    sizes = [3 * (size - 1) + 3 for size in kernel]
    x = activation(draft, rng, [1, 2, *sizes], i)
    draft.outputs = [draft.node("AveragePool", [x], **attributes)]


@family("averagepool_ties", "AveragePool", 2)
def averagepool_ties(draft, rng, i):
    """Averages of four, quantised: a quarter of them are ties."""
    use(draft, [13, 21], i)
    x = activation(draft, rng, [1, 2, 6, 6], i)
    y = draft.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
    draft.outputs = [draft.requantize(y, draft.exponent, draft.dtype)]


@family("globalaveragepool", "GlobalAveragePool", 3)
def globalaveragepool(draft, rng, i):
    use(draft, [11, 18, 22], i)
    x = activation(draft, rng, pick([[2, 3, 4, 4], [1, 2, 8], [1, 3, 3, 5]], i), i)
    draft.outputs = [draft.node("GlobalAveragePool", [x])]


@family("globalmaxpool", "GlobalMaxPool", 3)
def globalmaxpool(draft, rng, i):
    use(draft, [11, 18, 22], i)
    x = activation(draft, rng, pick([[2, 3, 3, 5], [1, 2, 7], [1, 2, 2, 3, 2]], i), i)
    draft.outputs = [draft.node("GlobalMaxPool", [x])]


# Products.


@family("gemm", "Gemm", 10)
def gemm(draft, rng, i):
    use(draft, [11, 13, 18, 25, 12], i)
    rows, inner, columns = rng.integers(1, 7, 3)
    trans_a, trans_b = i % 4 == 3, i % 2 == 1
    attributes = {}
    if trans_a:
        attributes["transA"] = 1
    if trans_b:
        attributes["transB"] = 1
    if i % 3 == 1:
        attributes["alpha"] = pick([0.5, 2.0, -0.25], i)
    if i % 3 == 2:
        attributes["beta"] = pick([0.5, 4.0, -1.0], i)
    x = activation(draft, rng, [inner, rows] if trans_a else [rows, inner], i)
    per_channel = draft.opset >= 13 and i % 4 < 2
    exponents = rng.integers(-8, -4, columns) if per_channel else -5
    axis = (0 if trans_b else 1) if per_channel else None
    weight = noise(rng, [columns, inner] if trans_b else [inner, columns])
    operands = [x, draft.weight(weight, exponents, axis)]
    bias = pick([None, [columns], [1, columns], [rows, 1], [rows, columns], [], [1], [columns]], i)
    if per_channel and bias is not None:
        bias = [columns]
    if bias is not None:
        scale, along = exponents + draft.exponent, 0 if per_channel else None
        operands.append(draft.weight(rng.integers(-3000, 3000, bias), scale, along, np.int32))
    draft.outputs = [draft.node("Gemm", operands, **attributes)]


@family("matmul", "MatMul", 8)
def matmul(draft, rng, i):
    """A constant on the right, or on the left; shapes that broadcast."""
    use(draft, [11, 13, 18, 25], i)
    left, right = pick(
        [
            ([3, 4], [4, 2]),
            ([2, 3, 4], [4, 5]),
            ([2, 1, 3, 4], [3, 4, 2]),
            ([4], [4, 3]),
            ([2, 3, 4], [4]),
            ([3, 4], [2, 4, 2]),
            ([1, 5], [5, 1]),
            ([2, 2, 3], [2, 3, 3]),
        ],
        i,
    )
    constant_left = i % 3 == 2
    per_channel = draft.opset >= 13 and not constant_left and len(right) == 2
    x = activation(draft, rng, right if constant_left else left, i)
    shape = left if constant_left else right
    exponents = rng.integers(-8, -4, shape[-1]) if per_channel else -5
    weight = draft.weight(noise(rng, shape), exponents, 1 if per_channel else None)
    draft.outputs = [draft.node("MatMul", [weight, x] if constant_left else [x, weight])]


@family("matmul_activations", "MatMul", 5)
def matmul_activations(draft, rng, i):
    use(draft, [13, 18, 11], i)
    left, right = pick(
        [
            ([3, 4], [4, 2]),
            ([2, 3, 3], [2, 3, 3]),
            ([1, 2, 3, 4], [1, 2, 4, 3]),
            ([4], [4, 2]),
            ([2, 2, 3], [3, 2]),
        ],
        i,
    )
    arrays = [noise(rng, shape) / 16 for shape in (left, right)]
    draft.outputs = [draft.node("MatMul", draft.operands(arrays))]


@family("matmulinteger", "MatMulInteger", 8)
def matmulinteger(draft, rng, i):
    use(draft, [10, 13, 18, 25], i)
    dtypes = pick([(UINT8, UINT8), (UINT8, INT8), (INT8, INT8), (UINT8, INT8)], i)
    point = pick([0, 5, -3, 128], i)
    left, right = pick(
        [([3, 4], [4, 2]), ([2, 3, 5], [5, 2]), ([1, 6], [6, 4]), ([2, 2, 3], [2, 3, 2])], i // 2
    )
    q = draft.integers(noise(rng, left, dtypes[0]) - point, pick([0, -2], i), dtypes[0], point)
    operands = [q, draft.constant(noise(rng, right, dtypes[1]).astype(dtypes[1]))]
    if point or i >= 4:
        operands.append(draft.constant(dtypes[0](point)))
    if i >= 4:
        points = rng.integers(1, 9, right[-1]) if i == 5 else np.array(pick([3, 11], i))
        operands.append(draft.constant(points.astype(dtypes[1])))
    y = draft.to_float(draft.node("MatMulInteger", operands))
    if i % 2:
        # As dynamic quantisation writes it: a scale, and a bias.
        y = draft.node("Mul", [y, draft.constant(np.float32(2**-7))])
        y = draft.node("Add", [y, real_constant(draft, rng, [right[-1]])])
    draft.outputs = [y]


def scales(exponents):
    return np.exp2(np.asarray(exponents, dtype=np.float64)).astype(np.float32)


@family("qlinearconv", "QLinearConv", 8)
def qlinearconv(draft, rng, i):
    use(draft, [10, 13, 18, 25], i)
    dtype = INT8 if i == 2 else UINT8
    weight_dtype = pick([UINT8, INT8, INT8, INT8], i)
    rank, groups = pick([2, 2, 1, 2], i), pick([1, 2], i // 2)
    point, result_point = pick([(3, 10), (128, 127), (0, 0), (0, 1), (255, 0)], i)
    attributes, sizes = window(rng, i, rank)
    if groups > 1:
        attributes["group"] = groups
    inputs, outputs = 2 * groups, 3 * groups
    per_channel = i % 2 == 1
    exponents = rng.integers(-8, -5, outputs) if per_channel else np.array(-7)
    weight_point = np.zeros(exponents.shape) + (0 if per_channel or weight_dtype == INT8 else 120)
    q = draft.integers(noise(rng, [1, inputs, *sizes], dtype) - point, -4, dtype, point)
    weight = noise(rng, [outputs, inputs // groups, *attributes["kernel_shape"]], weight_dtype)
    result = [draft.constant(scales(-1)), draft.constant(dtype(result_point))]
    operands = [
        q,
        *draft.scaling,
        draft.constant(weight.astype(weight_dtype)),
        draft.constant(scales(exponents)),
        draft.constant(weight_point.astype(weight_dtype)),
        *result,
    ]
    if i % 3:
        operands.append(draft.constant(rng.integers(-5000, 5000, outputs).astype(np.int32)))
    y = draft.node("QLinearConv", operands, **attributes)
    draft.outputs = [draft.node("DequantizeLinear", [y, *result])]


@family("qlinearmatmul", "QLinearMatMul", 6)
def qlinearmatmul(draft, rng, i):
    use(draft, [10, 13, 21], i)
    dtype, weight_dtype = pick([(UINT8, UINT8), (UINT8, INT8), (INT8, INT8)], i)
    left, right = pick([([3, 4], [4, 2]), ([2, 3, 4], [2, 4, 3])], i)
    last = (-7, 3) if dtype == INT8 else (128, 127)
    point, result_point = pick([(0, 0), (9, 4), last], i // 2)
    q = draft.integers(noise(rng, left, dtype) - point, -3, dtype, point)
    result = [draft.constant(scales(pick([1, 0], i))), draft.constant(dtype(result_point))]
    operands = [
        q,
        *draft.scaling,
        draft.constant(noise(rng, right, weight_dtype).astype(weight_dtype)),
        draft.constant(scales(-6)),
        draft.constant(weight_dtype(pick([0, 5], i // 2))),
        *result,
    ]
    draft.outputs = [draft.node("DequantizeLinear", [draft.node("QLinearMatMul", operands), *result])]


# Element by element.

BROADCASTS = [
    ([2, 3, 4], [4]),
    ([2, 3, 4], [3, 1]),
    ([2, 3, 4], [1, 3, 4]),
    ([2, 3, 4], []),
    ([3, 4], [2, 3, 4]),
    ([3, 1], [1, 4]),
    ([1, 3, 2, 2], [3, 1, 1]),
    ([2, 1, 4], [3, 1]),
]


def binary(op, draft, rng, i):
    """With a constant that broadcasts; on the left in every third case."""
    use(draft, [11, 13, 14, 25] if op != "Sum" else [11, 13], i)
    shape, other = pick(BROADCASTS, i)
    x = activation(draft, rng, shape, i)
    constant = real_constant(draft, rng, other)
    draft.outputs = [draft.node(op, [constant, x] if i % 3 == 2 else [x, constant])]


for op_, count_ in [("Add", 8), ("Mul", 8), ("Sub", 4), ("Min", 3), ("Max", 3), ("Sum", 2)]:
    family(f"{op_.lower()}_broadcast", op_, count_)(partial(binary, op_))


def slices(op, draft, rng, i):
    """An activation and a slice of it, which broadcasts."""
    use(draft, [11, 13, 14, 25] if op in ("Add", "Mul", "Sub") else [12, 13], i)
    x = activation(draft, rng, [2, 3, 4], i)
    axes = pick([[0], [1], [0, 2], [0, 1, 2]], i)
    part = draft.slice(x, [1] * len(axes), [2] * len(axes), axes)
    draft.outputs = [draft.node(op, [part, x] if i % 2 else [x, part])]


for op_ in ("Add", "Mul", "Sub", "Max", "Min"):
    family(f"{op_.lower()}_slice", op_, 4 if op_ in ("Add", "Mul") else 2)(partial(slices, op_))


def rescaled(op, draft, rng, i):
    """Two activations whose units differ: the same integers at another scale, reversed."""
    use(draft, [13, 18, 14], i)
    x = activation(draft, rng, [2, 3, 2], i)
    scaling = [draft.constant(np.float32(2.0 ** (draft.exponent + pick([2, -1], i)))), draft.scaling[1]]
    other = draft.node("DequantizeLinear", [draft.quantized, *scaling])
    reverse = [int64s(draft, v) for v in (-1, -(2**31), 1, -1)]
    other = draft.node("Slice", [other, *reverse])
    attributes = {"axis": 1} if op == "Concat" else {}
    y = draft.node(op, [x, other], **attributes)
    draft.outputs = [draft.requantize(y, draft.exponent + 1, INT8) if i % 2 else y]


for op_ in ("Add", "Sub", "Mul", "Max", "Concat"):
    family(f"{op_.lower()}_rescaled", op_, 2)(partial(rescaled, op_))


@family("square", "Mul", 2)
def square(draft, rng, i):
    """An activation times itself."""
    use(draft, [13, 25], i)
    x = activation(draft, rng, [2, 5], i)
    draft.outputs = [draft.node("Mul", [x, x])]


@family("div", "Div", 6)
def div(draft, rng, i):
    use(draft, [11, 13, 14, 25], i)
    shape, other = pick(BROADCASTS[:4] + BROADCASTS[6:7], i)
    x = activation(draft, rng, shape, i)
    divisors = pick([[0.25, 0.5, 2.0, 8.0], [-0.5, 4.0], [3.0, 1.25, -6.0]], i)
    constant = rng.choice(divisors, other or None)
    draft.outputs = [draft.node("Div", [x, draft.constant(np.array(constant, dtype=np.float32))])]


@family("relu", "Relu", 3)
def relu(draft, rng, i):
    use(draft, [11, 13, 25], i)
    x = activation(draft, rng, [2, 3, 2], 0)
    y = draft.node("Relu", [x])
    draft.outputs = [draft.requantize(y, draft.exponent + 2, UINT8) if i else y]


@family("leakyrelu", "LeakyRelu", 5)
def leakyrelu(draft, rng, i):
    use(draft, [11, 13, 16, 25], i)
    x = activation(draft, rng, [2, 12], 0)
    draft.outputs = [draft.node("LeakyRelu", [x], alpha=pick([0.125, 0.5, 0.2, 2.0, -0.25], i))]


@family("prelu", "PRelu", 5)
def prelu(draft, rng, i):
    use(draft, [11, 13, 16, 25], i)
    shape, slope = pick(
        [
            ([1, 3, 2, 2], [3, 1, 1]),
            ([2, 4], [4]),
            ([2, 4], [1]),
            ([2, 3, 2], [2, 3, 2]),
            ([1, 2, 3], [2, 1]),
        ],
        i,
    )
    x = activation(draft, rng, shape, 0)
    draft.outputs = [draft.node("PRelu", [x, real_constant(draft, rng, slope)])]


@family("clip", "Clip", 8)
def clip(draft, rng, i):
    """Bounds as attributes in operator set 10, as inputs from 11; Relu6 among them."""
    use(draft, [10, 11, 12, 13, 25, 10, 13, 13], i)
    dtype = pick([INT8, UINT8], i // 2)
    x = draft.real(noise(rng, [2, 3, 4], dtype), pick([-4, -6], i // 2), dtype)
    low, high = pick([(0.0, 6.0), (-1.5, 2.25), (None, 1.0), (-0.5, None), (0.5, 0.5)], i)
    if draft.opset == 10:
        bounds = {name: value for name, value in (("min", low), ("max", high)) if value is not None}
        y = draft.node("Clip", [x], **bounds)
    else:
        names = ["" if v is None else draft.constant(np.float32(v)) for v in (low, high)]
        y = draft.node("Clip", [x, *names])
    draft.outputs = [draft.requantize(y, -3, UINT8) if i == 6 else y]


@family("hardsigmoid", "HardSigmoid", 4)
def hardsigmoid(draft, rng, i):
    use(draft, [11, 13, 22, 25], i)
    x = activation(draft, rng, [2, 12], 0)
    attributes = pick(
        [{"alpha": 0.25, "beta": 0.5}, {}, {"alpha": 1 / 6}, {"alpha": 0.125, "beta": 0.25}], i
    )
    draft.outputs = [draft.node("HardSigmoid", [x], **attributes)]


@family("hardswish", "HardSwish", 3)
def hardswish(draft, rng, i):
    use(draft, [14, 22, 18], i)
    draft.outputs = [draft.node("HardSwish", [activation(draft, rng, [2, 12], i)])]


@family("abs_neg", "Abs", 4)
def abs_neg(draft, rng, i):
    use(draft, [11, 13, 18, 25], i)
    x = activation(draft, rng, [3, 5], 0)
    y = draft.node("Abs", [x])
    draft.outputs = [draft.node("Neg", [y]) if i % 2 else y]


@family("batchnormalization", "BatchNormalization", 6)
def batchnormalization(draft, rng, i):
    """Variance plus epsilon is a power of four, exactly."""
    use(draft, [11, 13, 15, 25, 14, 18], i)
    shape = pick([[2, 3, 2, 2], [2, 4], [1, 2, 5], [1, 3, 2, 2, 2]], i)
    channels = shape[1]
    epsilon = pick([2.0**-10, 2.0**-7], i)
    x = activation(draft, rng, shape, i)
    parameters = [real_constant(draft, rng, channels) for _ in range(3)]
    variance = draft.constant((4.0 ** rng.integers(-1, 3, channels) - epsilon).astype(np.float32))
    draft.outputs = [draft.node("BatchNormalization", [x, *parameters, variance], epsilon=epsilon)]


# Reductions.


def reduce(op, draft, rng, i):
    """Axes as an attribute in older operator sets, as an input in newer ones."""
    input_from = 13 if op == "ReduceSum" else 18
    use(draft, [11, input_from, 12, 18, 25, 11, input_from, 20], i)
    shape = pick([[2, 3, 4], [3, 4], [2, 2, 3, 2]], i)
    axes = pick([[1], [-1], None, [0, 2], [1, 0], [-2], [2, 1], [0]], i)
    if axes is not None:
        axes = [axis for axis in axes if -len(shape) <= axis < len(shape)]
    attributes = {} if i % 3 == 0 else {"keepdims": i % 2}
    inputs = [activation(draft, rng, shape, i)]
    if draft.opset < input_from:
        if axes is not None:
            attributes["axes"] = axes
    elif axes is not None:
        inputs.append(int64s(draft, *axes))
    elif i % 2:
        attributes["noop_with_empty_axes"] = 1
    draft.outputs = [draft.node(op, inputs, **attributes)]


for op_ in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"):
    family(op_.lower(), op_, 8)(partial(reduce, op_))


@family("reducemean_exact", "ReduceMean", 4)
def reducemean_exact(draft, rng, i):
    """Means over 2, 4, 8 or 16 elements are dyadic."""
    use(draft, [11, 18, 13, 25], i)
    shape, axes = pick(
        [([2, 3, 4], [2]), ([1, 3, 4, 4], [2, 3]), ([2, 5], [0]), ([2, 3, 4], [0, -1])], i
    )
    x = activation(draft, rng, shape, i)
    if draft.opset < 18:
        draft.outputs = [draft.node("ReduceMean", [x], axes=axes, keepdims=i % 2)]
    else:
        draft.outputs = [draft.node("ReduceMean", [x, int64s(draft, *axes)], keepdims=i % 2)]


def arg(op, draft, rng, i):
    """Few values, so that there are ties."""
    use(draft, [11, 12, 13, 25], i)
    shape = pick([[2, 3, 4], [3, 6], [2, 10], [7], [2, 2, 2, 3]], i)
    attributes = pick([{}, {"axis": -1}, {"axis": 1, "keepdims": 0}, {"axis": 0, "keepdims": 0}], i)
    if draft.opset >= 12 and i % 2:
        attributes = attributes | {"select_last_index": 1}
    if len(shape) == 1:
        attributes = {"keepdims": 0}
    x = activation(draft, rng, shape, i, bits=2 if i < 4 else 8)
    draft.outputs = [draft.node(op, [x], **attributes)]


family("argmax", "ArgMax", 8)(partial(arg, "ArgMax"))
family("argmin", "ArgMin", 4)(partial(arg, "ArgMin"))


@family("topk", "TopK", 10)
def topk(draft, rng, i):
    """Few values, so that there are ties; the lower index comes first."""
    use(draft, [10, 11, 13, 24, 18], i)
    shape = pick([[2, 5], [7], [2, 3, 4], [1, 10]], i)
    axis = pick([-1, 0, 1], i) if len(shape) > 1 else 0
    k = int(rng.integers(1, shape[axis] + 1))
    attributes = {"axis": axis} if i % 4 else {}
    if not attributes:
        k = int(rng.integers(1, shape[-1] + 1))
    if draft.opset > 10 and i % 2:
        attributes["largest"] = 0
    x = activation(draft, rng, shape, i, bits=3 if i % 2 == 0 else 8)
    draft.outputs = draft.node("TopK", [x, int64s(draft, k)], 2, **attributes)
    if i % 5 == 3:
        draft.outputs = draft.outputs[:1]
    if i % 5 == 4:
        draft.outputs = draft.outputs[1:]


# Elements that move.


@family("slice", "Slice", 10)
def slice_(draft, rng, i):
    use(draft, [10, 11, 13, 25], i)
    shape = pick([[4, 5, 6], [3, 7], [9], [2, 3, 4, 5]], i)
    count = int(rng.integers(1, len(shape) + 1))
    axes = rng.permutation(len(shape))[:count]
    steps = rng.choice([1, 2, 3, -1, -2] if i % 2 else [1, 1, 2], count)
    starts, ends = [], []
    for axis, step in zip(axes, steps):
        first, last = sorted(rng.choice(shape[axis] + 1, 2, replace=False))
        if step < 0:
            first, last = last, first - 1
            ends.append(-(2**40) if last < 0 else last)
        else:
            ends.append(2**62 if i % 3 == 0 else last)
        starts.append(first if step < 0 or i % 4 else first - shape[axis])
    named = [axis - len(shape) if i % 2 else axis for axis in axes]
    lists = [starts, ends, named, steps]
    if (steps == 1).all() and i % 2 == 0:
        lists.pop()
    x = activation(draft, rng, shape, i)
    draft.outputs = [draft.node("Slice", [x, *(int64s(draft, *list_) for list_ in lists)])]


@family("pad", "Pad", 10)
def pad(draft, rng, i):
    """Pads as attributes in operator set 10; negative ones crop; `wrap` from 19."""
    use(draft, [10, 11, 13, 19, 25, 18, 10, 21, 13, 11], i)
    shape = pick([[2, 3, 4], [1, 2, 4, 4], [3, 5]], i)
    mode = pick(["constant", "reflect", "edge", "wrap", "constant"], i)
    amounts = rng.integers(0, 3, 2 * len(shape))
    if mode in ("reflect", "wrap"):
        amounts = np.minimum(amounts, np.tile(shape, 2) - 1)
    if i == 4:
        amounts = rng.integers(-1, 3, 2 * len(shape))
    x = activation(draft, rng, shape, i)
    if draft.opset == 10:
        value = {"value": 1.5} if i else {}
        draft.outputs = [draft.node("Pad", [x], mode=mode, pads=amounts.tolist(), **value)]
        return
    inputs, axes = [x], pick([None, [-1, 0]], i) if draft.opset >= 18 else None
    if axes is not None:
        amounts = amounts[:4]
        amounts = np.minimum(amounts, [shape[-1] - 1, shape[0] - 1] * 2)
    inputs.append(int64s(draft, *amounts))
    inputs.append(draft.constant(np.float32(pick([0.0, -2.5], i))) if mode == "constant" else "")
    if axes is not None:
        inputs.append(int64s(draft, *axes))
    while not inputs[-1]:
        inputs.pop()
    draft.outputs = [draft.node("Pad", inputs, mode=mode)]


@family("transpose", "Transpose", 8)
def transpose(draft, rng, i):
    use(draft, [11, 13, 21, 25], i)
    shape = pick([[2, 3], [2, 3, 4], [1, 2, 3, 4], [2, 1, 3, 2, 2]], i)
    attributes = {"perm": rng.permutation(len(shape)).tolist()} if i % 5 else {}
    draft.outputs = [draft.node("Transpose", [activation(draft, rng, shape, i)], **attributes)]


@family("concat", "Concat", 8)
def concat(draft, rng, i):
    """Slices of an activation, out of order, and constants between them."""
    use(draft, [11, 13, 18, 25], i)
    shape = pick([[2, 6], [6, 3], [1, 6, 2], [2, 2, 6, 2]], i)
    axis = shape.index(6)
    x = activation(draft, rng, shape, i)
    parts = [draft.slice(x, [a], [b], [axis]) for a, b in ((4, 6), (0, 1), (1, 4))]
    if i % 2:
        constant = list(shape)
        constant[axis] = 2
        parts.insert(1, real_constant(draft, rng, constant))
    draft.outputs = [draft.node("Concat", parts, axis=axis - len(shape) if i % 4 > 1 else axis)]


@family("split", "Split", 6)
def split(draft, rng, i):
    """Sizes as an attribute in operator set 11, as an input from 13."""
    use(draft, [11, 13, 18, 25, 11, 13], i)
    x = activation(draft, rng, pick([[2, 6], [6, 3], [1, 6, 2]], i), i)
    axis = pick([1, 0, -2], i)
    sizes = pick([[1, 2, 3], [3, 3], [4, 2]], i // 2)
    if draft.opset < 13:
        y = draft.node("Split", [x], len(sizes), axis=axis, split=sizes)
    elif i % 3:
        y = draft.node("Split", [x, int64s(draft, *sizes)], len(sizes), axis=axis)
    else:
        y = draft.node("Split", [x], 2, axis=axis, **({"num_outputs": 2} if draft.opset >= 18 else {}))
    draft.outputs = y


@family("squeeze", "Squeeze", 5)
def squeeze(draft, rng, i):
    use(draft, [11, 12, 13, 21, 11], i)
    x = activation(draft, rng, [1, 3, 1, 2], 1)
    axes = pick([[0], [2, 0], [-2], None, None], i)
    if axes is None:
        draft.outputs = [draft.node("Squeeze", [x])]
    elif draft.opset < 13:
        draft.outputs = [draft.node("Squeeze", [x], axes=axes)]
    else:
        draft.outputs = [draft.node("Squeeze", [x, int64s(draft, *axes)])]


@family("unsqueeze", "Unsqueeze", 4)
def unsqueeze(draft, rng, i):
    use(draft, [11, 12, 13, 21], i)
    x = activation(draft, rng, [2, 3], 1)
    axes = pick([[0], [3, 1], [-1, 0], [1, 2]], i)
    if draft.opset < 13:
        draft.outputs = [draft.node("Unsqueeze", [x], axes=axes)]
    else:
        draft.outputs = [draft.node("Unsqueeze", [x, int64s(draft, *axes)])]


@family("gather", "Gather", 6)
def gather(draft, rng, i):
    use(draft, [11, 13, 25], i)
    shape = pick([[5, 3], [2, 4, 3], [6]], i)
    axis = pick([0, 1, 0, -1, 2, 0], i)
    axis = axis if -len(shape) <= axis < len(shape) else 0
    size = shape[axis]
    indices = rng.integers(-size, size, pick([[], [4], [2, 2]], i // 2))
    dtype = pick([np.int64, np.int32], i)
    attributes = {"axis": axis} if i else {}
    x = activation(draft, rng, shape, i)
    draft.outputs = [draft.node("Gather", [x, draft.constant(indices.astype(dtype))], **attributes)]


@family("expand", "Expand", 4)
def expand(draft, rng, i):
    use(draft, [11, 13, 18, 25], i)
    shape, wanted = pick([([3, 1], [3, 4]), ([1, 2], [2, 3, 1]), ([2, 1, 2], [1]), ([4], [2, 1, 4])], i)
    x = activation(draft, rng, shape, i)
    draft.outputs = [draft.node("Expand", [x, int64s(draft, *wanted)])]


@family("reshape", "Reshape", 6)
def reshape(draft, rng, i):
    use(draft, [11, 13, 14, 25], i)
    x = activation(draft, rng, [2, 3, 4], i)
    wanted = pick([[6, -1], [0, 12], [0, -1], [-1], [2, 2, 2, 3], [0, 0, 2, -1]], i)
    attributes = {"allowzero": 1} if i == 3 else {}
    draft.outputs = [draft.node("Reshape", [x, int64s(draft, *wanted)], **attributes)]


@family("between_integers", "Transpose", 8)
def between_integers(draft, rng, i):
    """Operators that move elements, on integers: between QuantizeLinear and DequantizeLinear."""
    use(draft, [13, 18], i)
    dtype = pick([INT8, UINT8], i)
    point = pick([0, 0, 0, 12], i)
    q = draft.integers(noise(rng, [2, 3, 4], dtype) - point, -4, dtype, point)
    op, inputs, attributes = [
        ("Transpose", [], {"perm": [2, 0, 1]}),
        ("Reshape", [int64s(draft, 4, 6)], {}),
        ("Slice", [int64s(draft, 1), int64s(draft, 3), int64s(draft, 2)], {}),
        ("Concat", [q], {"axis": 1}),
        ("Gather", [int64s(draft, 2, 0)], {"axis": 1}),
        ("Unsqueeze", [int64s(draft, 0)], {}),
        ("Flatten", [], {"axis": 2}),
        ("Identity", [], {}),
    ][i]
    draft.op = op
    y = draft.node(op, [q, *inputs], **attributes)
    draft.outputs = [draft.node("DequantizeLinear", [y, *draft.scaling])]


@family("dropout", "Dropout", 3)
def dropout(draft, rng, i):
    use(draft, [10, 12, 22], i)
    x = activation(draft, rng, [2, 3], 1)
    ratio = [draft.constant(np.float32(0.5))] if draft.opset >= 12 else []
    attributes = {} if draft.opset >= 12 else {"ratio": 0.5}
    draft.outputs = [draft.node("Dropout", [x, *ratio], **attributes)]


@family("constant", "Constant", 5)
def constant(draft, rng, i):
    """Constants from nodes: floats, a tensor, a shape, bounds."""
    use(draft, [12, 13, 13, 25, 12], i)
    x = activation(draft, rng, [2, 3], i)
    if i == 0:
        draft.outputs = [draft.node("Mul", [x, draft.node("Constant", [], value_float=0.25)])]
    elif i == 1:
        floats = draft.node("Constant", [], value_floats=[0.5, -1.25, 3.0])
        draft.outputs = [draft.node("Add", [x, floats])]
    elif i == 2:
        draft.outputs = [draft.node("Reshape", [x, draft.node("Constant", [], value_ints=[3, -1])])]
    elif i == 3:
        tensor = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
        draft.outputs = [draft.node("ReduceSum", [x, draft.node("Constant", [], value=tensor)])]
    else:
        low, high = (draft.node("Constant", [], value_float=value) for value in (-1.0, 2.5))
        draft.outputs = [draft.node("Clip", [x, low, high])]


@family("cast", "Cast", 6)
def cast(draft, rng, i):
    """Integers to float, by way of int32 or at once; floats to integers, towards zero."""
    use(draft, [10, 13, 19, 25, 13, 13], i)
    dtype = pick([UINT8, INT8], i)
    grid = noise(rng, [2, 5], dtype)
    if i < 4:
        q = draft.integers(grid, pick([0, -3], i), dtype)
        steps = [TensorProto.INT32, TensorProto.FLOAT] if i > 1 else [TensorProto.FLOAT]
    else:
        q = draft.real(grid, -3, dtype)
        steps = [pick([TensorProto.INT32, TensorProto.INT64], i), TensorProto.FLOAT]
    for to in steps:
        q = draft.node("Cast", [q], to=to)
    draft.outputs = [q]


# Scales.


@family("quantizelinear", "QuantizeLinear", 10)
def quantizelinear(draft, rng, i):
    """To a coarser grid, with ties and saturation; to a finer one; with a zero point; per channel."""
    use(draft, [10, 13, 19, 25, 21], i)
    x = activation(draft, rng, [2, 3, 20], i if i >= 4 else 0)
    if i < 4:
        # Without an operator between them, onnxruntime drops the first of two quantisations.
        x = draft.node("Neg", [x])
    shift = pick([2, 1, 3, -2, -1], i)
    dtype = pick([INT8, UINT8, UINT8, INT8, UINT8], i)
    if i >= 5 and draft.opset >= 13:
        exponents = draft.exponent + shift + np.array([0, 1, -1])
        points = rng.integers(-9, 9, 3) if dtype == INT8 else rng.integers(0, 256, 3)
        points = points if i % 2 else points * 0
        attributes = {"axis": pick([1, -2], i)}
    else:
        exponents = np.array(draft.exponent + shift)
        points = np.array(pick([0, 0, 128, -3, 77], i))
        attributes = {}
    scaling = [draft.constant(scales(exponents)), draft.constant(points.astype(dtype))]
    if i == 1:
        scaling.pop()
    y = draft.node("QuantizeLinear", [x, *scaling], **attributes)
    draft.outputs = [draft.node("DequantizeLinear", [y, *scaling], **attributes)]


@family("dequantizelinear", "DequantizeLinear", 6)
def dequantizelinear(draft, rng, i):
    """Activations with a zero point, or with scales and zero points per channel."""
    use(draft, [10, 13, 19, 25, 21, 18], i)
    dtype = pick([UINT8, INT8], i)
    q = draft.integers(noise(rng, [2, 3, 4], dtype), 0, dtype)
    if draft.opset >= 13 and i % 2:
        scaling = [scales(rng.integers(-4, 3, 3)), rng.integers(0, 100, 3).astype(dtype)]
        attributes = {"axis": pick([1, -2], i)}
    else:
        scaling, attributes = [scales(-3), dtype(pick([128, 5, 77], i // 2))], {}
    if i == 4:
        scaling.pop()
    draft.outputs = [draft.node("DequantizeLinear", [q, *map(draft.constant, scaling)], **attributes)]


# Several operators in a row.


@family("network", "Network", 4)
def network(draft, rng, i):
    """Conv, BatchNormalization, Relu, a pool, quantised; then Flatten and Gemm."""
    use(draft, [13, 18, 21, 11], i)
    x = draft.real(noise(rng, [1, 2, 8, 8], UINT8), -6, UINT8)
    y = draft.node(
        "Conv", [x, draft.weight(noise(rng, [3, 2, 3, 3]), -7)], kernel_shape=[3, 3], pads=[1, 1, 1, 1]
    )
    if i % 2:
        parameters = [real_constant(draft, rng, 3) for _ in range(3)]
        variance = draft.constant((4.0 ** rng.integers(-1, 2, 3) - 2.0**-10).astype(np.float32))
        y = draft.node("BatchNormalization", [y, *parameters, variance], epsilon=2.0**-10)
    y = draft.node("Relu", [y])
    pool = pick(["MaxPool", "AveragePool"], i // 2)
    y = draft.node(pool, [y], kernel_shape=[2, 2], strides=[2, 2])
    y = draft.requantize(y, -3, UINT8)
    if i % 2 == 0:
        y = draft.node("Add", [y, y])
    y = draft.node("Flatten", [y])
    weight, scale = draft.weight(noise(rng, [4, 48]), -6), -9
    bias = draft.weight(rng.integers(-3000, 3000, 4), scale, dtype=np.int32)
    draft.outputs = [draft.node("Gemm", [y, weight, bias], transB=1)]
