pragma circom 2.0.0;

// A matrix times a vector, and the square of their product's sum.
template Product(rows, columns) {
	signal input matrix[rows][columns];
	signal input vector[columns];
	signal output product[rows];
	signal output square;

	signal terms[rows][columns];
	var total = 0;
	for (var row = 0; row < rows; row++) {
		var sum = 0;
		for (var column = 0; column < columns; column++) {
			terms[row][column] <== matrix[row][column] * vector[column];
			sum += terms[row][column];
		}
		product[row] <== sum;
		total += sum;
	}
	square <== total * total;
}

component main {public [vector]} = Product(2, 3);
