"""Files that are mapped into memory, whole, by ranges or one for each rank: the curve of one process on all rows."""

import json
import pathlib
import sys

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "programs"))

import mapped


@pytest.mark.parametrize("ranks", [1, 3])
def test_files_give_the_curve_of_one_process(run_ranks, tmp_path, ranks):
    mapped.write(tmp_path, ranks)
    run_ranks(ranks, "mapped.py", tmp_path)
    alone = mapped.trained(*mapped.opened(tmp_path, "x.npy", "y.npy"))
    for rank in range(ranks):
        found = json.loads((tmp_path / f"found.{rank}").read_text())
        for how in ("whole", "range", "own files"):
            assert found[how].keys() == alone.keys()
            for name, values in alone.items():
                # Twenty steps, rounded in another order.
                np.testing.assert_allclose(found[how][name], values, rtol=1e-10, err_msg=f"{how}: {name}")
