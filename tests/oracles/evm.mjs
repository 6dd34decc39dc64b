// An EVM that answers questions about one contract: a line of JSON in, a line of JSON out.
//
//   {"deploy": "0x…"}            → {"deployed": true}
//   {"call": "0x…", "gas": N}    → {"output": "0x…", "gas": N}, or {"failed": "…", "gas": N}
//
// Gas is that of the execution, without what a transaction costs besides. @ethereumjs/evm is looked for
// in the folder ZKML_NPM.

import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const load = createRequire(join(process.env.ZKML_NPM, "package.json"));
const { createEVM } = load("@ethereumjs/evm");
const { Common, Hardfork, Mainnet } = load("@ethereumjs/common");
const { Account, bytesToHex, createAddressFromString, hexToBytes } = load("@ethereumjs/util");

const evm = await createEVM({ common: new Common({ chain: Mainnet, hardfork: Hardfork.Prague }) });
const caller = createAddressFromString(`0x${"11".repeat(20)}`);
await evm.stateManager.putAccount(caller, new Account(0n, 10n ** 18n));
let contract;

async function answer({ deploy, call, gas }) {
    if (deploy) {
        const { createdAddress, execResult } =
            await evm.runCall({ caller, data: hexToBytes(deploy), gasLimit: 30_000_000n });
        if (execResult.exceptionError) return { failed: execResult.exceptionError.error };
        contract = createdAddress;
        return { deployed: true };
    }
    const data = hexToBytes(call);
    const { execResult } = await evm.runCall({ caller, to: contract, data, gasLimit: BigInt(gas) });
    const used = Number(execResult.executionGasUsed);
    if (execResult.exceptionError) return { failed: execResult.exceptionError.error, gas: used };
    return { output: bytesToHex(execResult.returnValue), gas: used };
}

for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(JSON.parse(line))));
}
