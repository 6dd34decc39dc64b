"""Makes small models of trees and linear models, and records with what onnxruntime says of them.

    python make.py [FOLDER]

FOLDER is this one unless given. Two runs write the same bytes. See README.md.
"""

import json
import math
import sys
import warnings
from pathlib import Path

import lightgbm
import numpy as np
import onnx
import onnxmltools
import onnxruntime
import skl2onnx
import xgboost
from onnx import TensorProto, helper
from onnxmltools.convert.common.data_types import FloatTensorType as MlFloatTensorType
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

RECORDS = 60
FROM_DATA = 18
OPSET = {"": 17, "ai.onnx.ml": 3}
LIMIT = 25_000


class Data:
    """Records of integers, labels, and the range of each field: that of the data and a tenth at either end."""

    def __init__(self, x, y, names):
        self.x, self.y = x.astype(np.int64), y
        spare = np.ptp(self.x, axis=0) // 10
        low, self.high = self.x.min(axis=0), self.x.max(axis=0) + spare
        # What is never negative stays so.
        self.low = np.where(low < 0, low - spare, np.maximum(low - spare, 0))
        self.names = names

    def schema(self, name):
        rows = zip(self.names, self.low.tolist(), self.high.tolist(), strict=True)
        fields = [{"name": n, "type": "integer", "min": a, "max": b} for n, a, b in rows]
        lines = ",\n".join("    " + json.dumps(field) for field in fields)
        return f'{{\n  "name": "{name}",\n  "fields": [\n{lines}\n  ]\n}}\n'


def hundreds(values):
    """Each column times the power of ten that brings its largest value to 100 or more, rounded."""
    powers = [max(0, math.ceil(2 - math.log10(top))) for top in np.abs(values).max(axis=0)]
    return np.rint(values * 10.0 ** np.array(powers))


def load():
    names = lambda data, count: [str(n).split(" (")[0].replace(" ", "_") for n in data.feature_names[:count]]
    iris, wine, cancer, diabetes = load_iris(), load_wine(), load_breast_cancer(), load_diabetes()
    return (
        Data(np.rint(10 * iris.data), iris.target, names(iris, 4)),
        Data(hundreds(wine.data), wine.target, names(wine, 13)),
        Data(hundreds(cancer.data[:, :10]), cancer.target, names(cancer, 10)),
        # scikit-learn's columns have mean 0: half of these integers are negative.
        Data(np.rint(1000 * diabetes.data), diabetes.target, names(diabetes, 10)),
    )


def from_sklearn(model, data):
    model.fit(data.x.astype(np.float64), data.y)
    return skl2onnx.to_onnx(
        model,
        name="model",
        initial_types=[("record", FloatTensorType([None, data.x.shape[1]]))],
        options={id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None,
        target_opset=OPSET,
    )


def from_xgboost(model, data):
    model.fit(data.x.astype(np.float32), data.y)
    types = [("record", MlFloatTensorType([None, data.x.shape[1]]))]
    return onnxmltools.convert_xgboost(model, name="model", initial_types=types, target_opset=15)


def from_lightgbm(model, data):
    model.fit(data.x.astype(np.float64), data.y)
    types = [("record", MlFloatTensorType([None, data.x.shape[1]]))]
    return onnxmltools.convert_lightgbm(model, name="model", initial_types=types, target_opset=15, zipmap=False)


LEQ, LT, GTE, GT, EQ = range(5)

# Feature, mode, split, what follows if it holds and if not: another node, or a leaf's target and weight.
BY_HAND = [
    (
        (0, LEQ, 12.0),
        ((1, LT, -3.0), (0, 0.5), (1, -1.25)),
        ((2, GT, 7.5), (2, 2.0), ((3, GTE, 4.0), (0, -0.75), (1, 0.125))),
    ),
    ((3, EQ, 5.0), (1, 3.0), ((0, GTE, 20.0), (2, -0.5), (0, 0.25))),
    ((1, GT, 0.0), ((1, LEQ, 8.0), (0, 1.5), (2, -2.25)), ((2, EQ, 0.0), (1, 0.0625), (2, 1.0))),
    ((2, LT, 3.0), (2, -0.375), (0, -4.0)),
]

# What is at their splits and beside them, by feature.
BESIDE_BY_HAND = [
    [-2, 11, 12, 13, 19, 20, 21],
    [-10, -4, -3, -2, -1, 0, 1, 7, 8, 9],
    [-3, -1, 0, 1, 2, 3, 4, 7, 8],
    [0, 3, 4, 5, 6],
]


def by_hand():
    """A TreeEnsemble of ai.onnx.ml 5 that mixes modes and adds to three targets."""
    nodes, leaves, roots = [], [], []

    def add(tree):
        (feature, mode, split), *branches = tree
        node = {"feature": feature, "mode": mode, "split": split}
        nodes.append(node)
        index = len(nodes) - 1
        for side, branch in zip(("true", "false"), branches, strict=True):
            leaf = len(branch) == 2
            node[side + "leaf"] = int(leaf)
            if leaf:
                leaves.append(branch)
                node[side] = len(leaves) - 1
            else:
                node[side] = add(branch)
        return index

    for tree in BY_HAND:
        roots.append(add(tree))
    column = lambda key: [node[key] for node in nodes]
    floats = lambda name, values: helper.make_tensor(name, TensorProto.FLOAT, [len(values)], values)
    node = helper.make_node(
        "TreeEnsemble",
        ["record"],
        ["scores"],
        "trees",
        domain="ai.onnx.ml",
        aggregate_function=1,
        post_transform=0,
        n_targets=3,
        tree_roots=roots,
        nodes_featureids=column("feature"),
        nodes_modes=helper.make_tensor("modes", TensorProto.UINT8, [len(nodes)], column("mode")),
        nodes_splits=floats("splits", column("split")),
        nodes_truenodeids=column("true"),
        nodes_trueleafs=column("trueleaf"),
        nodes_falsenodeids=column("false"),
        nodes_falseleafs=column("falseleaf"),
        leaf_targetids=[target for target, _ in leaves],
        leaf_weights=floats("weights", [weight for _, weight in leaves]),
    )
    record = helper.make_tensor_value_info("record", TensorProto.FLOAT, ["batch", 4])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 3])
    graph = helper.make_graph([node], "model", [record], [scores])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 5)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="zkml-tests")


def walk_by_hand(record):
    """What the trees above say, without onnxruntime."""
    holds = [np.less_equal, np.less, np.greater_equal, np.greater, np.equal]
    scores = np.zeros(3, dtype=np.float32)
    for tree in BY_HAND:
        while len(tree) == 3:
            (feature, mode, split), yes, no = tree
            tree = yes if holds[mode](record[feature], split) else no
        scores[tree[0]] += tree[1]
    return scores


def boxes(model):
    """Of each branch: its feature, its threshold, and which integers lead there, by feature."""
    found = []
    for ensemble in model.graph.node:
        if ensemble.op_type not in ("TreeEnsembleClassifier", "TreeEnsembleRegressor"):
            continue
        a = {attribute.name: helper.get_attribute_value(attribute) for attribute in ensemble.attribute}
        keys = list(zip(a["nodes_treeids"], a["nodes_nodeids"], strict=True))
        index = {key: i for i, key in enumerate(keys)}

        def visit(i, bounds):
            mode = a["nodes_modes"][i].decode()
            if mode == "LEAF":
                return
            feature, threshold = a["nodes_featureids"][i], a["nodes_values"][i]
            found.append((feature, threshold, bounds))
            below = {"BRANCH_LEQ": math.floor(threshold), "BRANCH_LT": math.ceil(threshold) - 1}[mode]
            low, high = bounds.get(feature, (-math.inf, math.inf))
            tree = keys[i][0]
            visit(index[tree, a["nodes_truenodeids"][i]], bounds | {feature: (low, min(high, below))})
            visit(index[tree, a["nodes_falsenodeids"][i]], bounds | {feature: (max(low, below + 1), high)})

        children = set()
        for below in "nodes_truenodeids", "nodes_falsenodeids":
            branches = zip(keys, a["nodes_modes"], a[below], strict=True)
            children |= {(tree, node) for (tree, _), mode, node in branches if mode != b"LEAF"}
        for i, key in enumerate(keys):
            if key not in children:
                visit(i, {})
    return found


def records(model, data):
    """The ranges' ends, records of the data, and others that meet a branch's threshold, or just miss it."""
    order = np.random.default_rng(0).permutation(len(data.x))
    x = [data.low, data.high, *data.x[order[:FROM_DATA]]]
    branches = boxes(model)
    wanted = RECORDS - len(x)
    for step in range(wanted):
        record = data.x[order[FROM_DATA + step]].copy()
        if branches:
            feature, threshold, bounds = branches[step * len(branches) // wanted]
            for other, (low, high) in bounds.items():
                record[other] = min(max(record[other], low), high)
            # At it if it is an integer, one below, one above; the two beside it if it is not.
            below, above = math.floor(threshold), math.ceil(threshold)
            near = sorted({above - 1, below, above, below + 1})
            record[feature] = near[step % len(near)]
        else:
            end = (data.low, data.high)[step % 2]
            fields = np.arange(len(record)) % 3 == step % 3
            record[fields] = end[fields]
        x.append(np.clip(record, data.low, data.high))
    return np.array(x, dtype=np.int64)


def finish(model):
    """The batch has a name, also where an exporter gives it none."""
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    # Exporters list these in any order.
    model.opset_import.sort(key=lambda opset: opset.domain)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def run(model, x):
    """Label, if there is one, and scores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {"record": x.astype(np.float32)})
    found = {"scores": outputs[-1].reshape(len(x), -1)}
    if len(outputs) == 2:
        found["label"] = outputs[0]
    assert found["scores"].dtype == np.float32
    return found


def own(model, x):
    """What the library that made the model says, in its own numbers."""
    for method in "predict_proba", "decision_function", "predict":
        if hasattr(model, method):
            return getattr(model, method)(x.astype(np.float32)).reshape(len(x), -1)


def main(folder):
    warnings.filterwarnings("ignore")
    iris, wine, cancer, diabetes = load()
    # Between 0 and 1 LightGBM splits at 1e-35.
    flag = (iris.x[:, 3] >= 10).astype(np.int64)
    names = [iris.names[0], "flag", *iris.names[2:]]
    flags = Data(np.column_stack([iris.x[:, 0], flag, iris.x[:, 2:]]), iris.y, names)
    chosen = np.random.default_rng(0)
    hand = Data(np.column_stack([chosen.choice(values, 200) for values in BESIDE_BY_HAND]), None, list("abcd"))
    small = {"n_estimators": 10, "max_depth": 3, "n_jobs": 1, "random_state": 0}
    few = {"n_estimators": 10, "num_leaves": 6, "n_jobs": 1, "verbose": -1, "deterministic": True, "force_row_wise": True}
    fewer = few | {"n_estimators": 5, "num_leaves": 4}
    scaled = lambda model: make_pipeline(StandardScaler(), model)
    made = {
        "xgboost-binary": (cancer, from_xgboost, xgboost.XGBClassifier(**small, tree_method="exact")),
        "xgboost-multi": (wine, from_xgboost, xgboost.XGBClassifier(**small | {"n_estimators": 5, "max_depth": 2})),
        "xgboost-regression": (diabetes, from_xgboost, xgboost.XGBRegressor(**small)),
        "lightgbm-binary": (cancer, from_lightgbm, lightgbm.LGBMClassifier(**few)),
        "lightgbm-multi": (flags, from_lightgbm, lightgbm.LGBMClassifier(**fewer)),
        "sklearn-forest": (wine, from_sklearn, RandomForestClassifier(n_estimators=10, max_depth=4, random_state=0)),
        "sklearn-regression": (
            diabetes,
            from_sklearn,
            GradientBoostingRegressor(n_estimators=10, max_depth=3, random_state=0),
        ),
        "sklearn-hist": (
            cancer,
            from_sklearn,
            HistGradientBoostingClassifier(max_iter=10, max_leaf_nodes=6, random_state=0),
        ),
        "sklearn-tree": (iris, from_sklearn, DecisionTreeClassifier(max_depth=4, random_state=0)),
        "linear-regression": (diabetes, from_sklearn, scaled(LinearRegression())),
        "logistic-multi": (wine, from_sklearn, scaled(LogisticRegression())),
        "svc-like": (iris, from_sklearn, LinearSVC(dual=False, tol=1e-10, random_state=0)),
        "mlp": (
            cancer,
            from_sklearn,
            scaled(MLPClassifier(hidden_layer_sizes=(8,), max_iter=1000, random_state=0)),
        ),
        "ensemble-v5": (hand, lambda model, data: model, by_hand()),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, (data, convert, model) in made.items():
        exported = convert(model, data)
        x = records(exported, data)
        written = finish(exported)
        assert len(written) < LIMIT, f"{name} has {len(written)} bytes"
        found = run(written, x)
        if name == "ensemble-v5":
            assert np.array_equal(found["scores"], [walk_by_hand(record) for record in x])
        else:
            assert np.allclose(found["scores"], own(model, x), rtol=1e-5, atol=1e-5), f"{name} is not exported as it is"
        (folder / f"{name}.onnx").write_bytes(written)
        (folder / f"{name}.json").write_text(data.schema(name))
        np.savez_compressed(folder / f"{name}.npz", x=x, **found)
        shapes = ", ".join(f"{k} {list(v.shape)}" for k, v in found.items())
        print(f"{name:<20}{len(written):>6} bytes, {len(boxes(exported)):>2} branches, {shapes}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
