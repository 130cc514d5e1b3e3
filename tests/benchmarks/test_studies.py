"""The studies' arithmetic, and each of them in small."""

import dataclasses
import math
import os
import sys

import pytest
from installed import is_installed

from benchmarks import graphs as graph_jobs
from benchmarks.jobs import JOBS
from benchmarks.machine_peak import MachinePeak
from benchmarks.peers import fastnn_model
from benchmarks.runner import MismatchError
from benchmarks.studies import (
    estimator_jobs,
    estimators,
    features,
    files,
    fit_memory,
    graphs,
    grid,
    growth,
    out_of_core,
    roofline,
    save_study,
    scaling,
    streams,
)

SILENT = [].append


def test_the_line_is_nearest_in_relative_terms():
    start, slope, deviation = growth.line_through([1, 10, 100], [3.0, 12.0, 102.0])
    assert (start, slope) == pytest.approx((2.0, 1.0))
    assert deviation < 1e-9
    assert growth.line_through([1, 2, 3], [1.0, 2.2, 2.9])[2] > 0.02


def test_intensity_and_operations_count_every_product():
    keras = JOBS["keras"]
    weights = 784 * 20 + 20 * 20 + 20 * 10
    assert keras.operations == 6 * weights
    # RMSprop: weights and one average, each read and written; 32 rows of 794 numbers.
    assert roofline.intensity(keras) == pytest.approx(6 * weights * 32 / (4 * (32 * 794 + 4 * weights)))
    # A microsecond a sample is 6 * weights operations in it.
    assert roofline.gflops(keras, 1.0) == pytest.approx(6 * weights / 1e3)
    assert roofline.gflops(JOBS["predict-10k-small"], 2.0) == pytest.approx(2 * weights * 10_000 / 2e-3 / 1e9)


def test_the_roof_bends_where_the_peak_is_reached():
    peak = MachinePeak(threads=2, gflops=120.0, cache_bandwidth=60.0, memory_bandwidth=20.0)
    assert [peak.roof(x, peak.memory_bandwidth) for x in (1.0, 6.0, 100.0)] == [20.0, 120.0, 120.0]


def test_the_roofline_needs_results(result):
    with pytest.raises(ValueError, match="needs the results of other jobs"):
        roofline.measure(True, SILENT, [])


def test_the_roofline_places_results_under_the_roof(result, tmp_path):
    pytest.importorskip("fastnn_ext.runtime.peak")
    content = roofline.measure(True, SILENT, [result, dataclasses.replace(result, name="import")])
    (point,) = content["points"]
    assert (point["job"], point["peer"]) == ("notebook", "fastnn")
    assert point["gflops"] == pytest.approx(6 * (784 * 20 + 200) / 2.5e3)
    assert all(value > 0 for value in content["peak"].values())
    assert "notebook" in roofline.describe(content)
    save_study(roofline, content, tmp_path, "roofline", plot=True)
    assert (tmp_path / "roofline.png").read_bytes().startswith(b"\x89PNG")


def test_scaling_in_small(tmp_path):
    content = scaling.measure(True, SILENT, [])
    for sweep, values in (("batch", [1, 32]), ("width", [8])):
        assert content[sweep]["values"] == values
        for times in content[sweep]["microseconds"].values():
            assert all(time > 0 and math.isfinite(time) for time in times)
            assert len(times) == len(values)
    assert "width" in scaling.describe(content)
    save_study(scaling, content, tmp_path, "scaling", plot=True)
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's account of a process is Linux'")
def test_growth_in_small(tmp_path):
    content = growth.measure(True, SILENT, [])
    assert content["samples"] == [1000, 4000]
    assert [row["samples"] for row in content["memory"]] == [1000, 4000]
    assert content["memory"][1]["data"] == 4 * content["memory"][0]["data"]
    assert all(row["peak"] > 0 for row in content["memory"])
    assert "linear in samples" in growth.describe(content)
    save_study(growth, content, tmp_path, "growth", plot=True)
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's account of a process is Linux'")
def test_a_fit_that_copied_its_data_would_show():
    measured = growth._memory(20_000)
    assert measured["parameters"] == 4 * (784 * 128 + 128 + 128 * 10 + 10)
    assert measured["slots"] == fit_memory.SLOTS
    # 63 MB of data: the fit's own memory is far below a copy of them.
    assert measured["peak"] - measured["before"] < measured["data"] / 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a pseudo-terminal and the kernel's account of memory")
@pytest.mark.parametrize("study", [features, files], ids=["features", "files"])
def test_studies_of_features_and_files_in_small(study, tmp_path):
    pytest.importorskip("scipy")
    content = study.measure(True, SILENT, [])
    assert study.describe(content).count("\n") >= 2
    save_study(study, content, tmp_path, "study", plot=True)
    assert (tmp_path / "study.png").read_bytes().startswith(b"\x89PNG")


def test_streams_in_small(tmp_path):
    pytest.importorskip("river")
    content = streams.measure(True, SILENT, [])
    assert [set(stream["scores"]) for stream in content["streams"]] == [set(streams.MODELS)] * 5
    # Better than guessing, and than the mean: half of all, and about as many of seven classes.
    assert content["streams"][2]["scores"]["network"] > 0.3
    assert all(time > 0 for times in content["steps"].values() for time in times.values())
    assert streams.describe(content).count("\n") >= 6
    assert streams.markdown(content).count("\n| ") == 10 + len(content["steps"]) - 2
    save_study(streams, content, tmp_path, "streams", plot=True)
    assert (tmp_path / "streams.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", estimator_jobs.JOBS)
def test_estimators_do_the_same(name):
    joblib = pytest.importorskip("joblib")
    pytest.importorskip("sklearn")
    job = estimator_jobs.JOBS[name]
    # Without processes for the search.
    with joblib.parallel_config("threading"):
        ours, theirs = (job.prepare(peer, True)() for peer in ("fastnn", "sklearn"))
    assert ours == pytest.approx(theirs, rel=job.tolerance)


def test_estimators_in_small(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    # Each job has processes that take their time to begin.
    jobs = {name: estimator_jobs.JOBS[name] for name in ("predict", "lbfgs")}
    monkeypatch.setattr(estimators, "JOBS", jobs)
    content = estimators.measure(True, SILENT, [])
    for name, job in content["jobs"].items():
        assert set(job["ratios"]) == set(jobs[name].peers) & set(job["seconds"]) - {"fastnn"}
        assert {"fastnn", "sklearn"} <= set(job["seconds"])
        assert all(seconds > 0 for seconds in job["seconds"].values())
    assert all(time > 0 for time in content["overhead"].values())
    assert len(estimators.describe(content).splitlines()) == len(jobs) + 2
    assert estimators.markdown(content).count("\n| ") == len(jobs) + 1
    save_study(estimators, content, tmp_path, "estimators", plot=True)
    assert (tmp_path / "estimators.png").read_bytes().startswith(b"\x89PNG")


# To compile PyTorch's takes half a minute.
GRAPH_WAYS = [
    (name, title)
    for name, job in graph_jobs.JOBS.items()
    for title, way in job.ways.items()
    if way.alike and title not in ("fastnn", "PyTorch compiled")
]


@pytest.mark.parametrize(("name", "title"), GRAPH_WAYS)
def test_graphs_come_to_the_same_numbers(name, title):
    ways = graph_jobs.JOBS[name].ways
    if not is_installed(ways[title].module) or (ways[title].module == "keras" and "KERAS_BACKEND" not in os.environ):
        pytest.skip(f"{title} is not installed")
    ours, theirs = (ways[one].prepare(graph_jobs.QUICK)() for one in ("fastnn", title))
    assert ours == pytest.approx(theirs, rel=graphs.TOLERANCE)


def test_graphs_in_small(tmp_path, monkeypatch):
    jobs = {name: graph_jobs.JOBS[name] for name in ("heads", "gradients of 64 rows")}
    monkeypatch.setattr(graphs, "JOBS", jobs)
    content = graphs.measure(True, SILENT, [])
    for name, job in content["jobs"].items():
        assert set(job["ratios"]) == set(job["microseconds"]) - {"fastnn"}
        assert set(job["microseconds"]) == {title for title, way in jobs[name].ways.items() if is_installed(way.module)}
        assert all(time > 0 for time in job["microseconds"].values())
    assert len(graphs.describe(content).splitlines()) == len(jobs)
    assert graphs.markdown(content).count("\n| ") == len(jobs) + 1
    save_study(graphs, content, tmp_path, "graphs", plot=True)
    assert (tmp_path / "graphs.png").read_bytes().startswith(b"\x89PNG")


def test_estimators_that_learn_other_things_are_not_timed():
    pytest.importorskip("sklearn")
    # No tolerance at all: float32 sums are in orders of their own.
    job = dataclasses.replace(estimator_jobs.JOBS["regression"], tolerance=0.0)
    with pytest.raises(MismatchError, match="sklearn on 1 ended at"):
        estimators._measure("regression", job, ["fastnn", "sklearn"], True)


def test_keras_and_torch_normalise_and_step_as_we_do():
    """The layers that the study compares are the same ones: losses agree after two epochs."""
    job = dataclasses.replace(JOBS["mid"], source="mnist-sample", samples=100, batch_normalization=True)
    task = job.make(2)
    ours = fastnn_model.setup(task)()
    pytest.importorskip("torch")
    from benchmarks.peers import torch

    # float32 sums in other orders: 1e-6, where a wrong epsilon gives 1e-3.
    assert ours == pytest.approx(torch.setup(task)(), rel=2e-5)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a process' memory is read from /proc")
def test_out_of_core_in_small(tmp_path):
    pytest.importorskip("pyarrow")
    content = out_of_core.measure(True, SILENT, [])
    assert list(content["seconds"]) == list(content["grown"]) == list(out_of_core.KINDS)
    assert all(seconds > 0 for seconds in content["seconds"].values())
    for ways in content["convergence"]["losses"].values():
        assert list(ways) == ["whole", "20%"]
        assert all(losses[-1] < losses[0] for losses in ways.values())
    text = out_of_core.markdown(content)
    assert text.count("\n| ") == (1 + len(out_of_core.KINDS)) + (2 + 4)
    assert out_of_core.describe(content).count("\n") == len(out_of_core.KINDS) + 2
    save_study(out_of_core, content, tmp_path, "out_of_core", plot=True)
    assert (tmp_path / "out_of_core.png").read_bytes().startswith(b"\x89PNG")


def test_the_grid_in_small(tmp_path):
    content = grid.measure(True, SILENT, [])
    assert [(one["goal"], one["batch"]) for one in content["cells"]] == [
        ("train", 1),
        ("train", 64),
        ("train", 1),
        ("train", 64),
        ("predict", 1),
        ("predict", 64),
        ("predict", 1),
        ("predict", 64),
    ]
    for one in content["cells"]:
        assert set(one["microseconds"]) == {"numpy", "fastnn"}
        assert all(time > 0 and math.isfinite(time) for time in one["microseconds"].values())
    told = grid.describe(content)
    lost = [one for one in content["cells"] if grid.ratio(one) < 1]
    assert f"faster in {len(lost)} of 8 cells" in told
    assert len(told.splitlines()) == 1 + len(lost)
    save_study(grid, content, tmp_path, "grid", plot=True)
    assert (tmp_path / "grid.png").read_bytes().startswith(b"\x89PNG")
