// Proves several times with snarkjs in one process, which has key and witness in memory.
//
//   node snarkjs.mjs NPM CIRCUIT.zkey WITNESS.wtns FOLDER PROOFS
//
// NPM is the folder with snarkjs' node_modules. FOLDER gets proof-0.json and so on, public.json, and
// times.json: seconds of reading the files, and of each proof.

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";

const [npm, zkeyPath, witnessPath, folder, proofs] = process.argv.slice(2);
if (!proofs) {
    console.error("usage: node snarkjs.mjs NPM CIRCUIT.zkey WITNESS.wtns FOLDER PROOFS");
    process.exit(2);
}
const snarkjs = createRequire(join(resolve(npm), "package.json"))("snarkjs");

async function timed(work) {
    const began = performance.now();
    const result = await work();
    return [(performance.now() - began) / 1e3, result];
}

const write = (name, value) => writeFile(join(folder, name), JSON.stringify(value));
const memory = async (path) => ({ type: "mem", data: new Uint8Array(await readFile(path)) });

const [load, [zkey, witness]] = await timed(() => Promise.all([zkeyPath, witnessPath].map(memory)));
const times = { load, proofs: [] };
for (let index = 0; index < Number(proofs); index++) {
    const [seconds, { proof, publicSignals }] = await timed(() => snarkjs.groth16.prove(zkey, witness));
    times.proofs.push(seconds);
    await write(`proof-${index}.json`, proof);
    await write("public.json", publicSignals);
}
await write("times.json", times);
// Its worker threads would keep the process alive.
await globalThis.curve_bn128?.terminate();
