"""The bars and what is written on them."""

import dataclasses

from matplotlib.figure import Figure

from benchmarks.plot import plot_ratios, plot_result, save_summary


def test_the_plot_has_a_bar_with_its_value_for_every_peer(result):
    ax = plot_result(result)
    assert [bar.get_width() for bar in ax.patches] == [200.0, 2.5]
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.texts] == ["200 µs  (80.0×)", "2.5 µs"]  # noqa: RUF001
    assert ax.get_xlabel().startswith("µs a sample")


def test_ratios_are_bars_from_one(result):
    ax = plot_ratios(dataclasses.replace(result, unit="ms a call"), Figure().subplots())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["notebook"]
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(1.0, 79.0)]
    assert [text.get_text() for text in ax.texts] == ["80.0×"]  # noqa: RUF001
    assert ax.get_title(loc="left") == "notebook: fastnn 2.5 ms a call"


def test_the_summary_is_a_picture(result, tmp_path):
    save_summary([result] * 4, tmp_path / "summary.png")
    assert (tmp_path / "summary.png").read_bytes().startswith(b"\x89PNG")
