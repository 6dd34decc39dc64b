"""One step of EZKL on the model in this folder.

    python ezkl_steps.py prepare | setup | prove | verify SRS
    python ezkl_steps.py srs FILE

Reads model.onnx, ezkl-input.json and ezkl-calibration.json; writes ezkl-* and calls.json, which says how
many seconds the calls took, and how large the proof is. As ours: the input is private, the output
public, and the weights are constants of the circuit.
"""

import json
import sys
import time
from pathlib import Path

import ezkl

MODEL = "model.onnx"
INPUT = "ezkl-input.json"
CALIBRATION = "ezkl-calibration.json"
SETTINGS = "ezkl-settings.json"
CIRCUIT = "ezkl-circuit"
WITNESS = "ezkl-witness.json"
PROVING_KEY = "ezkl-pk.key"
VERIFYING_KEY = "ezkl-vk.key"
PROOF = "ezkl-proof.json"


def prepare(_srs):
    arguments = ezkl.PyRunArgs()
    arguments.input_visibility = "private"
    arguments.output_visibility = "public"
    arguments.param_visibility = "fixed"
    # The name that our models give to a first dimension of any size.
    arguments.variables = [("batch", 1)]
    return (
        ezkl.gen_settings(MODEL, SETTINGS, py_run_args=arguments)
        and ezkl.calibrate_settings(CALIBRATION, MODEL, SETTINGS, "resources")
        and ezkl.compile_circuit(MODEL, CIRCUIT, SETTINGS)
    )


def setup(srs):
    return ezkl.setup(CIRCUIT, VERIFYING_KEY, PROVING_KEY, srs_path=srs)


def prove(srs):
    ezkl.gen_witness(INPUT, CIRCUIT, WITNESS)
    return ezkl.prove(WITNESS, CIRCUIT, PROVING_KEY, PROOF, srs_path=srs)


def verify(srs):
    return ezkl.verify(PROOF, SETTINGS, VERIFYING_KEY, srs_path=srs)


def srs(path):
    ezkl.gen_srs(path, json.loads(Path(SETTINGS).read_text())["run_args"]["logrows"])
    return True


STEPS = {step.__name__: step for step in (prepare, setup, prove, verify, srs)}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in STEPS:
        sys.exit(__doc__)
    began = time.perf_counter()
    done = STEPS[sys.argv[1]](sys.argv[2])
    calls = {"seconds": time.perf_counter() - began}
    if not done:
        sys.exit(f"{sys.argv[1]} did not succeed")
    if Path(PROOF).exists():
        calls["proof"] = len(json.loads(Path(PROOF).read_text())["proof"])
    Path("calls.json").write_text(json.dumps(calls))


main()
