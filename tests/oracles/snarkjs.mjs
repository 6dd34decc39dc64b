// Asks snarkjs about our files.
//
//   node snarkjs.mjs verify VERIFICATION_KEY.json PUBLIC.json PROOF.json
//   node snarkjs.mjs check-witness CIRCUIT.r1cs WITNESS.wtns
//   node snarkjs.mjs r1cs-info CIRCUIT.r1cs
//   node snarkjs.mjs prove CIRCUIT.zkey WITNESS.wtns FOLDER
//   node snarkjs.mjs zkey-vk CIRCUIT.zkey
//   node snarkjs.mjs setup CIRCUIT.r1cs POWER FOLDER     for at most 2^POWER constraints
//
// snarkjs is looked for in the folder ZKML_NPM, or ~/.cache/zkml/npm.
// Exit status: 0 yes or done, 1 no, 2 could not be answered.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

const PINNED = "0.7.6";

// `wtns.check` calls its logger without looking whether it was given one.
const logger = {
    info() {},
    debug() {},
    warn: (text) => console.error(text),
    error: (text) => console.error(text),
};

class Usage extends Error {}

async function load() {
    const folder = resolve(process.env.ZKML_NPM || join(homedir(), ".cache/zkml/npm"));
    const { version } = await readJson(join(folder, "node_modules/snarkjs/package.json"));
    if (version !== PINNED) throw new Error(`the oracle is snarkjs ${PINNED}, ${folder} has ${version}`);
    return createRequire(join(folder, "package.json"))("snarkjs");
}

async function readJson(path) {
    return JSON.parse(await readFile(path, "utf8"));
}

function answer(yes, text) {
    console.log(text);
    return yes ? 0 : 1;
}

const commands = {
    async verify(snarkjs, keyPath, publicPath, proofPath) {
        const [key, signals, proof] = await Promise.all([keyPath, publicPath, proofPath].map(readJson));
        // snarkjs takes as many signals as it is given.
        if (signals.length !== key.nPublic || key.IC.length !== key.nPublic + 1) {
            return answer(false, `${signals.length} signals, the key has ${key.nPublic} and ${key.IC.length} points`);
        }
        const valid = await snarkjs.groth16.verify(key, signals, proof, logger);
        return answer(valid, valid ? "valid" : "invalid");
    },

    async "check-witness"(snarkjs, r1csPath, witnessPath) {
        // snarkjs looks neither at the length of a witness nor at its first wire.
        const { nVars, nConstraints } = await header(snarkjs, r1csPath);
        const witness = await snarkjs.wtns.exportJson(witnessPath);
        if (witness.length !== nVars) return answer(false, `${witness.length} values for ${nVars} wires`);
        if (BigInt(witness[0]) !== 1n) return answer(false, `wire 0 is ${witness[0]}`);
        const satisfied = await snarkjs.wtns.check(r1csPath, witnessPath, logger);
        return answer(satisfied, satisfied ? `satisfies ${nConstraints} constraints` : "not satisfied");
    },

    async "r1cs-info"(snarkjs, r1csPath) {
        return answer(true, JSON.stringify(await header(snarkjs, r1csPath)));
    },

    async prove(snarkjs, zkeyPath, witnessPath, folder) {
        const { proof, publicSignals } = await snarkjs.groth16.prove(zkeyPath, witnessPath);
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, "proof.json"), JSON.stringify(proof, null, 1));
        await writeFile(join(folder, "public.json"), JSON.stringify(publicSignals, null, 1));
        return answer(true, folder);
    },

    // Both phases with a contribution each; writes circuit.zkey and verification_key.json.
    async setup(snarkjs, r1csPath, power, folder) {
        await mkdir(folder, { recursive: true });
        const at = (name) => join(folder, name);
        const curve = await snarkjs.curves.getCurveFromName("bn128");
        const { powersOfTau, zKey } = snarkjs;
        await powersOfTau.newAccumulator(curve, Number(power), at("0.ptau"));
        await powersOfTau.contribute(at("0.ptau"), at("1.ptau"), "first", "some entropy");
        await powersOfTau.preparePhase2(at("1.ptau"), at("2.ptau"));
        await zKey.newZKey(r1csPath, at("2.ptau"), at("0.zkey"));
        await zKey.contribute(at("0.zkey"), at("circuit.zkey"), "first", "more entropy");
        for (const [name, zkey] of [["initial.json", "0.zkey"], ["verification_key.json", "circuit.zkey"]]) {
            const key = await zKey.exportVerificationKey(at(zkey));
            await writeFile(at(name), JSON.stringify(key, null, 1));
        }
        return answer(true, folder);
    },

    async "zkey-vk"(snarkjs, zkeyPath) {
        return answer(true, JSON.stringify(await snarkjs.zKey.exportVerificationKey(zkeyPath), null, 1));
    },
};

async function header(snarkjs, r1csPath) {
    const { prime, nVars, nOutputs, nPubInputs, nPrvInputs, nLabels, nConstraints } = await snarkjs.r1cs.info(r1csPath);
    return { prime: prime.toString(), nVars, nOutputs, nPubInputs, nPrvInputs, nLabels, nConstraints };
}

async function main([name, ...paths]) {
    const command = Object.hasOwn(commands, name ?? "") ? commands[name] : undefined;
    if (!command || paths.length !== command.length - 1) {
        throw new Usage(`usage: node snarkjs.mjs ${Object.keys(commands).join(" | ")}, then its files`);
    }
    const snarkjs = await load();
    try {
        return await command(snarkjs, ...paths);
    } finally {
        // Its worker threads would keep the process alive.
        await globalThis.curve_bn128?.terminate();
    }
}

try {
    process.exitCode = await main(process.argv.slice(2));
} catch (error) {
    console.error(error instanceof Usage ? error.message : `snarkjs.mjs: ${error?.stack ?? error}`);
    process.exitCode = 2;
}
