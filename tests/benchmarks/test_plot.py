"""The bars and what is written on them."""

from benchmarks.plot import plot_result


def test_the_plot_has_a_bar_with_its_value_for_every_peer(result):
    ax = plot_result(result)
    assert [bar.get_width() for bar in ax.patches] == [200.0, 2.5]
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.texts] == ["200 µs  (80.0×)", "2.5 µs"]  # noqa: RUF001
