"""The tables in the terminal and in README."""

import dataclasses

import pytest

from benchmarks.report import markdown_table, summary_rows, text_summary, text_table, with_tables


def test_the_text_table_is_aligned_and_does_without_fastnn(result):
    lines = text_table(result).splitlines()
    assert len({len(line) for line in lines[:4]}) == 1
    without = dataclasses.replace(result, peers=result.peers[:1])
    assert text_table(without).splitlines()[2].split() == ["Notebook", "200.00", "100.00", "300.00", "-", "1"]


def test_a_table_is_headed_by_its_unit_and_says_who_differs(result):
    differing = dataclasses.replace(result.peers[0], differs="its own weights")
    table = markdown_table(dataclasses.replace(result, unit="ms a call", peers=[differing, result.peers[1]]))
    assert table.startswith("| contender | ms a call |")
    assert "| Notebook* |" in table
    assert "A job. *Notebook: its own weights. Medians" in table


def test_tables_land_between_their_markers_only(result):
    text = "a\n<!-- benchmark:notebook -->\nold\n<!-- /benchmark -->\nb\n<!-- benchmark:x-y -->\n<!-- /benchmark -->\n"
    updated = with_tables(text, {"notebook": markdown_table(result), "x-y": "other"}.__getitem__)
    assert updated.startswith("a\n<!-- benchmark:notebook -->\n| contender")
    assert updated.endswith("\n<!-- /benchmark -->\nb\n<!-- benchmark:x-y -->\nother\n<!-- /benchmark -->\n")
    assert "old" not in updated
    assert "| Notebook | 200.00 | 100.00 | 300.00 | 80.0 | 1 |" in updated
    assert with_tables(updated, {"notebook": markdown_table(result), "x-y": "other"}.__getitem__) == updated


@pytest.mark.parametrize("text", ["no markers", 2 * "<!-- benchmark:notebook -->\n<!-- /benchmark -->\n"])
def test_markers_must_stand_once(text):
    with pytest.raises(ValueError, match="once for every table"):
        with_tables(text, str)


def test_the_summary_has_a_line_a_job_and_a_column_a_peer(result):
    other = dataclasses.replace(
        result,
        name="import",
        unit="ms",
        peers=[dataclasses.replace(result.peers[1], name="torch", rounds=[20.0]), result.peers[1]],
    )
    assert summary_rows([result, other]) == [
        ("job", "fastnn", "notebook", "torch"),
        ("notebook", "2.50 µs a sample", "80.0", ""),
        ("import", "2.50 ms", "", "8.0"),
    ]
    assert len({len(line) for line in text_summary([result, other]).splitlines()}) == 1


def test_where_fastnns_functions_took_no_part_its_models_are_the_measure(result):
    ours = dataclasses.replace(result.peers[1], name="fastnn-model", rounds=[4.0])
    alone = dataclasses.replace(result, name="one-step", peers=[result.peers[0], ours])
    both = dataclasses.replace(result, peers=[*result.peers, ours])
    assert alone.ratios() == {"notebook": 50.0, "fastnn-model": 1.0}
    assert both.ratios()["fastnn-model"] == pytest.approx(1.6)
    assert summary_rows([both, alone]) == [
        ("job", "fastnn", "notebook", "fastnn-model"),
        ("notebook", "2.50 µs a sample", "80.0", "1.6"),
        ("one-step", "4.00 µs a sample", "50.0", ""),
    ]
