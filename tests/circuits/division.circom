pragma circom 2.0.0;

// Quotient, remainder, inverse and comparisons, as the compiler computes them in the field.
template Division() {
	signal input a;
	signal input b;
	signal output quotient;
	signal output remainder;
	signal output ratio;
	signal output bits[6];

	quotient <-- a \ b;
	remainder <-- a % b;
	a === quotient * b + remainder;
	ratio <-- a / b;
	ratio * b === a;
	bits[0] <-- a < b;
	bits[1] <-- a == b;
	bits[2] <-- (a & b) != 0;
	bits[3] <-- (a >> 3) & 1;
	bits[4] <-- a < b ? 7 : 8;
	bits[5] <-- ~a ^ b;
}

component main = Division();
