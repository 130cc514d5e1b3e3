"""The arithmetic of results, and their file."""

import dataclasses

from benchmarks.results import load_result, load_results


def test_ratios_are_medians_over_fastnns_median(result):
    assert result.ratios() == {"notebook": 80.0, "fastnn": 1.0}
    assert dataclasses.replace(result, peers=result.peers[:1]).ratios() == {}


def test_a_result_survives_its_file(result, tmp_path):
    result.save(tmp_path / "r.json")
    assert load_result(tmp_path / "r.json") == result


def test_a_folder_gives_the_results_that_it_has(result, tmp_path):
    result.save(tmp_path / "notebook.json")
    assert load_results(tmp_path, ["keras", "notebook"]) == [result]
