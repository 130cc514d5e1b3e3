"""The tables in the terminal and in README."""

import dataclasses

import pytest

from benchmarks.report import text_table, with_table


def test_the_text_table_is_aligned_and_does_without_fastnn(result):
    lines = text_table(result).splitlines()
    assert len({len(line) for line in lines[:4]}) == 1
    without = dataclasses.replace(result, peers=result.peers[:1])
    assert text_table(without).splitlines()[2].split() == ["Notebook", "200.00", "100.00", "300.00", "-", "1"]


def test_the_table_lands_between_its_markers_only(result):
    text = "a\n<!-- benchmark:notebook -->\nold\n<!-- /benchmark -->\nb\n"
    updated = with_table(text, result)
    assert updated.startswith("a\n<!-- benchmark:notebook -->\n| contender")
    assert updated.endswith("\n<!-- /benchmark -->\nb\n")
    assert "old" not in updated
    assert "| Notebook | 200.00 | 100.00 | 300.00 | 80.0 | 1 |" in updated
    assert with_table(updated, result) == updated
    with pytest.raises(ValueError, match="exactly once"):
        with_table("no markers", result)
