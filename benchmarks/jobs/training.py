"""The training jobs: every one from given weights, in the data's own order."""

from benchmarks.jobs.base import Job

# Keras and scikit-learn add Adam's epsilon before the averages are corrected and not after. Over hundreds of steps that
# grows to 0.1 %; a wrong formula is off by far more.
ADAM_TOLERANCE = 5e-3

# The teaching notebook's network: mean squared error through softmax, plain gradient descent, one sample at a time.
NOTEBOOK = Job(
    name="notebook",
    title="784-20-10 network, 1,000 MNIST images, batch 1, SGD",
    sizes=(784, 20, 10),
    source="mnist-sample",
    samples=1000,
    epochs=40,
    quick_epochs=2,
    peers=("notebook", "numpy", "torch", "jax", "fann", "genann", "tinn", "fastnn"),
    reference="notebook",
)

# The same digits as a Keras lesson trains them.
KERAS = Job(
    name="keras",
    title="784-20-20-10 network, 1,000 MNIST images, batch 32, RMSprop",
    sizes=(784, 20, 20, 10),
    source="mnist-sample",
    samples=1000,
    epochs=10,
    quick_epochs=2,
    peers=("numpy", "jax", "torch", "torch-compiled", "keras", "fastnn-model", "fastnn"),
    batch_size=32,
    loss="cross_entropy",
    optimizer="rmsprop",
    learning_rate=0.001,
)

KERAS_60K = Job(
    name="keras60k",
    title="784-20-20-10 network, 60,000 MNIST images, batch 32, RMSprop",
    sizes=(784, 20, 20, 10),
    source="mnist",
    samples=60_000,
    epochs=1,
    quick_epochs=1,
    peers=("numpy", "jax", "torch", "kann", "keras", "fastnn-model", "fastnn"),
    batch_size=32,
    loss="cross_entropy",
    optimizer="rmsprop",
    learning_rate=0.001,
)

MID = Job(
    name="mid",
    title="784-128-10 network, 10,000 MNIST images, batch 32, Adam",
    sizes=(784, 128, 10),
    source="mnist",
    samples=10_000,
    epochs=2,
    quick_epochs=1,
    peers=("numpy", "jax", "torch", "torch-compiled", "sklearn", "keras", "fastnn-model", "fastnn"),
    batch_size=32,
    loss="cross_entropy",
    optimizer="adam",
    learning_rate=0.001,
    tolerance=ADAM_TOLERANCE,
)

WIDE = Job(
    name="wide",
    title="784-512-512-10 network, 10,000 MNIST images, batch 128, Adam",
    sizes=(784, 512, 512, 10),
    source="mnist",
    samples=10_000,
    epochs=1,
    quick_epochs=1,
    peers=("numpy", "jax", "torch", "torch-compiled", "sklearn", "keras", "fastnn-model", "fastnn"),
    batch_size=128,
    loss="cross_entropy",
    optimizer="adam",
    learning_rate=0.001,
    tolerance=ADAM_TOLERANCE,
)

# No zeros anywhere, so nothing can be gained by skipping them.
DENSE = Job(
    name="dense",
    title="100-64-64-1 network, 10,000 Gaussian samples, batch 32, Adam, MSE",
    sizes=(100, 64, 64, 1),
    source="gaussian",
    samples=10_000,
    epochs=3,
    quick_epochs=1,
    peers=("numpy", "jax", "torch", "torch-compiled", "sklearn", "keras", "fastnn-model", "fastnn"),
    batch_size=32,
    output="linear",
    optimizer="adam",
    learning_rate=0.001,
    tolerance=ADAM_TOLERANCE,
)

# A row at a time, as it comes in: the model learns from each in a call of its own.
ONE_STEP = Job(
    name="one-step",
    title="20-64-10 network, one row a call, Adam",
    goal="step",
    sizes=(20, 64, 10),
    source="gaussian-classes",
    samples=1000,
    epochs=2,
    quick_epochs=1,
    peers=("numpy", "torch", "sklearn", "keras", "fastnn-model"),
    loss="cross_entropy",
    optimizer="adam",
    learning_rate=0.001,
    tolerance=ADAM_TOLERANCE,
    unit="µs a step",
)

JOBS = (NOTEBOOK, KERAS, KERAS_60K, MID, WIDE, DENSE, ONE_STEP)
