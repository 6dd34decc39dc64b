// Writes an input of keras_dense.circom to standard output, and its scores to standard error.
//
//	node keras_dense.mjs > keras_dense.input.json

const SCALE = 1000;
const fixed = (value, scale) => Math.round(value * scale);
const input = [5.1, 3.5, -1.4, 0.2];
const weights = [
	[0.72, -0.31, 0.058, -0.944, 0.4],
	[-0.15, 0.887, -0.62, 0.27, 0.013],
	[0.333, -0.5, 0.91, 0.128, -0.777],
	[-1.05, 0.46, 0.39, -0.2, 0.601],
];
const bias = [0.1, -0.25, 0.05, 0.3, -0.015];
const weights1 = [
	[0.51, -0.83, 0.12],
	[-0.29, 0.64, 0.33],
	[0.9, 0.21, -0.47],
	[0.05, -0.38, 0.77],
	[-0.66, 0.42, 0.18],
];
const bias1 = [-0.2, 0.35, 0.04];

const dense = (x, w, b) => b.map((start, out) => x.reduce((sum, v, i) => sum + v * w[i][out], start));
const model = {
	in: input.map((v) => fixed(v, SCALE)),
	dense_weights: weights.map((row) => row.map((v) => fixed(v, SCALE))),
	dense_bias: bias.map((v) => fixed(v, SCALE ** 2)),
	dense_1_weights: weights1.map((row) => row.map((v) => fixed(v, SCALE))),
	dense_1_bias: bias1.map((v) => fixed(v, SCALE ** 3)),
};
const hidden = dense(model.in, model.dense_weights, model.dense_bias);
const scores = dense(hidden.map((v) => Math.max(v, 0)), model.dense_1_weights, model.dense_1_bias);
// As decimal strings, in which snarkjs and keras2circom write numbers that may be negative.
console.log(JSON.stringify(model, (_, v) => (typeof v === "number" ? String(v) : v), "\t"));
console.error(`hidden ${hidden}\nscores ${scores}\nclass ${scores.indexOf(Math.max(...scores))}`);
