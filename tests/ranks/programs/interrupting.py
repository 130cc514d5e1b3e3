"""Run by a rank: Ctrl-C at every moment of a step whose sums begin early; leaves in a file what came of each.

Python looks for signals where one of its functions begins and where one of C's has ended: a profiling function stands
for Ctrl-C there.
"""

import json
import sys
import threading

import numpy as np

import fastnn
from fastnn.distributed import early, mpi, steps

steps.LEAST_BYTES, early.PAUSE = 1, 1e-5
ranks = mpi(overlap=True)._ranks
model = fastnn.Sequential([fastnn.Input((4,)), fastnn.Dense(8, "tanh"), fastnn.Dense(1)], seed=0)
model.compile("sgd", "mse")
x, y = np.ones((64, 4), np.float32), np.ones((64, 1), np.float32)
step = steps.Steps(model, ranks)
step.reserve(x, y, None)


def interrupted(moment):
    """Whether a step has so many moments that Ctrl-C came."""
    left = moment

    def count(frame, event, argument):
        nonlocal left
        left -= event in ("call", "c_return")
        if left < 0:
            raise KeyboardInterrupt

    sys.setprofile(count)
    try:
        step.gradient_of((x, y, None), np.arange(64), 64, "", steps.Sums(1))
        return False
    except KeyboardInterrupt:
        return True
    finally:
        sys.setprofile(None)


def sums_go_on():
    """Whether the thread that sums takes the next gradient."""
    asked = threading.Thread(target=ranks._early.beside, args=(int, step.collecting, step.gradient, 1.0), daemon=True)
    asked.start()
    asked.join(20)
    return not asked.is_alive()


ended = []
while interrupted(len(ended)):
    ended.append(sums_go_on())
    if not ended[-1]:
        break
with open(sys.argv[1], "w") as file:
    json.dump(ended, file)
if not all(ended):
    # The process might not end by itself either.
    ranks._comm.Abort(1)
