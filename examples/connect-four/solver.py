"""An exact solver for Connect Four on the board of 6 rows and 7 columns.

A position is two integers of 49 bits, 7 for each column from the bottom up, of which the top one
stays empty: `own`, the stones of whoever is to move, and `all_`, those of both.

The score of a position is 0 for a draw, and else how many stones short of 22 the winner needs in
all: 1 for a win with the last of one's 21 stones, 18 for one with the fourth; negative for a loss.
Optimal is what wins soonest or loses latest. The search is a negamax with alpha and beta over a
table of positions, to the end of the game.
"""

import numpy as np
from numba import njit

ROWS, COLUMNS = 6, 7
CELLS = ROWS * COLUMNS
STEP = ROWS + 1
BOTTOM = sum(1 << STEP * column for column in range(COLUMNS))
BOARD = BOTTOM * ((1 << ROWS) - 1)
CENTRE_FIRST = (3, 2, 4, 1, 5, 0, 6)
COLUMN = (1 << ROWS) - 1
TABLE_BITS = 22
LEAST = -18


def new_table():
    """Of positions their key, 6 bits further up, and an upper bound of the score less `LEAST`, plus 1."""
    return np.zeros(1 << TABLE_BITS, dtype=np.int64)


@njit("int64(int64)")
def count(bits):
    """How many bits are 1, of at most 49."""
    bits -= (bits >> 1) & 0x5555555555555555
    bits = (bits & 0x3333333333333333) + ((bits >> 2) & 0x3333333333333333)
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F
    return (bits * 0x0101010101010101) >> 56


@njit("int64(int64, int64)")
def wins(own, all_):
    """The empty cells, in reach or not, that complete four of `own`."""
    r = (own << 1) & (own << 2) & (own << 3)
    for step in (STEP, STEP - 1, STEP + 1):
        pair = (own << step) & (own << 2 * step)
        r |= pair & (own << 3 * step)
        r |= pair & (own >> step)
        pair = (own >> step) & (own >> 2 * step)
        r |= pair & (own << step)
        r |= pair & (own >> 3 * step)
    return r & (BOARD ^ all_)


@njit("int64(int64)")
def reach(all_):
    """The cells into which the next stone can fall."""
    return (all_ + BOTTOM) & BOARD


@njit("int64(int64, int64)")
def safe(own, all_):
    """The cells in reach after which the opponent cannot win at once; for who cannot win at once."""
    cells = reach(all_)
    theirs = wins(own ^ all_, all_)
    forced = cells & theirs
    if forced:
        if forced & (forced - 1):
            return 0
        cells = forced
    return cells & ~(theirs >> 1)


@njit("int64(int64, int64, int64, int64, int64, int64[:])")
def search(own, all_, stones, alpha, beta, table):
    """The score if it lies between `alpha` and `beta`, else a bound on its side of them.

    For positions in which whoever is to move cannot win at once.
    """
    cells = safe(own, all_)
    if cells == 0:
        return -((CELLS - stones) // 2)
    if stones >= CELLS - 2:
        return 0
    alpha = max(alpha, -((CELLS - 2 - stones) // 2))
    most = (CELLS - 1 - stones) // 2
    key = own + all_
    slot = ((key * 0x1E3779B97F4A7C15) >> 32) & ((1 << TABLE_BITS) - 1)
    if table[slot] >> 6 == key:
        most = (table[slot] & 63) + LEAST - 1
    beta = min(beta, most)
    if alpha >= beta:
        return beta
    # Moves that threaten most come first, one hexadecimal digit for each column.
    threats = 0
    for column in range(COLUMNS):
        move = cells & (COLUMN << STEP * column)
        if move:
            threats |= (1 + count(wins(own | move, all_ | move))) << 4 * column
    while threats:
        best, most = 0, 0
        for column in CENTRE_FIRST:
            threat = (threats >> 4 * column) & 15
            if threat > most:
                best, most = column, threat
        threats ^= most << 4 * best
        move = cells & (COLUMN << STEP * best)
        score = -search(own ^ all_, all_ | move, stones + 1, -beta, -alpha, table)
        if score >= beta:
            return score
        alpha = max(alpha, score)
    table[slot] = (key << 6) | (alpha - LEAST + 1)
    return alpha


@njit("int64(int64, int64, int64[:])")
def solve(own, all_, table):
    """The score of a position in which the game is not over."""
    stones = count(all_)
    if wins(own, all_) & reach(all_):
        return (CELLS + 1 - stones) // 2
    low, high = -((CELLS - stones) // 2), (CELLS + 1 - stones) // 2
    while low < high:
        middle = low + (high - low) // 2
        # Nearer to 0: whether a position is won is cheaper to tell than when.
        if middle <= 0 and int(low / 2) < middle:
            middle = int(low / 2)
        elif middle >= 0 and high // 2 > middle:
            middle = high // 2
        score = search(own, all_, stones, middle, middle + 1, table)
        if score <= middle:
            high = score
        else:
            low = score
    return low


@njit("int64(int64, int64, int64, int64[:])")
def columns(own, all_, least, table):
    """The columns, bit by bit, in which a stone has a score of at least `least`."""
    stones = count(all_)
    cells = reach(all_)
    result = 0
    for column in range(COLUMNS):
        move = cells & (COLUMN << STEP * column)
        if move == 0:
            continue
        theirs, after = own ^ all_, all_ | move
        if move & wins(own, all_):
            score = (CELLS + 1 - stones) // 2
        elif wins(theirs, after) & reach(after):
            score = -((CELLS - stones) // 2)
        else:
            score = -search(theirs, after, stones + 1, -least, 1 - least, table)
        if score >= least:
            result |= 1 << column
    return result


@njit("int64[:](float64[:, :])")
def play(draws):
    """The position after as many random moves as there are pairs of draws, or zeros.

    The first of a pair picks a column. A threat to win is stopped where the second is below 0.8.
    Zeros stand for a game in which somebody could have won on the way.
    """
    own, all_ = 0, 0
    for i in range(len(draws)):
        cells = reach(all_)
        if wins(own, all_) & cells:
            return np.zeros(2, dtype=np.int64)
        forced = cells & wins(own ^ all_, all_)
        if forced and draws[i, 1] < 0.8:
            cells = forced
        skip = int(draws[i, 0] * count(cells))
        while skip:
            cells &= cells - 1
            skip -= 1
        own, all_ = own ^ all_, all_ | (cells & -cells)
    return np.array([own, all_])
