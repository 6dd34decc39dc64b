"""ONNX's own node tests, rewritten as quantised models with one float input.

A case keeps its node and all attributes. Its first operand becomes the activation,
rounded to a grid; weights and biases become integers behind DequantizeLinear; other
float operands become constants with few bits. Where a case has several forms, the
others carry a suffix:

    _activations        all operands are activations, slices of one input
    _constant_first     the first operand is the constant
    _power_of_two       scales or divisors are powers of two
    _float_parameters   parameters as ONNX's case has them; the result is quantised
"""

import warnings
from functools import partial

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases

from drafts import (
    FINEST_WEIGHT,
    NEWEST_OPSET,
    Draft,
    Unsupported,
    dyadic,
    exponent_for,
    power_of_two,
    units,
)


class Case:
    """A node test: the node, its operands, and the types that it declares."""

    def __init__(self, test):
        graph = test.model.graph
        (self.node,) = graph.node
        self.name, self.op = test.name, self.node.op_type
        self.opset = next(o.version for o in test.model.opset_import if o.domain == "")
        self.types = [type_name(value.type) for value in graph.input]
        self.result_types = [type_name(value.type) for value in graph.output]
        given = {value.name: array for value, array in zip(graph.input, test.data_sets[0][0])}
        given |= {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self.operands = [given[name] if name else None for name in self.node.input]
        if "double" in self.types + self.result_types:
            # Casts carry their tensors as protobuf.
            self.operands = [
                numpy_helper.to_array(o) if isinstance(o, TensorProto) else o for o in self.operands
            ]
        self.attributes = {a.name: helper.get_attribute_value(a) for a in self.node.attribute}

    def require(self, *types):
        """Refuses a first operand, or a result, of another type."""
        for type_ in self.types[:1] + self.result_types:
            if type_ not in types:
                raise Unsupported(f"operand or result of type {type_}")


def type_name(type_):
    """A type's name in ONNX, as `float` or `sequence`."""
    kind = type_.WhichOneof("value")
    if kind != "tensor_type":
        return kind.removesuffix("_type")
    return TensorProto.DataType.Name(type_.tensor_type.elem_type).lower()


def single(draft, case):
    """One activation; all other operands are constants."""
    case.require("float", "int64")
    x = draft.activation(case.operands[0])
    draft.outputs = draft.copy(case.node, [x, *map(draft.parameter, case.operands[1:])])


def any_number(draft, case):
    """As `single`, for operators that take integers as they take floats."""
    case.require("float", "int32", "int64", "uint64")
    x = draft.activation(case.operands[0])
    draft.outputs = draft.copy(case.node, [x, *map(draft.parameter, case.operands[1:])])


def pool(draft, case):
    """As `single`, on fewer positions where there are many; or between integers."""
    x = crop(case.operands[0], case.attributes)
    if case.types[0] == "float":
        name = draft.activation(x)
    else:
        case.require("uint8", "int8")
        name = draft.integers(x, 0, x.dtype)
    outputs = draft.copy(case.node, [name])
    if case.types[0] != "float":
        outputs[0] = draft.node("DequantizeLinear", [outputs[0], *draft.scaling])
    draft.outputs = outputs


def crop(x, attributes):
    """A corner of `x` that leaves the same remainder to every stride."""
    kernel = attributes.get("kernel_shape", [])
    rank = len(kernel)
    for axis, size in enumerate(kernel):
        stride = attributes.get("strides", [1] * rank)[axis]
        reach = (size - 1) * attributes.get("dilations", [1] * rank)[axis] + 1
        most = {1: 32, 2: 12}.get(rank, max(reach + stride, 6))
        length = x.shape[axis + 2]
        if length > most:
            length = most - (most - length) % stride
        x = np.take(x, range(length), axis + 2)
    return x


def clip(draft, case):
    """Bounds are constants; integers are clipped between QuantizeLinear and DequantizeLinear."""
    if case.types[0] == "float":
        return single(draft, case)
    case.require("int8")
    x = draft.integers(case.operands[0], 0, np.int8)
    (y,) = draft.copy(case.node, [x, *map(draft.parameter, case.operands[1:])])
    draft.outputs = [draft.node("DequantizeLinear", [y, *draft.scaling])]


def dropout(draft, case):
    """Inference only. A mask stays an unused output of the node."""
    if case.operands[2:] and case.operands[2].item():
        raise Unsupported("training mode")
    case.require("float", "bool")
    x = draft.activation(case.operands[0])
    draft.outputs = draft.copy(case.node, [x, *map(draft.parameter, case.operands[1:])])[:1]


def constant_after(draft, case):
    """The first operand is the activation, the others are constants."""
    case.require("float")
    single(draft, case)


def constant_first(draft, case):
    case.require("float")
    first, second, *rest = case.operands
    constant = draft.parameter(first)
    x = draft.activation(second)
    draft.outputs = draft.copy(case.node, [constant, x, *map(draft.parameter, rest)])


def activations(draft, case):
    case.require("float")
    draft.outputs = draft.copy(case.node, draft.operands(case.operands))


def divisor(draft, case):
    """Constant divisors; the quotient is quantised unless they are powers of two."""
    case.require("float")
    x = draft.activation(case.operands[0])
    draft.outputs = draft.copy(case.node, [x, draft.constant(dyadic(case.operands[1]))])


def activation_divisor(draft, case):
    raise Unsupported("division by an activation, whose range includes 0")


def divisor_power_of_two(draft, case):
    case.require("float")
    x = draft.activation(case.operands[0])
    draft.outputs = draft.copy(case.node, [x, draft.constant(power_of_two(case.operands[1]))])


def weighted(draft, case):
    """Gemm, MatMul, Conv: weights of int8 and a bias of int32 at the scale of the sums."""
    case.require("float")
    x = draft.activation(case.operands[0])
    draft.outputs = draft.copy(case.node, [x, *weights(draft, case.operands[1:])])


def weights(draft, operands):
    weight, *bias = operands
    exponent = exponent_for(weight, 127, FINEST_WEIGHT)
    names = [draft.weight(units(weight, exponent), exponent)]
    if bias:
        scale = draft.exponent + exponent
        names.append(draft.weight(units(bias[0], scale), scale, dtype=np.int32))
    return names


def weights_first(draft, case):
    case.require("float")
    x = draft.activation(case.operands[1])
    draft.outputs = draft.copy(case.node, [*weights(draft, case.operands[:1]), x])


def prelu_float_parameters(draft, case):
    x = draft.activation(case.operands[0])
    draft.outputs = draft.copy(case.node, [x, draft.constant(case.operands[1])])


def batch_normalization(draft, case):
    """Variances such that `scale / sqrt(variance + epsilon)` is dyadic, in float32."""
    if case.attributes.get("training_mode"):
        raise Unsupported("training mode")
    x, scale, bias, mean, variance = case.operands
    epsilon = np.float32(case.attributes.get("epsilon", 1e-5))
    wanted = power_of_two(np.sqrt(variance)) ** 2
    variance = wanted - epsilon
    if not np.array_equal(variance + epsilon, wanted):
        raise Unsupported("no variance that is dyadic with its epsilon")
    parameters = [dyadic(scale), dyadic(bias), dyadic(mean), variance]
    inputs = [draft.activation(x), *map(draft.constant, parameters)]
    draft.outputs = draft.copy(case.node, inputs)


def batch_normalization_float_parameters(draft, case):
    if case.attributes.get("training_mode"):
        raise Unsupported("training mode")
    x = draft.activation(case.operands[0])
    draft.outputs = draft.copy(case.node, [x, *map(draft.constant, case.operands[1:])])


def constant(draft, case):
    """The constant, rounded to a coarse grid, is added to an activation of its shape."""
    value = dyadic(numpy_helper.to_array(case.attributes["value"]))
    x = draft.activation(np.arange(value.size).reshape(value.shape) - value.size // 2)
    constant_ = draft.node("Constant", [], value=numpy_helper.from_array(value))
    draft.outputs = [draft.node("Add", [x, constant_])]


def cast(draft, case):
    """Between float and double: the same numbers."""
    case.require("float", "double")
    x = draft.activation(case.operands[0])
    if case.types[0] == "double":
        x = draft.node("Cast", [x], to=TensorProto.DOUBLE)
    (y,) = draft.copy(case.node, [x])
    draft.outputs = [draft.to_float(y) if case.result_types[0] == "double" else y]


def quantize_linear(draft, case):
    """The node under test quantises a dequantised activation."""
    if case.attributes.get("block_size"):
        raise Unsupported("blocked quantisation")
    case.require("float", "int8", "uint8")
    x, scale, *zero_point = case.operands
    inputs = [draft.constant(power_of_two(scale)), *map(draft.constant, zero_point)]
    (y,) = draft.copy(case.node, [draft.activation(x), *inputs])
    axis = {"axis": case.attributes.get("axis", 1)} if scale.ndim else {}
    draft.outputs = [draft.node("DequantizeLinear", [y, *inputs], **axis)]


def dequantize_linear(draft, case):
    """The node under test dequantises the input's integers, at scales of its own."""
    if case.attributes.get("block_size"):
        raise Unsupported("blocked quantisation")
    case.require("uint8", "int8", "float")
    x, scale, *zero_point = case.operands
    shared = zero_point[0].item() if zero_point and zero_point[0].ndim == 0 else 0
    q = draft.integers(x.astype(np.int64) - shared, 0, x.dtype, shared)
    inputs = [draft.constant(power_of_two(scale)), *map(draft.constant, zero_point)]
    draft.outputs = draft.copy(case.node, [q, *inputs])


def scalar(array):
    """The only element of an array; 0 without an array."""
    return 0 if array is None else array.item()


def quantized_operator(draft, case):
    """QLinearConv, QLinearMatMul at their own scales, which are no powers of two."""
    case.require("uint8", "int8")
    if "float16" in case.types:
        raise Unsupported("scales of type float16")
    x, _, point, *rest = case.operands
    q = draft.integers(x.astype(np.int64) - scalar(point), 0, x.dtype, scalar(point))
    inputs = [q, *map(draft.constant, case.operands[1:])]
    (y,) = draft.copy(case.node, inputs)
    draft.outputs = [dequantize_result(draft, y, rest[4], 0)]


def quantized_operator_power_of_two(draft, case):
    """The same at powers of two, which input and result share with their neighbours."""
    case.require("uint8", "int8")
    if "float16" in case.types:
        raise Unsupported("scales of type float16")
    operands = list(case.operands)
    for index in (1, 4, 6):
        operands[index] = power_of_two(operands[index])
    x, scale, point = operands[:3]
    exponent = int(np.log2(scale.item()))
    q = draft.integers(x.astype(np.int64) - scalar(point), exponent, x.dtype, scalar(point))
    (y,) = draft.copy(case.node, [q, *map(draft.constant, operands[1:])])
    draft.outputs = [dequantize_result(draft, y, operands[7], int(np.log2(operands[6].item())))]


def dequantize_result(draft, name, point, exponent):
    scaling = [draft.constant(np.float32(2.0**exponent)), draft.constant(point.reshape(()))]
    return draft.node("DequantizeLinear", [name, *scaling])


def integer_operator(draft, case):
    """MatMulInteger, ConvInteger: the input's integers, less its zero point, into int32."""
    x, weight, *points = case.operands
    point = scalar(points[0]) if points else 0
    q = draft.integers(x.astype(np.int64) - point, 0, x.dtype, point)
    (y,) = draft.copy(case.node, [q, *map(draft.constant, [weight, *points])])
    draft.outputs = [draft.to_float(y)]


VARIADIC = [("", constant_after), ("_activations", activations)]
FORMS = {
    "Add": [*VARIADIC, ("_constant_first", constant_first)],
    "Sub": [*VARIADIC, ("_constant_first", constant_first)],
    "Mul": [*VARIADIC, ("_constant_first", constant_first)],
    "Sum": VARIADIC,
    "Min": VARIADIC,
    "Max": VARIADIC,
    "Concat": [*VARIADIC, ("_constant_first", constant_first)],
    "Div": [
        ("", divisor),
        ("_power_of_two", divisor_power_of_two),
        ("_activations", activation_divisor),
    ],
    "Gemm": [("", weighted)],
    "Conv": [("", weighted)],
    "MatMul": [("", weighted), ("_activations", activations), ("_constant_first", weights_first)],
    "BatchNormalization": [
        ("", batch_normalization),
        ("_float_parameters", batch_normalization_float_parameters),
    ],
    "PRelu": [("", single), ("_float_parameters", prelu_float_parameters)],
    "AveragePool": [("", pool)],
    "MaxPool": [("", pool)],
    "Clip": [("", clip)],
    "Dropout": [("", dropout)],
    "Constant": [("", constant)],
    "Cast": [("", cast)],
    "QuantizeLinear": [("", quantize_linear)],
    "DequantizeLinear": [("", dequantize_linear)],
    "QLinearConv": [("", quantized_operator), ("_power_of_two", quantized_operator_power_of_two)],
    "QLinearMatMul": [("", quantized_operator), ("_power_of_two", quantized_operator_power_of_two)],
    "MatMulInteger": [("", integer_operator)],
    "ConvInteger": [("", integer_operator)],
    "Pad": [("", any_number)],
    "TopK": [("", any_number)],
} | {
    op: [("", single)]
    for op in """Neg GlobalAveragePool ReduceMean ReduceSum Relu Abs GlobalMaxPool ReduceMax
        ReduceMin ArgMax ArgMin Reshape Flatten Squeeze Unsqueeze Transpose Split Slice Gather
        Identity Expand LeakyRelu HardSigmoid HardSwish""".split()
}


def cases():
    """Name, operator and builder of every case, in all its forms."""
    with warnings.catch_warnings():
        # Some cases of other operators overflow on purpose.
        warnings.simplefilter("ignore", RuntimeWarning)
        tests = collect_testcases()
    for test in tests:
        if len(test.model.graph.node) != 1 or test.model.graph.node[0].op_type not in FORMS:
            continue
        case = Case(test)
        for suffix, form in forms(case):
            name = case.name + suffix
            yield name, case.op, partial(draft_of, name, case, form)


def forms(case):
    """The forms of a case; one is enough to refuse its types, and one operand has one form."""
    all_forms = FORMS[case.op]
    floats = all(type_ == "float" for type_ in case.types)
    if case.op in ("QLinearConv", "QLinearMatMul"):
        return all_forms if "float16" not in case.types else all_forms[:1]
    if not floats or len(case.operands) < 2 or case.attributes.get("training_mode"):
        return all_forms[:1]
    return all_forms


def draft_of(name, case, form, newest=NEWEST_OPSET):
    """The draft of one form of a case, at its own operator set or the newest allowed."""
    if not all(o is None or isinstance(o, np.ndarray | np.generic) for o in case.operands):
        types = sorted({*case.types, *case.result_types} - {"float"})
        raise Unsupported(f"operand or result of type {', '.join(types)}")
    draft = Draft(name, case.op, min(case.opset, newest))
    form(draft, case)
    return draft
