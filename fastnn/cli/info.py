"""``fastnn info``: what a saved model, or this installation, is made of."""

from __future__ import annotations

import argparse
from typing import Any

from fastnn.cli.opening import open_model
from fastnn.cli.preparing import Preparation
from fastnn.cli.results import print_json, print_values, value_text
from fastnn.config import show_config
from fastnn.models.base import BaseModel
from fastnn.notebook.files import load_metadata, load_network

__all__ = ["run"]

_LONGEST = 200


def run(arguments: argparse.Namespace) -> None:
    """Print a table of the layers, and how the model was trained; without a model, the build."""
    path: str | None = arguments.model
    if path is None:
        print_json(show_config()) if arguments.json else _print_columns(show_config())
    elif path.lower().endswith(".npz"):
        _show_network(path, arguments.json)
    else:
        model, preparation = open_model(path)
        if arguments.json:
            print_json({**_of_layers(model), **_of_training(model), "metadata": model.metadata})
            return
        model.summary()
        print()
        training = _of_training(model)
        if preparation is not None and preparation.task == "regression" and "last_epoch" in training:
            training["last_epoch, of the standardised target"] = training.pop("last_epoch")
        print_values({name: _short(value) for name, value in training.items()})
        print_values({name: _short(value) for name, value in _of_data(model, preparation).items()})


def _of_layers(model: BaseModel) -> dict[str, Any]:
    layers = [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": layer.output_shape,
            "parameters": layer.count_params(),
        }
        for layer in model.layers
    ]
    return {
        "name": model.name,
        "dtype": model.dtype.name,
        "input_shape": model.input_shape,
        "layers": layers,
        "parameters": model.count_params(),
    }


def _of_training(model: BaseModel) -> dict[str, Any]:
    """Optimiser, loss, epochs, and the values of the last one."""
    told: dict[str, Any] = {}
    if model.optimizer is not None and model.loss is not None:
        told |= {"optimizer": repr(model.optimizer), "loss": repr(model.loss)}
    if model.history is not None:
        told["epochs"] = len(model.history.epoch)
        told["last_epoch"] = {name: values[-1] for name, values in model.history.history.items() if values}
    return told


def _of_data(model: BaseModel, preparation: Preparation | None) -> dict[str, Any]:
    if preparation is None:
        return {name: value for name, value in model.metadata.items() if name != "table"}
    told: dict[str, Any] = {"task": preparation.task}
    if preparation.target is not None:
        told["target"] = preparation.target
    if preparation.features is not None:
        told["columns"] = preparation.columns
        told |= {f"categories of {f.name}": list(f.categories) for f in preparation.features if f.categories}
    if preparation.classes is not None:
        told["classes"] = list(preparation.classes)
    return told | {name: value for name, value in model.metadata.items() if name != "table"}


def _short(value: Any) -> str:
    if isinstance(value, dict):
        text = ", ".join(f"{name} {value_text(item)}" for name, item in value.items())
    else:
        text = ", ".join(map(str, value)) if isinstance(value, list) else value_text(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _print_columns(values: dict[str, object]) -> None:
    width = max(map(len, values))
    for name, value in values.items():
        print(f"{name:<{width}} {value}")


def _show_network(path: str, as_json: bool) -> None:
    """A network of the notebook's layers."""
    network, metadata = load_network(path), load_metadata(path)
    rows = [
        {
            "type": type(layer).__name__,
            "inputs": layer.input_size,
            "outputs": layer.output_size,
            "parameters": sum(array.size for array in layer.parameters().values()),
        }
        for layer in network
    ]
    total = sum(int(row["parameters"] or 0) for row in rows)
    if as_json:
        print_json({"layers": rows, "parameters": total, "metadata": metadata})
        return
    print(f"{'layer':<18} {'inputs':>8} {'outputs':>8} {'parameters':>11}")
    for row in rows:
        print(f"{row['type']:<18} {row['inputs'] or '':>8} {row['outputs'] or '':>8} {row['parameters']:>11,}")
    print(f"{'total':<18} {'':>8} {'':>8} {total:>11,}")
    print_values({name: _short(value) for name, value in metadata.items()})
