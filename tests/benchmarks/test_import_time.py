"""The import job: new interpreters, and NumPy's share taken off."""

import pytest

from benchmarks import import_time


def test_the_result_is_a_table_like_any_other():
    result = import_time.run_import(["fastnn", "kann"], rounds=2)
    assert [peer.name for peer in result.peers] == ["fastnn"]
    assert len(result.peers[0].rounds) == 2
    assert result.unit == "ms"


def test_an_import_that_fails_is_an_error():
    with pytest.raises(RuntimeError, match="no_such_library"):
        import_time._seconds("import no_such_library")
