pragma circom 2.0.0;

// Fails on a value that is not small, and on one whose square is not given with it.
template Checked() {
	signal input value;
	signal input square;
	assert(value < 10);
	square === value * value;
}

template Twice() {
	signal input value;
	signal input square;
	component first = Checked();
	first.value <== value;
	first.square <== square;
}

component main = Twice();
