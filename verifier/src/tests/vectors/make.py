#!/usr/bin/env python3
"""Writes pairing.txt: pairing checks in the encoding of EIP-197, as Ethereum's reference sees them.

    pip install py_ecc==8.0.0 && python3 make.py > pairing.txt

Each line is a name, an outcome and pairs of points. A point of G1 is x, y, a point of G2 is x, y
with the imaginary part first, all coordinates 32 bytes, big-endian; zeros stand for infinity.
Outcomes, pair by pair, the first that applies:

    coordinate  one is not below the field's modulus
    curve       a point is not on its curve
    subgroup    a point of G2 is not of the right order
    one, other  whether the product of the pairings is one
"""

import random
import sys

from py_ecc import optimized_bn128 as bn

Q, R = bn.field_modulus, bn.curve_order
INFINITY = 0, 0
INFINITY_2 = (0, 0), (0, 0)
random.seed("zkml pairing vectors")


def g1(exponent):
    x, y = bn.normalize(bn.multiply(bn.G1, exponent % R))
    return int(x), int(y)


def g2(exponent):
    x, y = bn.normalize(bn.multiply(bn.G2, exponent % R))
    return coefficients(x), coefficients(y)


def coefficients(element):
    return tuple(int(coefficient) for coefficient in element.coeffs)


def scalar():
    return random.randrange(1, R)


def below_q():
    return random.randrange(Q)


def outcome(pairs):
    """What EIP-197 says of the pairs."""
    product = bn.FQ12.one()
    for (x, y), (x2, y2) in pairs:
        if any(value >= Q for value in (x, y, *x2, *y2)):
            return "coordinate"
        point = (bn.FQ(x), bn.FQ(y), bn.FQ(1)) if (x, y) != INFINITY else bn.Z1
        twist = (bn.FQ2(x2), bn.FQ2(y2), bn.FQ2.one()) if (x2, y2) != INFINITY_2 else bn.Z2
        if not bn.is_on_curve(point, bn.b) or not bn.is_on_curve(twist, bn.b2):
            return "curve"
        if not bn.is_inf(bn.multiply(twist, R)):
            return "subgroup"
        product *= bn.pairing(twist, point, final_exponentiate=False)
    return "one" if bn.final_exponentiate(product) == bn.FQ12.one() else "other"


def square_root(element):
    """In Fq2, by the norm; None where there is none."""
    a, b = coefficients(element)
    norm = root(a * a + b * b)
    if norm is None:
        return None
    for sign in norm, -norm:
        x = root((a + sign) * pow(2, -1, Q))
        if x:
            candidate = bn.FQ2((x, b * pow(2 * x, -1, Q)))
            if candidate * candidate == element:
                return candidate
    return None


def root(value):
    """In Fq, whose modulus is 3 mod 4."""
    value %= Q
    candidate = pow(value, (Q + 1) // 4, Q)
    return candidate if candidate * candidate % Q == value else None


def twist_points():
    """Points of the twist of any order: hardly one is of the right one."""
    while True:
        x = bn.FQ2((below_q(), below_q()))
        y = square_root(x * x * x + bn.b2)
        if y is not None:
            yield coefficients(x), coefficients(y)


def balanced(count):
    """Pairs whose product is one."""
    exponents = [(scalar(), scalar()) for _ in range(count - 1)]
    last = scalar()
    rest = -sum(a * b for a, b in exponents) * pow(last, -1, R)
    return [(g1(a), g2(b)) for a, b in exponents + [(rest, last)]]


def groth16(signals, wrong=0):
    """e(−A, B) · e(α, β) · e(x, γ) · e(C, δ) for a proof that its secret forged."""
    a, b, alpha, beta, gamma, delta = (scalar() for _ in range(6))
    x = sum(scalar() * scalar() for _ in range(signals)) + scalar()
    c = (a * b - alpha * beta - x * gamma) * pow(delta, -1, R) + wrong
    pairs = (-a, b), (alpha, beta), (x, gamma), (c, delta)
    return [(g1(p), g2(q)) for p, q in pairs]


def changed(pairs, pair, coordinate, change):
    """The pairs with one coordinate changed, counted as in the encoding."""
    (x, y), ((x0, x1), (y0, y1)) = pairs[pair]
    values = [x, y, x1, x0, y1, y0]
    values[coordinate] = change(values[coordinate])
    x, y, x1, x0, y1, y0 = values
    return pairs[:pair] + [((x, y), ((x0, x1), (y0, y1)))] + pairs[pair + 1 :]


def vectors():
    for count in 1, 2, 3, 4, 6, 10:
        yield f"balanced_{count}", balanced(count) if count > 1 else [(g1(1), g2(1))]
    for count in 2, 3, 5:
        yield f"unbalanced_{count}", [(g1(scalar()), g2(scalar())) for _ in range(count)]
    pairs = balanced(2)
    yield "swapped", [(pairs[0][0], pairs[1][1]), (pairs[1][0], pairs[0][1])]
    yield "negated", [(pairs[0][0], pairs[0][1]), (negative(pairs[1][0]), pairs[1][1])]
    yield "generators", [(g1(1), g2(1)), (g1(-1), g2(1))]
    yield "generators_in_g2", [(g1(1), g2(1)), (g1(1), g2(-1))]
    yield "small_exponents", [(g1(2), g2(3)), (g1(-6), g2(1))]
    yield "small_exponents_off_by_one", [(g1(2), g2(3)), (g1(-5), g2(1))]
    yield "order_r_minus_one", [(g1(R - 1), g2(R - 1)), (g1(-1), g2(1))]
    for signals in 1, 4:
        yield f"groth16_{signals}", groth16(signals)
        yield f"groth16_{signals}_wrong", groth16(signals, wrong=1)

    yield "infinity_both", [(INFINITY, INFINITY_2)]
    yield "infinity_in_g1", [(INFINITY, g2(scalar()))]
    yield "infinity_in_g2", [(g1(scalar()), INFINITY_2)]
    yield "infinity_among_balanced", [pairs[0], (INFINITY, g2(scalar())), pairs[1]]
    yield "infinity_among_unbalanced", [pairs[0], (g1(scalar()), INFINITY_2)]

    names = "g1_x", "g1_y", "g2_x_imaginary", "g2_x_real", "g2_y_imaginary", "g2_y_real"
    for coordinate, name in enumerate(names):
        yield f"curve_{name}", changed(pairs, 0, coordinate, lambda value: (value + 1) % Q)
        yield f"modulus_added_{name}", changed(pairs, 1, coordinate, lambda value: value + Q)
        yield f"modulus_{name}", changed(pairs, 0, coordinate, lambda _: Q)
        yield f"largest_{name}", changed(pairs, 0, coordinate, lambda _: 2**256 - 1)
    for bit in 254, 255:
        for coordinate, name in enumerate(names):
            flag = lambda value: value | 1 << bit
            yield f"bit_{bit}_{name}", changed(pairs, 0, coordinate, flag)
    yield "curve_zero_x", [((0, 1), g2(1))]
    yield "curve_of_the_twist", [(g1(1), ((1, 0), (2, 0)))]
    yield "curve_parts_exchanged", [(pairs[0][0], tuple(half[::-1] for half in pairs[0][1]))]

    points = twist_points()
    for number in range(4):
        yield f"subgroup_{number}", [(g1(scalar()), next(points))]
    yield "subgroup_last", pairs + [(g1(scalar()), next(points))]
    # The part of such a point that is not of the right order, and one of the right order.
    x, y = next(points)
    cofactor_part = bn.multiply((bn.FQ2(x), bn.FQ2(y), bn.FQ2.one()), R)
    shifted = bn.add(cofactor_part, bn.multiply(bn.G2, scalar()))
    for name, point in ("cofactor", cofactor_part), ("shifted", shifted):
        x, y = bn.normalize(point)
        yield f"subgroup_{name}", [(g1(scalar()), (coefficients(x), coefficients(y)))]


def negative(point):
    return point[0], -point[1] % Q


def encode(pairs):
    words = []
    for (x, y), ((x0, x1), (y0, y1)) in pairs:
        words += [x, y, x1, x0, y1, y0]
    return "".join(f"{word:064x}" for word in words)


def main():
    print("# python3 make.py > pairing.txt")
    for name, pairs in vectors():
        print(name, outcome(pairs), encode(pairs))
        print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
