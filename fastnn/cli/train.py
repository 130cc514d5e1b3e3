"""``fastnn train``: a network from a user's own table or arrays."""

import argparse
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray

import fastnn
from fastnn.arrays import real_array
from fastnn.cli import tables
from fastnn.notebook.files import save_network

# A target of numbers with at most so many different whole values is taken for classes.
_MOST_CLASSES_TO_GUESS = 20


@dataclass
class Data:
    """Inputs (samples, ...), the raw target (samples,), and the inputs' column names, if any."""

    x: NDArray[Any]
    target: NDArray[Any]
    columns: list[str] | None


def run(arguments: argparse.Namespace) -> None:
    """Read, split, standardise, train, report and save."""
    hidden = _hidden_units(arguments.hidden)
    if not 0 <= arguments.validation_split < 1:
        raise ValueError(f"--validation-split must be at least 0 and below 1, but it is {arguments.validation_split}")
    data = _read(arguments.data, arguments.target)
    task = arguments.task or _guess_task(data.target)
    print(f"task: {task}" + ("" if arguments.task else " (told from the target; --task changes it)"))

    rng = numpy.random.default_rng(arguments.seed)
    order = rng.permutation(len(data.x))
    held_out = int(arguments.validation_split * len(order))
    validation, training = order[:held_out], order[held_out:]
    shape = data.x.shape[1:]
    x = real_array(data.x, "the inputs").reshape(len(data.x), -1)
    if data.x.dtype == numpy.uint8 and len(shape) > 1:
        mean, scale = numpy.zeros(x.shape[1]), numpy.full(x.shape[1], 255.0)
    else:
        mean, scale = x[training].mean(axis=0), x[training].std(axis=0)
        # A constant column says nothing; dividing by its spread of zero would say NaN.
        scale[scale == 0] = 1.0
    x = ((x - mean) / scale).astype(numpy.float32)

    metadata: dict[str, Any] = {"task": task, "columns": data.columns, "mean": mean.tolist(), "scale": scale.tolist()}
    if task == "classification":
        classes, numbers = numpy.unique(data.target, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"the target has the one class {str(classes[0])!r}: two or more are needed to tell apart")
        y = fastnn.to_categorical(numbers, len(classes))
        metadata["classes"] = classes.tolist()
        loss = fastnn.cross_entropy
    else:
        values = real_array(data.target, "the target").astype(float)
        middle, spread = float(values[training].mean()), float(values[training].std()) or 1.0
        y = ((values - middle) / spread).reshape(-1, 1).astype(numpy.float32)
        metadata |= {"target_mean": middle, "target_scale": spread}
        loss = fastnn.mse

    network = _network(x.shape[1], hidden, y.shape[1], arguments.activation, task, rng)
    _, errors = fastnn.train(
        network,
        x[training],
        y[training],
        arguments.epochs,
        arguments.learning_rate,
        loss=loss,
        batch_size=arguments.batch_size,
        shuffle=True,
        rng=rng,
        verbose=True,
    )
    if errors:
        print(f"training error: {errors[0]:.4f} in the first epoch, {errors[-1]:.4f} in the last")
    for name, rows in (("training", training), ("validation", validation)):
        if len(rows):
            print(f"{name}: {_quality(network, x[rows], y[rows], metadata)} on {len(rows)} samples")
    save_network(arguments.out, network, metadata)
    print(f"saved: {arguments.out}")


def _hidden_units(text: str) -> list[int]:
    try:
        units = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        units = [0]
    if any(unit < 1 for unit in units):
        raise ValueError(f"--hidden must be positive numbers with commas between, as 64,32, but it is {text!r}")
    return units


def _read(path: str, target: str | None) -> Data:
    if path.endswith(".npz"):
        if target is not None:
            raise ValueError("--target names a CSV column; in an .npz file the target is the array y")
        x, y = tables.read_arrays(path, ("x", "y"))
        if x.ndim < 2 or len(x) == 0 or y.shape not in {(len(x),), (len(x), 1)}:
            raise ValueError(
                f"{path!r} must hold x (samples, ...) and y (samples,), but they are {x.shape} and {y.shape}"
            )
        return Data(x, y.reshape(-1), None)
    table = tables.read_csv(path)
    target = target or list(table.columns)[-1]
    if target not in table.columns:
        raise ValueError(f"{path!r} has no column {target!r} to predict: it has {', '.join(map(repr, table.columns))}")
    columns = [name for name in table.columns if name != target]
    if not columns:
        raise ValueError(f"{path!r} has no column beside the target {target!r} to predict it from")
    try:
        values: NDArray[Any] = tables.numbers(table, target)
    except ValueError:
        values = numpy.array(table.columns[target])
        if "" in table.columns[target]:
            line = table.lines[table.columns[target].index("")]
            raise ValueError(f"the target {target!r} is empty in line {line} of {path!r}: fill it in") from None
    return Data(tables.matrix(table, columns), values, columns)


def _guess_task(target: NDArray[Any]) -> str:
    if target.dtype.kind not in "fiub":
        return "classification"
    distinct = numpy.unique(target)
    whole = bool((distinct == numpy.round(distinct)).all())
    few = len(distinct) <= min(_MOST_CLASSES_TO_GUESS, max(2, len(target) // 5))
    return "classification" if whole and few else "regression"


def _network(
    inputs: int, hidden: list[int], outputs: int, activation: str, task: str, rng: numpy.random.Generator
) -> list[fastnn.Layer]:
    network: list[fastnn.Layer] = []
    for units in hidden:
        network.append(fastnn.FCLayer(inputs, units, rng=rng))
        network.append(fastnn.ActivationLayer(getattr(fastnn, activation)))
        inputs = units
    network.append(fastnn.FCLayer(inputs, outputs, rng=rng))
    return [*network, fastnn.SoftmaxLayer(outputs)] if task == "classification" else network


def _quality(network: list[fastnn.Layer], x: NDArray[Any], y: NDArray[Any], metadata: dict[str, Any]) -> str:
    output = fastnn.predict(network, x)
    if metadata["task"] == "classification":
        return f"accuracy {fastnn.accuracy(y, output):.4f}"
    error = fastnn.mse(y, output)
    variance = float(numpy.var(y))
    explained = f", R² {1 - error / variance:.4f}" if variance else ""
    return f"RMSE {error**0.5 * metadata['target_scale']:.6g}{explained}"
