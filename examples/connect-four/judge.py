"""Judges a policy: how often its move is optimal, and how it plays.

    python judge.py [MODEL]

MODEL is connect-four.onnx beside this file unless given; a quantised one will do, too. What is
full is left out of the argmax, as a proof with `--reveal masked-argmax` does. See README.md.
"""

import sys
from pathlib import Path

import numpy as np
from onnxruntime import InferenceSession
from solver import BOARD, COLUMN, COLUMNS, ROWS, STEP, reach, wins

GAMES = 500
SEED = 0
CELL = np.array([[STEP * column + ROWS - 1 - row for column in range(COLUMNS)] for row in range(ROWS)])


def planes(own, all_):
    """`[n, 2, 6, 7]`: the stones of whoever is to move, and those of the other, top row first."""
    own, all_ = np.asarray(own, dtype=np.int64), np.asarray(all_, dtype=np.int64)
    both = [(bits[:, None, None] >> CELL) & 1 for bits in (own, own ^ all_)]
    return np.stack(both, axis=1).astype(np.uint8)


def legal(x):
    """`[n, 7]`: 1 where a column is not full."""
    return 1 - x[:, :, 0].sum(axis=1, dtype=np.uint8)


def choose(logits, mask):
    """The largest of the logits that the mask allows."""
    return np.where(mask == 1, logits, -np.inf).argmax(axis=1)


def random_player(own, all_, rng):
    """Any column that is not full."""
    cells = [column for column in range(COLUMNS) if reach(all_) & (COLUMN << STEP * column)]
    return cells[rng.integers(len(cells))]


def careful_player(own, all_, rng):
    """Wins at once, else stops who would, else any column that is not full."""
    for urgent in wins(own, all_) & reach(all_), wins(own ^ all_, all_) & reach(all_):
        if urgent:
            return (urgent.bit_length() - 1) // STEP
    return random_player(own, all_, rng)


def games(policy, opponent):
    """Games that the policy wins, draws and loses; it begins every second one."""
    rng = np.random.default_rng(SEED)
    results = [0, 0, 0]
    # Stones of whoever is to move, stones of both, and whether the policy is.
    running = [(0, 0, game % 2 == 0) for game in range(GAMES)]
    while running:
        mine = [(own, all_) for own, all_, turn in running if turn]
        x = planes(*zip(*mine)) if mine else np.zeros((0, 2, ROWS, COLUMNS), dtype=np.uint8)
        moves = iter(choose(policy(x), legal(x)).tolist() if mine else [])
        left = []
        for own, all_, turn in running:
            column = next(moves) if turn else opponent(own, all_, rng)
            cell = reach(all_) & (COLUMN << STEP * column)
            if cell & wins(own, all_):
                results[0 if turn else 2] += 1
            elif all_ | cell == BOARD:
                results[1] += 1
            else:
                left.append((own ^ all_, all_ | cell, not turn))
        running = left
    return results


def report(policy, held):
    """Prints the figures for a function from boards to logits, and returns the optimal share."""
    rows = np.arange(len(held["x"]))
    move = choose(policy(held["x"]), held["mask"])
    share = held["mask"].sum(axis=1)
    stones = held["x"].sum(axis=(1, 2, 3))
    optimal, holds = held["optimal"][rows, move], held["holds"][rows, move]
    print(f"held out, optimal        {100 * optimal.mean():.2f} % of {len(rows)}, a random move {100 * (held['optimal'].sum(axis=1) / share).mean():.2f} %")
    for low, high in (12, 17), (18, 23), (24, 29), (30, 36):
        of = (stones >= low) & (stones <= high)
        print(f"  {low} to {high} stones        {100 * optimal[of].mean():.2f} % of {of.sum()}")
    print(f"held out, keeps result   {100 * holds.mean():.2f} % of {len(rows)}, a random move {100 * (held['holds'].sum(axis=1) / share).mean():.2f} %")
    for name, opponent in ("random", random_player), ("careful", careful_player):
        won, drawn, lost = games(policy, opponent)
        print(f"against the {name:<8}     {won} won, {drawn} drawn, {lost} lost of {GAMES}")
    return 100 * optimal.mean()


def main(path):
    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def policy(x):
        return session.run(None, {name: x.astype(np.float32)})[0].reshape(len(x), COLUMNS)

    report(policy, np.load(Path(__file__).parent / "heldout.npz"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "connect-four.onnx")
