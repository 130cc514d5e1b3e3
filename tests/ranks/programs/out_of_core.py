"""Run by ranks: trainings on rows in files, shared and of each rank's own, and faults in these."""

import json
import os
import pathlib
import pickle
import sys

import numpy as np
from file_jobs import KINDS, MEMORY, network, opened, own_rows, rows_of, still, trained
from mpi4py.MPI import COMM_WORLD

from fastnn.callbacks import Callback, LambdaCallback
from fastnn.data import from_files
from fastnn.distributed import gathering, mpi
from fastnn.metrics import MeanAbsoluteError

folder = pathlib.Path(sys.argv[1])
shared, own, balanced = mpi(), mpi(data="own"), mpi(data="own", balanced=True)
ME, SIZE = shared.rank, shared.size
# Metrics are counted several times an epoch.
gathering._ROWS = 64


def curves():
    found = {}
    for kind in KINDS.values():
        data, mine = opened(folder / kind, kind), opened(folder / kind / f"own{ME}", kind)
        found[f"{kind}, shuffled"] = trained(data, distributed=shared)
        found[f"{kind}, in order"] = trained(data, distributed=shared, shuffle=False)
        found[f"{kind}, own, shuffled"] = trained(mine, distributed=own)
    data, mine = opened(folder / "npy", "npy"), opened(folder / "npy" / f"own{ME}", "npy")
    held_out = opened(folder / "npy", "npy", MEMORY - 1024)
    found["one window"] = trained(opened(folder / "npy", "npy", 1 << 20), distributed=shared)
    found["validated"] = trained(data, distributed=shared, validation_data=held_out)
    found["split"] = trained(data, distributed=shared, validation_split=0.3)
    # In order, the batches are those of the same rows as arrays.
    found["own, in order"] = trained(mine, distributed=own, shuffle=False)
    seen = []
    watching = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    found["watched"] = trained(data, distributed=shared, callbacks=[watching])
    judging = Watching()
    found["judged batch by batch"] = trained(data, distributed=shared, validation_data=held_out, callbacks=[judging])
    found["losses of batches"] = {"loss": judging.losses}, []
    found["batch by batch"] = {"loss": seen}, []
    found["local steps"] = trained(data, distributed=mpi(local_steps=3), shuffle=False)
    found["overlap"] = trained(data, distributed=mpi(overlap=True))
    found["balanced"] = trained(mine, distributed=balanced)
    found["validated by own"] = trained(mine, distributed=own, validation_data=mine, shuffle=False)
    counting = Counting()
    trained(data, network(metrics=[counting]), distributed=shared, validation_data=data)
    found["counted together"] = {"most": [counting.most]}, []
    found["seen once"] = trained(mine, still(), distributed=balanced, epochs=2)
    return found


class Watching(Callback):
    def __init__(self):
        self.losses = []

    def on_test_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])


class Counting(MeanAbsoluteError):
    """Knows how many rows it was told of at once; copies of it share that."""

    def __init__(self):
        super().__init__()
        self.seen = [0]

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen.append(len(y_true))
        super().update_state(y_true, y_pred, sample_weight)

    @property
    def most(self):
        return COMM_WORLD.bcast(max(self.seen))


def arrays():
    """The own rows as arrays, in order."""
    x, y, weights = rows_of()
    rows = own_rows(ME, SIZE)
    model = network()
    history = model.fit(
        x[rows], y[rows], sample_weight=weights[rows], batch_size=16, epochs=3, shuffle=False, distributed=own
    ).history
    return history, model.get_weights()


def damaged(change, name="x"):
    """This rank's own copy of the shards, with one file changed in rank 1."""
    place = folder / f"damaged{ME}"
    for part in ("x", "y"):
        (place / part).mkdir(parents=True, exist_ok=True)
        for path in (folder / "npy" / f"own{ME}" / part).iterdir():
            array = np.load(path)
            if ME == 1 and part == name:
                array = change(array)
            np.save(place / part / path.name, array)
    return place


def of_npy(place, **more):
    return from_files(place / "x", place / "y", memory=MEMORY, **more)


def bad_row(shuffle=True, how=own):
    def change(x):
        x[17, 3] = np.nan
        return x

    trained(of_npy(damaged(change)), network(seed=ME), distributed=how, shuffle=shuffle)


def bad_row_in_order():
    bad_row(False)


def bad_row_of_balanced():
    bad_row(True, balanced)


def bad_target():
    def change(y):
        y[5, 1] = np.inf
        return y

    trained(of_npy(damaged(change, "y")), distributed=own)


def bad_validation_row():
    def change(x):
        x[2, 0] = -np.inf
        return x

    trained(opened(folder / "npy", "npy"), distributed=own, validation_data=of_npy(damaged(change)))


def bad_shared_row():
    place = folder / "bad"
    with shared.together():
        for part in ("x", "y") if ME == 0 else ():
            (place / part).mkdir(parents=True)
            arrays = [np.load(path) for path in sorted((folder / "npy" / part).iterdir())]
            if part == "x":
                arrays[1][9, 4] = np.nan
            for number, array in enumerate(arrays):
                np.save(place / part / f"part{number}.npy", array)
    trained(of_npy(place), distributed=shared)


def changed_file():
    place = damaged(lambda x: x)
    data = of_npy(place)
    if ME == 1:
        path = place / "x" / "part0.npy"
        path.write_bytes(path.read_bytes()[:-8])
    trained(data, distributed=own)


def gone_file():
    place = damaged(lambda x: x)
    data = of_npy(place)
    if ME == 1:
        os.remove(place / "y" / "part0.npy")
    trained(data, distributed=balanced)


def other_memory():
    trained(opened(folder / "npy", "npy", MEMORY + ME), distributed=shared)


def other_files():
    data = opened(folder / "npy", "npy")
    trained(data.split(300)[0] if ME == 1 else data, distributed=shared)


def other_kind():
    kind = "arrow" if ME == 1 else "npy"
    trained(opened(folder / kind / f"own{ME}", kind), distributed=own)


def files_and_arrays():
    x, y, _ = rows_of()
    data = opened(folder / "npy", "npy")
    network().fit(*((x, y) if ME == 1 else (data, None)), epochs=1, distributed=shared)


def no_room():
    trained(opened(folder / "npy", "npy", 1000), distributed=shared)


def watched_validation_of_own():
    mine = opened(folder / "npy" / f"own{ME}", "npy")
    trained(mine, distributed=own, validation_data=mine, callbacks=[Watching()])


FAULTS = (bad_row, bad_row_in_order, bad_row_of_balanced, bad_target, bad_validation_row, bad_shared_row, changed_file)
FAULTS += (gone_file, other_memory, other_files, other_kind, files_and_arrays, no_room, watched_validation_of_own)


def raised():
    found = {}
    for fault in FAULTS:
        try:
            fault()
        except Exception as error:
            found[fault.__name__] = type(error).__name__, str(error).replace(str(folder) + os.sep, "")
        else:
            found[fault.__name__] = None
    return found


def after_a_bad_row():
    """Whether weights and random numbers are those of before, and what the optimiser has come to."""
    model = network()
    model.build((5,))
    before, drawn = model.get_weights(), model.rng.bit_generator.state

    def change(x):
        x[-1, 0] = np.nan
        return x

    try:
        trained(of_npy(damaged(change)), model, distributed=own, shuffle=False)
    except ValueError:
        same = all(map(np.array_equal, before, model.get_weights()))
        return [same, model.rng.bit_generator.state == drawn, model.optimizer_state.step]
    return None


what = sys.argv[2]
if what == "curves":
    (folder / f"found.{ME}").write_bytes(pickle.dumps((curves(), arrays())))
else:
    (folder / f"found.{ME}").write_text(json.dumps([raised(), after_a_bad_row()]))
