"""Tables that the tests of the command share."""

import csv

import numpy as np
import pytest


def write_csv(path, columns, delimiter=","):
    """Write columns by name, and return the path."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


@pytest.fixture
def players(tmp_path):
    """A function that writes players with what they earn: numbers, two columns of categories, some noise."""

    def make(name="players.csv", rows=200, seed=0):
        rng = np.random.default_rng(seed)
        years, hits = rng.integers(1, 24, rows), rng.integers(1, 240, rows)
        league, position = rng.choice(["A", "N"], rows), rng.choice(["C", "1B", "OF"], rows)
        salary = 100 + 20 * years + 2.5 * hits + 80 * (league == "A") + rng.normal(0, 20, rows)
        columns = {"years": years, "hits": hits, "league": league, "position": position, "salary": salary.round(2)}
        return write_csv(tmp_path / name, columns)

    return make


@pytest.fixture
def flowers(tmp_path):
    """A function that writes flowers of three kinds that lie six standard deviations apart, and a constant column."""

    def make(name="flowers.csv", rows=120):
        rng = np.random.default_rng(0)
        kinds = rng.integers(0, 3, rows)
        columns = {
            "length": kinds * 2 + rng.normal(0, 0.3, rows),
            "width": -kinds + rng.normal(0, 0.3, rows),
            "constant": np.full(rows, 7),
            "species": np.array(["iris", "lily", "rose"])[kinds],
        }
        return write_csv(tmp_path / name, columns)

    return make
