pragma circom 2.0.0;

// How often a number can be halved; of zero, without end.
function halvings(value) {
	var count = 0;
	var rest = value;
	while (rest % 2 == 0) {
		rest = rest \ 2;
		count++;
	}
	return count;
}

template Loop() {
	signal input value;
	signal output count;
	count <-- halvings(value);
}

component main = Loop();
