pragma circom 2.2.0;

bus Point() {
	signal x;
	signal y;
}

bus Segment() {
	Point() ends[2];
	signal weights[2];
}

// The weighted squares of a segment's lengths along both axes, with a point in an array of buses.
template Length() {
	input Segment() segment;
	input Point() origins[2];
	signal output out;

	signal dx <== segment.ends[0].x - segment.ends[1].x - origins[0].x - origins[1].x;
	signal dy <== segment.ends[0].y - segment.ends[1].y - origins[0].y - origins[1].y;
	signal xx <== dx * dx;
	signal yy <== dy * dy;
	signal wx <== segment.weights[0] * xx;
	signal wy <== segment.weights[1] * yy;
	out <== wx + wy;
}

component main = Length();
