pragma circom 2.0.0;

// A chain of 100,000 squares.
template Squares(count) {
	signal input start;
	signal output end;
	signal values[count + 1];
	values[0] <== start;
	for (var index = 0; index < count; index++) {
		values[index + 1] <== values[index] * values[index] + index;
	}
	end <== values[count];
}

component main = Squares(100000);
