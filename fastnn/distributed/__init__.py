"""Training that several processes share, on one machine or many: data-parallel, over MPI.

>>> import fastnn
>>> fastnn.distributed.launched()  # mpiexec -n 4 python train.py would tell that there are more
False
"""

from fastnn.distributed.starting import launched, mpi

__all__ = ["launched", "mpi"]
