"""Writes small quantised ONNX models as other tools make them, each with test inputs.

    make_foreign.py FOLDER

For every model a folder FOLDER/NAME with `model.onnx` (at most 100 kB), `samples.npz` (one float32
array, named as the model's input, [N, ...]) and `expected.json`:
{"level", "outputs": {name: {"shape", "data"}}}, what onnxruntime computes, as run_onnx.py gives it. The level
is `all`, or `basic` for models that onnxruntime refuses to load above it.

Three float nets with fixed random weights:
  mlp       Gemm, Relu, Gemm, Relu, Gemm
  cnn       Conv, Relu, MaxPool, Conv, Relu, GlobalAveragePool, Flatten, Gemm
  residual  Conv, Relu, depthwise Conv, Relu, 1x1 Conv, Add, Relu, Concat, AveragePool, Conv, Flatten, Gemm

each put through onnxruntime's `quantize_static` (min-max calibration) as
  qoperator, qdq            the two formats
  u8i8   uint8 activations, int8 weights, a scale per output channel
  u8u8   uint8 activations, uint8 weights, one scale per tensor
  i8i8   int8 activations, int8 weights, one scale per tensor
  i8i7   the same with weights in [-64, 64] (`reduce_range`)

and two models in the forms in which PyTorch exports a quantised CNN:
  torch_fake_quant   after quantisation-aware training: float weights through QuantizeLinear and
                     DequantizeLinear (int8, a scale per channel), float biases
  torch_converted    converted to integers: int8 weights, biases divided by their scale and cast to
                     int32 in the graph, which truncates; a pair after every operator
In torch_fake_quant no pair stands between Flatten and Gemm, so that onnxruntime leaves Gemm in float.

After those, the small models of foreign_cases.py.

Everything is seeded. Calibration runs float kernels, so on another CPU a scale may differ in its last bit.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)

from foreign_cases import cases
from inference import infer, load_samples, open_session
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernel

OPSET = 13
SAMPLES = 16
MOST_BYTES = 100_000

FORMATS = {"qoperator": QuantFormat.QOperator, "qdq": QuantFormat.QDQ}
TYPES = {
    "u8i8": dict(activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True),
    "u8u8": dict(activation_type=QuantType.QUInt8, weight_type=QuantType.QUInt8, per_channel=False),
    "i8i8": dict(activation_type=QuantType.QInt8, weight_type=QuantType.QInt8, per_channel=False),
    "i8i7": dict(
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        per_channel=False,
        reduce_range=True,
    ),
}


class Net:
    """A graph under construction; the input is called `x`, the output `y`."""

    def __init__(self, seed, shape):
        self.random = np.random.default_rng(seed)
        self.shape = shape
        self.nodes = []
        self.constants = {}

    def constant(self, array, name=None):
        name = name or f"c{len(self.constants)}"
        self.constants[name] = np.asarray(array)
        return name

    def op(self, kind, *inputs, **attributes):
        output = f"t{len(self.nodes)}"
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=name, **attributes))
        return output

    def weights(self, *shape):
        fan_in = int(np.prod(shape[1:]))
        spread = np.exp(self.random.uniform(-0.7, 0.7, (shape[0],) + (1,) * (len(shape) - 1)))
        values = self.random.standard_normal(shape) * spread / np.sqrt(fan_in)
        return values.astype(np.float32)

    def bias(self, size):
        return (self.random.standard_normal(size) / 4).astype(np.float32)

    def conv(self, x, channels_in, channels_out, size, group=1, **attributes):
        return self.op(
            "Conv",
            x,
            self.constant(self.weights(channels_out, channels_in // group, size, size)),
            self.constant(self.bias(channels_out)),
            kernel_shape=[size, size],
            pads=[size // 2] * 4,
            group=group,
            **attributes,
        )

    def gemm(self, x, size_in, size_out, transposed=True):
        weights = self.weights(size_out, size_in)
        return self.op(
            "Gemm",
            x,
            self.constant(weights if transposed else np.ascontiguousarray(weights.T)),
            self.constant(self.bias(size_out)),
            transB=int(transposed),
        )

    def model(self):
        self.nodes[-1].output[0] = "y"
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *self.shape])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(array, name) for name, array in self.constants.items()],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=8, producer_name="")
        model = onnx.shape_inference.infer_shapes(model)
        onnx.checker.check_model(model)
        return model


def mlp():
    net = Net(1, [20])
    x = net.op("Relu", net.gemm("x", 20, 32))
    x = net.op("Relu", net.gemm(x, 32, 24, transposed=False))
    net.gemm(x, 24, 10)
    return net


def cnn():
    net = Net(2, [3, 12, 12])
    x = net.op("Relu", net.conv("x", 3, 8, 3))
    x = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.op("Relu", net.conv(x, 8, 16, 3))
    x = net.op("Flatten", net.op("GlobalAveragePool", x))
    net.gemm(x, 16, 10)
    return net


def residual():
    net = Net(3, [2, 10, 10])
    stem = net.op("Relu", net.conv("x", 2, 8, 3))
    x = net.op("Relu", net.conv(stem, 8, 8, 3, group=8))
    x = net.conv(x, 8, 8, 1)
    x = net.op("Relu", net.op("Add", x, stem))
    x = net.op("Concat", x, stem, axis=1)
    x = net.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2])
    x = net.op("Relu", net.conv(x, 16, 12, 3, strides=[2, 2]))
    x = net.op("Flatten", x)
    net.gemm(x, 48, 10)
    return net


def samples(net, seed):
    """Inputs with means that differ by channel, so that zero points do too."""
    random = np.random.default_rng(seed)
    shape = (SAMPLES, *net.shape)
    centre = random.uniform(-0.5, 0.5, (1, net.shape[0]) + (1,) * (len(net.shape) - 1))
    return (random.standard_normal(shape) + centre).astype(np.float32)


class Calibration(CalibrationDataReader):
    def __init__(self, x):
        self.rows = iter(x)

    def get_next(self):
        row = next(self.rows, None)
        return None if row is None else {"x": row[None]}


def quantised(net, quant_format, types):
    """The net after `quantize_static`, calibrated on inputs other than the samples."""
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "float.onnx", Path(folder) / "quantised.onnx"
        onnx.save(net.model(), source)
        quantize_static(
            source,
            target,
            Calibration(samples(net, 77)),
            quant_format=quant_format,
            calibrate_method=CalibrationMethod.MinMax,
            **types,
        )
        return onnx.load(target)


def activation_range(net, nodes):
    """Scale and uint8 zero point of each wanted tensor, from the float net on calibration inputs."""
    from onnx.reference import ReferenceEvaluator

    model = net.model()
    for name in nodes:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    names = [output.name for output in model.graph.output]
    found = dict(zip(names, ReferenceEvaluator(model).run(None, {"x": samples(net, 77)})))
    found["x"] = samples(net, 77)
    ranges = {}
    for name, values in found.items():
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        scale = np.float32((high - low) / 255)
        ranges[name] = scale, np.uint8(np.clip(np.rint(-low / scale), 0, 255))
    return ranges


def torch_form(converted):
    """A net of PyTorch's kind (Conv, Relu, MaxPool, Conv, Relu, global mean, Linear) in its QDQ form."""
    plain = cnn()
    ranges = activation_range(plain, [node.output[0] for node in plain.nodes[:-1]])
    net = Net(2, plain.shape)

    def scale_and_zero(name, scale, zero):
        return net.constant(scale, f"{name}_scale"), net.constant(zero, f"{name}_zero_point")

    def quantise(x, name):
        pair = scale_and_zero(name, *ranges[name])
        return net.op("DequantizeLinear", net.op("QuantizeLinear", x, *pair), *pair)

    def layer(node, x, x_name):
        weights, bias = (plain.constants[name] for name in node.input[1:])
        peak = np.abs(weights.reshape(len(weights), -1)).max(axis=1)
        scales = (peak / 127).astype(np.float32)
        pair = scale_and_zero(node.name, scales, np.zeros(len(scales), np.int8))
        wide = scales.reshape((-1,) + (1,) * (weights.ndim - 1))
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if converted:
            integers = np.clip(np.rint(weights / wide), -128, 127).astype(np.int8)
            w = net.op("DequantizeLinear", net.constant(integers), *pair, axis=0)
            bias_scale = net.op("Mul", pair[0], f"{x_name}_scale")
            zeros = net.op("ConstantOfShape", net.op("Shape", bias_scale), value=int32_zero())
            ratio = net.op("Div", net.constant(bias), bias_scale)
            integer = net.op("Cast", ratio, to=TensorProto.INT32)
            b = net.op("DequantizeLinear", integer, bias_scale, zeros, axis=0)
        else:
            w = net.op("QuantizeLinear", net.constant(weights), *pair, axis=0)
            w = net.op("DequantizeLinear", w, *pair, axis=0)
            b = net.constant(bias)
        return net.op(node.op_type, x, w, b, **attributes)

    first, relu1, pool, second, relu2, mean, _, last = plain.nodes
    name1, name2, name3 = relu1.output[0], relu2.output[0], mean.output[0]
    window = {a.name: helper.get_attribute_value(a) for a in pool.attribute}
    x = quantise("x", "x")
    x = quantise(net.op("Relu", layer(first, x, "x")), name1)
    x = net.op("MaxPool", x, **window)
    if converted:  # operators on quantised tensors keep the scale of their input, the mean too
        x = quantise(x, name1)
        name3 = name2
    x = quantise(net.op("Relu", layer(second, x, name1)), name2)
    x = quantise(net.op("GlobalAveragePool", x), name3)
    x = net.op("Flatten", x)
    if converted:
        x = quantise(x, name3)
    quantise(layer(last, x, name3), "y")
    return net


def int32_zero():
    return helper.make_tensor("zero", TensorProto.INT32, [1], [0])


def write(folder, model, x):
    folder.mkdir(parents=True, exist_ok=True)
    data = model.SerializeToString(deterministic=True)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{folder.name}: {len(data)} bytes")
    (folder / "model.onnx").write_bytes(data)
    np.savez(folder / "samples.npz", x=x)
    level = "all"
    try:
        session = open_session(folder / "model.onnx", level)
    except NoKernel:
        level = "basic"
        session = open_session(folder / "model.onnx", level)
    outputs = infer(session, load_samples(session, folder / "samples.npz"))
    outputs = {
        name: {"shape": list(value.shape), "data": value.ravel().tolist()}
        for name, value in outputs.items()
    }
    answer = {"level": level, "outputs": outputs}
    (folder / "expected.json").write_text(json.dumps(answer, allow_nan=False) + "\n")


def main(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for make in (mlp, cnn, residual):
        for format_name, quant_format in FORMATS.items():
            for type_name, types in TYPES.items():
                net = make()
                model = quantised(net, quant_format, types)
                name = f"{make.__name__}_{format_name}_{type_name}"
                write(folder / name, model, samples(net, 5))
    for name, converted in (("torch_fake_quant", False), ("torch_converted", True)):
        net = torch_form(converted)
        write(folder / name, net.model(), samples(net, 5))
    for name, model, x in cases():
        write(folder / name, model, x)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
