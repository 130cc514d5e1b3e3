"""The prediction jobs: one sample a call, and ten thousand in one."""

from benchmarks.jobs.base import Job

# A round goes over the same hundred images again and again: one call each.
ONE_SMALL = Job(
    name="predict-one-small",
    title="784-20-20-10 network, one MNIST image a call",
    goal="predict",
    sizes=(784, 20, 20, 10),
    source="mnist-sample",
    samples=100,
    epochs=100,
    quick_epochs=2,
    peers=(
        *("numpy", "onnxruntime", "torch", "keras", "keras-function", "kann", "fann", "genann"),
        *("fastnn-model", "fastnn"),
    ),
    fewer_epochs={"keras": 1, "keras-function": 10},
    unit="µs a call",
)

ONE_WIDE = Job(
    name="predict-one-wide",
    title="784-512-512-10 network, one MNIST image a call",
    goal="predict",
    sizes=(784, 512, 512, 10),
    source="mnist-sample",
    samples=100,
    epochs=50,
    quick_epochs=2,
    peers=("numpy", "onnxruntime", "torch", "jax", "fastnn"),
    unit="µs a call",
)

MANY_SMALL = Job(
    name="predict-10k-small",
    title="784-20-20-10 network, 10,000 MNIST images in one call",
    goal="predict",
    sizes=(784, 20, 20, 10),
    source="mnist",
    samples=10_000,
    epochs=20,
    quick_epochs=2,
    peers=("numpy", "onnxruntime", "torch", "jax", "sklearn", "fastnn"),
    batch_size=10_000,
    unit="ms a call",
)

# What a user has who reads images: other libraries make numbers of them first, in each call.
MANY_BYTES = Job(
    name="predict-10k-bytes",
    title="784-20-20-10 network, 10,000 MNIST images of bytes in one call",
    goal="predict",
    sizes=(784, 20, 20, 10),
    source="mnist-bytes",
    samples=10_000,
    epochs=20,
    quick_epochs=2,
    peers=("numpy", "onnxruntime", "torch", "jax", "fastnn"),
    batch_size=10_000,
    unit="ms a call",
)

MANY_WIDE = Job(
    name="predict-10k-wide",
    title="784-512-512-10 network, 10,000 Gaussian samples in one call",
    goal="predict",
    sizes=(784, 512, 512, 10),
    source="gaussian",
    samples=10_000,
    epochs=3,
    quick_epochs=1,
    peers=("numpy", "onnxruntime", "torch", "jax", "fastnn"),
    batch_size=10_000,
    unit="ms a call",
)

JOBS = (ONE_SMALL, ONE_WIDE, MANY_SMALL, MANY_BYTES, MANY_WIDE)
