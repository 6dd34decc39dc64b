// Commits to values as docs/commitments.md says, with circomlibjs' Poseidon.
//
//   node commitment.mjs < REQUESTS.json
//
// Requests are a list of { "kind": 1, "schema": HEX, "salt": HEX, "sections": [{ "width": 8,
// "values": [0, 255] }] }, values without their least; hexadecimal is of bytes, little-endian.
// Prints a list of commitments, likewise.
//
// circomlibjs is looked for in the folder ZKML_NPM, or ~/.cache/zkml/npm.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

const folder = resolve(process.env.ZKML_NPM || join(homedir(), ".cache/zkml/npm"));
const { buildPoseidon } = createRequire(join(folder, "package.json"))("circomlibjs");
const poseidon = await buildPoseidon();
const hash = (inputs) => poseidon.F.toObject(poseidon(inputs));

const fromHex = (hex) =>
    hex.match(/../g).reduceRight((sum, byte) => (sum << 8n) | BigInt(`0x${byte}`), 0n);

const toHex = (value) =>
    Array.from({ length: 32 }, (_, i) => (value >> BigInt(8 * i)) & 255n)
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join("");

function bytes(...parts) {
    return parts.flat().reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

const count = (n) => [0, 8, 16, 24].map((shift) => (n >> shift) & 255);

function commit({ kind, schema, salt, sections }) {
    const layouts = sections.flatMap(({ width, values }) => [width, ...count(values.length)]);
    const header = bytes([..."zkml1"].map((letter) => letter.charCodeAt(0)), kind, layouts);
    const words = sections.flatMap(({ width, values }) => {
        const perWord = Math.floor(253 / width);
        const chunks = [];
        for (let at = 0; at < values.length; at += perWord) chunks.push(values.slice(at, at + perWord));
        return chunks.map((chunk) =>
            chunk.reduceRight((sum, value) => (sum << BigInt(width)) | BigInt(value), 0n),
        );
    });
    let last = hash([header, fromHex(schema), fromHex(salt), ...words.splice(0, 13)]);
    while (words.length > 0) last = hash([last, ...words.splice(0, 15)]);
    return toHex(last);
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(commit)));
