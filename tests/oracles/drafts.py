"""Small quantised models, written node by node around one operator.

A draft has one float input `x` that is quantised at once:
`x -> QuantizeLinear(2^e, zero point) -> DequantizeLinear -> the operator`. Its sample
lies on that grid, so that the model's integers are known.
"""

import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUT = "x"
NEWEST_OPSET = 25

# Largest integers, and the finest grid, of activations, weights and plain float constants.
# Constants have fewer bits, so that float32 holds every product and sum exactly.
FINEST_ACTIVATION = -6
FINEST_WEIGHT = -6
FINEST_CONSTANT = -3
LARGEST_CONSTANT = 31


class Unsupported(Exception):
    """A case that has no such form; says why."""


class Unloadable(Unsupported):
    """onnxruntime cannot load the model at some level."""


def generator(name):
    """A generator of its own for each name: no case depends on another."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def exponent_for(values, largest, finest):
    """The smallest exponent, `finest` or more, at which the rounded values fit."""
    reach = np.max(np.abs(values), initial=0.0)
    exponent = finest
    while np.rint(np.ldexp(np.float64(reach), -exponent)) > largest:
        exponent += 1
    return exponent


def units(values, exponent):
    """Values as integers of a grid."""
    return np.rint(np.ldexp(np.asarray(values, dtype=np.float64), -exponent)).astype(np.int64)


def dyadic(values):
    """A float constant on a coarse grid."""
    exponent = exponent_for(values, LARGEST_CONSTANT, FINEST_CONSTANT)
    return np.ldexp(units(values, exponent).astype(np.float32), exponent)


def power_of_two(values):
    """The powers of two that are nearest to positive values, by ratio."""
    return np.exp2(np.rint(np.log2(np.asarray(values, dtype=np.float64)))).astype(np.float32)


class Draft:
    """A model under construction, and its sample. `outputs` are names of values."""

    def __init__(self, name, op, opset):
        self.name, self.op, self.opset = name, op, opset
        self.nodes, self.initializers, self.outputs = [], [], []
        self.count = 0

    def fresh(self, stem):
        """A name that the model does not have yet."""
        self.count += 1
        return f"{stem}_{self.count}"

    def constant(self, array, stem="constant"):
        """An initializer, as it is."""
        name = self.fresh(stem)
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def parameter(self, array):
        """A constant operand: floats on a coarse grid, all else as it is; `None` is absent."""
        if array is None:
            return ""
        array = np.asarray(array)
        return self.constant(dyadic(array) if array.dtype.kind == "f" else array)

    def node(self, op, inputs, outputs=1, **attributes):
        """Appends a node; gives the name of its output, or their names."""
        names = [self.fresh(op.lower()) for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def copy(self, node, inputs):
        """Appends a node with the attributes of another; gives the names of its outputs."""
        copied = onnx.NodeProto()
        copied.op_type = node.op_type
        copied.attribute.extend(node.attribute)
        copied.input.extend(inputs)
        copied.output.extend(self.fresh(node.op_type.lower()) for _ in node.output)
        self.nodes.append(copied)
        return list(copied.output)

    def integers(self, grid, exponent, dtype, zero_point=0):
        """The input, quantised: `grid` are the sample's integers less the zero point."""
        limits = np.iinfo(dtype)
        self.lowest, self.highest = limits.min - int(zero_point), limits.max - int(zero_point)
        self.grid = np.clip(np.asarray(grid, dtype=np.int64), self.lowest, self.highest)
        self.exponent, self.dtype, self.zero_point = exponent, dtype, int(zero_point)
        self.scaling = [
            self.constant(np.float32(2.0**exponent), "scale"),
            self.constant(np.array(zero_point, dtype=dtype), "zero_point"),
        ]
        self.quantized = self.node("QuantizeLinear", [INPUT, *self.scaling])
        return self.quantized

    def real(self, grid, exponent, dtype=np.int8, zero_point=0):
        """The input, quantised and dequantised."""
        return self.node(
            "DequantizeLinear", [self.integers(grid, exponent, dtype, zero_point), *self.scaling]
        )

    def activation(self, values):
        """The input, whose sample is these values on the finest grid that holds them."""
        values = np.nan_to_num(np.asarray(values, dtype=np.float64), posinf=1024, neginf=-1024)
        dtype = np.int8 if np.min(values, initial=0.0) < 0 else np.uint8
        exponent = exponent_for(values, np.iinfo(dtype).max, FINEST_ACTIVATION)
        return self.real(units(values, exponent), exponent, dtype)

    def operands(self, arrays):
        """Several activations: slices of one input, along its first axis if their shapes agree."""
        arrays = [np.asarray(array, dtype=np.float64) for array in arrays]
        if len({array.shape for array in arrays}) == 1 and arrays[0].ndim:
            x, axis = self.activation(np.concatenate(arrays)), 0
            sizes = [len(array) for array in arrays]
        else:
            x, axis = self.activation(np.concatenate([array.ravel() for array in arrays])[None]), 1
            sizes = [array.size for array in arrays]
        ends = np.cumsum(sizes)
        parts = [self.slice(x, [end - size], [end], [axis]) for size, end in zip(sizes, ends)]
        if axis == 1:
            parts = [
                self.node("Reshape", [part, self.constant(np.array(array.shape, dtype=np.int64))])
                for part, array in zip(parts, arrays)
            ]
        return parts

    def slice(self, name, starts, ends, axes):
        """A part of a value."""
        lists = [self.constant(np.array(list_, dtype=np.int64)) for list_ in (starts, ends, axes)]
        return self.node("Slice", [name, *lists])

    def weight(self, integers, exponents, axis=None, dtype=np.int8):
        """A constant behind DequantizeLinear, with one scale or one along an axis."""
        scale = np.exp2(np.asarray(exponents, dtype=np.float64)).astype(np.float32)
        weight = self.constant(np.asarray(integers, dtype=dtype), "weight")
        inputs = [weight, self.constant(scale, "scale")]
        if dtype != np.int32:
            inputs.append(self.constant(np.zeros(scale.shape, dtype=dtype), "zero_point"))
        along = {} if axis is None else {"axis": axis}
        return self.node("DequantizeLinear", inputs, **along)

    def requantize(self, name, exponent, dtype=np.int8, zero_point=0):
        """QuantizeLinear and DequantizeLinear of a result."""
        scaling = [
            self.constant(np.float32(2.0**exponent), "scale"),
            self.constant(np.array(zero_point, dtype=dtype), "zero_point"),
        ]
        return self.node("DequantizeLinear", [self.node("QuantizeLinear", [name, *scaling]), *scaling])

    def to_float(self, name):
        """A value of integers as floats."""
        return self.node("Cast", [name], to=TensorProto.FLOAT)

    def sample(self, grid=None):
        """Input values of integers; the draft's own without any."""
        grid = self.grid if grid is None else grid
        return np.ldexp(grid.astype(np.float32), self.exponent)

    def model(self, results=None):
        """The ONNX model. `results`, arrays, declare type and shape of its outputs."""
        names = {name: f"y{index or ''}" for index, name in enumerate(self.outputs)}
        nodes = []
        for node in self.nodes:
            renamed = onnx.NodeProto()
            renamed.CopyFrom(node)
            for field in (renamed.input, renamed.output):
                field[:] = [names.get(name, name) for name in field]
            nodes.append(renamed)
        outputs = [onnx.ValueInfoProto(name=name) for name in names.values()]
        if results is not None:
            outputs = [
                helper.make_tensor_value_info(
                    name, helper.np_dtype_to_tensor_dtype(result.dtype), result.shape
                )
                for name, result in zip(names.values(), results)
            ]
        graph = helper.make_graph(
            nodes,
            self.name,
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, self.grid.shape)],
            outputs,
            self.initializers,
        )
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=helper.find_min_ir_version_for(opsets)
        )
