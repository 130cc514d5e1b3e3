"""Run by ranks: trains all jobs, or those that are named, and leaves each rank's histories and weights in a file."""

import pickle
import sys

from distributed_jobs import JOBS, OWN, rows_of, run, shard

from fastnn.distributed import mpi

ranks = mpi()
own = mpi(data="own")
balanced = mpi(data="own", balanced=True)
chosen = sys.argv[2:] or JOBS
found = {name: run(name, distributed=ranks) for name in chosen}
for name in OWN:
    if name not in chosen:
        continue
    rows = shard(rows_of(name), ranks.rank, ranks.size)
    found[f"own {name}"] = run(name, rows, validate=False, distributed=own)
    if name != "lbfgs":
        found[f"balanced {name}"] = run(name, rows, validate=False, distributed=balanced)
with open(f"{sys.argv[1]}.{ranks.rank}", "wb") as file:
    pickle.dump(found, file)
