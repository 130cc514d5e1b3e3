"""The arguments of the command: a parser for each subcommand, with help that ends with examples."""

from __future__ import annotations

import argparse
from typing import TypeAlias

from fastnn import __version__
from fastnn.activations.registry import ACTIVATIONS
from fastnn.optimizers.names import OPTIMIZERS

__all__ = ["parser"]

_EXIT_CODES = """exit codes:
  0    done, also where the reader of the output has closed it
  1    wrong input or data: a line on standard error says what and where
  2    wrong usage
  130  interrupted by Ctrl-C
"""

_EXAMPLES = """examples:
  fastnn train houses.csv --target price --out houses.safetensors
  fastnn evaluate houses.safetensors other-houses.csv
  fastnn predict houses.safetensors new-houses.csv > answers.csv
  fastnn export houses.safetensors --to onnx
  fastnn info houses.safetensors
  fastnn demo
"""

_TRAIN = """fastnn train houses.csv --target price
fastnn train houses.csv --target price --hidden 64,64 --patience 50 --out houses.safetensors
fastnn train patients.csv --target outcome --task classification --ignore name --drop-missing
fastnn train digits.npz --hidden 128 --dropout 0.2 --out digits.safetensors"""

_PREDICT = """fastnn predict model.safetensors new.csv
fastnn predict model.safetensors new.csv --out answers.csv
fastnn predict digits.safetensors pictures.npy | head"""

_EVALUATE = """fastnn evaluate model.safetensors data.csv
fastnn evaluate model.safetensors data.csv --json"""

_EXPORT = """fastnn export model.safetensors --to onnx
fastnn export model.safetensors --to c --name price --out price.c"""

# Those that apply to each number by itself; with the identity a hidden layer would be none.
_ACTIVATIONS = [kind.name for kind in ACTIVATIONS if kind.engine]
_DATA = "a table, .csv, .tsv (also .gz) or .parquet, with the names of its columns; or an .npz file with"

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """The whole parser; ``arguments.command`` is the subcommand's name."""
    result = argparse.ArgumentParser(
        prog="fastnn",
        description="Dense neural networks on a CPU, fast.",
        epilog=f"{_EXIT_CODES}\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--version", action="version", version=f"fastnn {__version__}")
    commands = result.add_subparsers(dest="command", required=True, metavar="command")
    _add_train(commands)
    _add_predict(commands)
    _add_evaluate(commands)
    _add_export(commands)
    _add_info(commands)
    _add_demo(commands)
    _command(commands, "bench", "run the benchmarks of a source checkout", "fastnn bench --rounds 7")
    return result


def _add_train(commands: Commands) -> None:
    train = _command(commands, "train", "train a model on your own data and save it", _TRAIN)
    default = "default: %(default)s"
    train.add_argument("data", help=f"{_DATA} arrays x and y")
    data = train.add_argument_group("data")
    data.add_argument("--target", metavar="NAME", help="the column to predict (default: the last)")
    data.add_argument("--task", choices=("classification", "regression"), help="default: told from the target")
    names = "columns of numbers that are categories, with commas between; texts are by themselves"
    data.add_argument("--categorical", metavar="NAMES", type=_names, default=[], help=names)
    data.add_argument("--ignore", metavar="NAMES", type=_names, default=[], help="columns to leave out, such as names")
    data.add_argument("--drop-missing", action="store_true", help="leave out rows that lack a value")
    kept = f"share of the rows kept for validation ({default})"
    data.add_argument("--validation-split", metavar="SHARE", type=_share, default=0.2, help=kept)
    network = train.add_argument_group("network")
    hidden = f"units of the hidden layers, with commas between; 'none' for a linear model ({default})"
    network.add_argument("--hidden", metavar="UNITS", type=_units, default="64,64", help=hidden)
    network.add_argument("--activation", choices=_ACTIVATIONS, default="relu", help=default)
    dropout = f"share of the hidden units switched off in each step ({default})"
    network.add_argument("--dropout", metavar="SHARE", type=_share, default=0.0, help=dropout)
    network.add_argument(
        "--l2", metavar="PENALTY", type=_not_negative, default=0.0, help=f"on large weights ({default})"
    )
    network.add_argument("--dtype", choices=("float32", "float64"), default="float32", help=default)
    training = train.add_argument_group("training")
    training.add_argument("--epochs", metavar="N", type=_positive, default=200, help=f"at most ({default})")
    training.add_argument("--batch-size", metavar="N", type=_positive, default=32, help=default)
    training.add_argument("--optimizer", choices=OPTIMIZERS.names(), default="adam", help=default)
    training.add_argument("--learning-rate", metavar="RATE", type=_above_zero, help="default: the optimizer's own")
    patience = (
        f"stop after so many epochs without a better one, whose weights are kept; 0 trains all epochs ({default})"
    )
    training.add_argument("--patience", metavar="N", type=_count, default=20, help=patience)
    seed = f"of first weights, validation rows, order and dropout ({default})"
    training.add_argument("--seed", metavar="N", type=_count, default=0, help=seed)
    training.add_argument("--threads", metavar="N", type=_positive, help="default: one a core")
    train.add_argument("--out", metavar="FILE", default="model.safetensors", help=f"the model's file ({default})")
    train.add_argument("--quiet", action="store_true", help="no notes and no progress on standard error")


def _add_predict(commands: Commands) -> None:
    predict = _command(commands, "predict", "predict with a saved model, as CSV", _PREDICT)
    predict.add_argument("model", help="a file of fastnn train or Sequential.save")
    predict.add_argument(
        "data", help=f"{_DATA} an array x, or an .npy file; more columns than the model takes do no harm"
    )
    predict.add_argument("--out", metavar="FILE", help="CSV file to write (default: standard output)")


def _add_evaluate(commands: Commands) -> None:
    evaluate = _command(commands, "evaluate", "judge a saved model by data with known answers", _EVALUATE)
    evaluate.add_argument("model", help="a file of fastnn train or Sequential.save")
    evaluate.add_argument("data", help=f"{_DATA} arrays x and y")
    evaluate.add_argument("--drop-missing", action="store_true", help="leave out rows that lack a value")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")


def _add_export(commands: Commands) -> None:
    export = _command(commands, "export", "write a saved model as ONNX, C or NumPy arrays", _EXPORT)
    export.add_argument("model", help="a file of fastnn train or Sequential.save")
    kinds = "onnx or c: takes and gives the numbers of your table; npz: the weights alone"
    export.add_argument("--to", choices=("onnx", "c", "npz"), required=True, help=kinds)
    export.add_argument("--out", metavar="FILE", help="default: the model's name with another ending")
    export.add_argument("--name", help="of the functions in C (default: the file's name)")


def _add_info(commands: Commands) -> None:
    summary = "describe a saved model, or this installation"
    info = _command(commands, "info", summary, "fastnn info\nfastnn info model.safetensors\nfastnn info --json")
    info.add_argument("model", nargs="?", help="a file of fastnn train, Sequential.save or save_network")
    info.add_argument("--json", action="store_true", help="print one JSON object")


def _add_demo(commands: Commands) -> None:
    summary = "train the teaching notebook's network on real MNIST, beside plain NumPy"
    demo = _command(commands, "demo", summary, "fastnn demo")
    demo.add_argument("--output", default="fastnn-demo", help="folder for the pictures (default: %(default)s)")
    demo.add_argument("--epochs", metavar="N", type=_count, default=40, help="default: %(default)s")
    demo.add_argument("--learning-rate", metavar="RATE", type=_above_zero, default=0.1, help="default: %(default)s")
    demo.add_argument(
        "--seed", metavar="N", type=_count, default=0, help="of the initial weights (default: %(default)s)"
    )
    demo.add_argument("--no-plots", action="store_true", help="write no pictures")


def _command(commands: Commands, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    lines = "".join(f"  {line}\n" for line in examples.splitlines())
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"{_EXIT_CODES}\nexamples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


# Kinds of values. What they raise, argparse tells as wrong usage.


def _units(text: str) -> list[int]:
    if text == "none":
        return []
    try:
        units = [int(part) for part in text.split(",")]
    except ValueError:
        units = [0]
    if min(units) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be positive numbers with commas between, as 64,32, or 'none'")
    return units


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _positive(text: str) -> int:
    return _whole(text, 1)


def _count(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    # 18 digits fit every number that these become.
    if not text.isdecimal() or len(text) > 18 or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} must be a whole number from {least} to {10**18 - 1}")
    return int(text)


def _share(text: str) -> float:
    if not 0 <= (number := _number(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number of at least 0 and below 1")
    return number


def _not_negative(text: str) -> float:
    if not 0 <= (number := _number(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} must be a finite number of at least 0")
    return number


def _above_zero(text: str) -> float:
    if not 0 < (number := _number(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} must be a finite number above 0")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
