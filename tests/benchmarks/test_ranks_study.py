"""The study of ranks: its cost model's arithmetic, and all of it in small."""

import re

import pytest
from installed import is_installed

from benchmarks.cost_model import Model, Point, errors, fitted
from benchmarks.links import missing
from benchmarks.studies import ranks, save_study
from benchmarks.studies.ranks_tables import CLUSTERS, FITTED, LINKS, TRIED, speedups


def test_the_model_is_found_again_where_times_have_noise():
    true = Model(fixed=5e-4, work=4e-11, update=2e-9, latency=2e-5, byte=2e-10)
    points = [
        Point(p, b, n, true.seconds(Point(p, b, n)) * (1 + noise))
        for noise, (p, b, n) in zip(
            [0.01, -0.01] * 12,
            [(p, b, n) for p in (10**5, 10**6) for b in (64, 512, 2048) for n in (1, 2, 3, 4)],
            strict=True,
        )
    ]
    found = fitted(points)
    assert max(map(abs, errors(found, points))) < 0.03
    # One per cent of noise in each time.
    assert found.work == pytest.approx(true.work, rel=0.05)


def test_no_number_is_negative():
    # The larger network is faster: nothing but the fixed time is left.
    found = fitted([Point(10**5, 64, 1, 2e-3), Point(10**6, 64, 1, 1e-3)])
    assert min(found.fixed, found.work, found.update, found.latency, found.byte) >= 0
    assert found.fixed > 0


def test_the_batch_with_half_the_efficiency_grows_with_hosts_and_shrinks_with_bandwidth():
    model = Model(fixed=5e-4, work=4e-11, update=2e-9, latency=2e-5, byte=2e-10)
    slow, fast = (model.over(bits=bits, latency=5e-5) for bits in (1e9, 1e10))
    batches = [slow.least_batch(669_706, hosts) for hosts in (8, 64, 512)]
    assert batches == sorted(set(batches))
    assert fast.least_batch(669_706, 64) < slow.least_batch(669_706, 64)
    assert slow.efficiency(Point(669_706, batches[0], 8)) >= 0.5 > slow.efficiency(Point(669_706, batches[0] // 2, 8))


def test_the_report_says_what_was_measured_and_what_follows():
    true = Model(fixed=5e-4, work=4e-11, update=2e-9, latency=2e-5, byte=2e-10)
    runs = [
        {
            **dict(zip(("ranks", "threads", "batch", "width"), one, strict=True)),
            "parameters": 784 * one[3] + one[3] ** 2 + 10 * one[3] + 2 * one[3] + 10,
            "source": "mnist",
            "sums": 1e-4,
        }
        for one in [*FITTED, *TRIED, *ranks.THREADED]
    ]
    for row in runs:
        row["seconds"] = true.seconds(Point(row["parameters"], row["batch"], row["ranks"])) / row["threads"]
    parameters = next(row["parameters"] for row in runs if row["width"] == 512)
    linked = true.over(bits=1e9, latency=50e-6).seconds(Point(parameters, 512, 2))
    modes = {"exact": {"seconds": 1e-2, "sums": 1e-3, "loss": 0.1, "val_loss": 0.2, "val_accuracy": 0.95}}
    link = {"parameters": parameters, "batch": 512, "seconds": 1.25 * linked, "sums": 2e-2}
    machine = {"cpu": "a processor", "cores": 2, "python": "3"}
    content = {"runs": runs, "modes": modes, "machine": machine, "date": "2025-01-31"}
    content["links"] = {"1 Gbit/s": {"exact": link, "exact, no overlap": link}}
    measured, judged, of_links, numbers, projected, conditions = ranks.markdown(content).split("\n\n")
    assert measured.count("\n") == 1 + len(runs)
    # Two threads are exactly twice as fast here.
    assert measured.splitlines()[-1].split(" | ")[:2] == ["| 1", "2"]
    assert measured.endswith("| 2.00 |")
    assert judged.endswith("| exact | 10.00 | 0.1000 | 0.2000 | 95.00% |")
    assert of_links.endswith("| -20% |")
    assert re.search(r"elsewhere [+-]0.0%, [+-]0.0%, [+-]0.0%", numbers)
    # A link has a row for one thread of a host and one for two, which wait for the network from a larger batch on.
    rows = [line.split(" | ") for line in projected.splitlines()[2:]]
    assert [row[:2] for row in rows] == [[f"| {name}", threads] for name in LINKS for threads in "12"]
    least = [[int(cell.split(" ")[0].replace(",", "")) for cell in row[2:]] for row in rows]
    assert least[0] == [true.over(bits=1e9, latency=50e-6).least_batch(parameters, hosts) for hosts in CLUSTERS]
    assert all(one <= two for one, two in zip(least[0], least[1], strict=True))
    assert "a processor, 2 cores" in conditions


@pytest.mark.skipif(not is_installed("mpi4py"), reason="mpi4py is not installed: pip install fastnn-ext[mpi]")
def test_the_study_in_small(tmp_path):
    if ranks.launcher() is None:
        pytest.skip("there is no mpiexec: pip install fastnn-ext[mpi]")
    content = ranks.measure(True, [].append, [])
    (row, times), *others = speedups(content)
    assert not others
    assert row["ranks"] == 2
    assert times > 0
    assert row["seconds"] > row["sums"] > 0
    # The same training: half precision changes digits.
    assert content["modes"]["half precision"]["loss"] == pytest.approx(content["modes"]["exact"]["loss"], rel=1e-2)
    assert ranks.describe(content).count("\n") >= 5
    save_study(ranks, content, tmp_path, "ranks", plot=True)
    assert (tmp_path / "ranks.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_that_fails_is_told():
    with pytest.raises(RuntimeError, match=r"(?s)1 ranks ended with exit status 1: .*ValueError"):
        ranks.run(1, 1, "--width", "-1", "--samples", "64")


def test_a_link_that_fails_is_left_out_with_a_word():
    if ranks.launcher() is None or (lacking := missing()) is not None:
        pytest.skip("there is no mpiexec" if ranks.launcher() is None else lacking)
    said = []
    assert ranks._linked([("exact", ["--width", "-1"])], ["--samples", "64"], said.append) == {}
    assert [text.split(":")[0] for text in said].count("left out") == 2
