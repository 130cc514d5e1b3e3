"""The command's arguments, and which function each subcommand calls."""

import argparse
import importlib
import sys
from collections.abc import Sequence

from fastnn import __version__

_EXAMPLES = """examples:
  fastnn demo
  fastnn train flowers.csv --target species --out flowers.npz
  fastnn predict flowers.npz new-flowers.csv --output answers.csv
  fastnn info flowers.npz
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with ``argv`` (default: the process' own arguments) and return its exit code.

    0 is success, 1 bad input (a sentence on standard error), 2 wrong usage, 130 an interruption.

    >>> main(["--version"])
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    arguments, rest = _parser().parse_known_args(argv)
    if rest and arguments.command != "bench":
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    try:
        return int(importlib.import_module(f"fastnn.cli.{arguments.command}").run(arguments) or 0)
    except KeyboardInterrupt:
        print("fastnn: interrupted", file=sys.stderr)
        return 130
    except (OSError, ValueError, TypeError, ImportError, FloatingPointError) as error:
        print(f"fastnn: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fastnn",
        description="Dense neural networks on a CPU, fast.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"fastnn {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    summary = "train the teaching notebook's network on real MNIST, beside plain NumPy"
    demo = _command(commands, "demo", summary, "fastnn demo")
    demo.add_argument("--output", default="fastnn-demo", help="folder for the pictures (default: %(default)s)")
    demo.add_argument("--epochs", type=int, default=40, help="default: %(default)s")
    demo.add_argument("--learning-rate", type=float, default=0.1, help="default: %(default)s")
    demo.add_argument("--seed", type=int, default=0, help="of the initial weights (default: %(default)s)")
    demo.add_argument("--no-plots", action="store_true", help="write no pictures")

    train = _command(
        commands,
        "train",
        "train a network on your own data",
        "fastnn train flowers.csv --target species\n  fastnn train houses.csv --target price --hidden 32,32",
    )
    train.add_argument("data", help="a CSV file with a header row, or an .npz file with arrays x and y")
    train.add_argument("--target", help="name of the CSV column to predict (default: the last)")
    train.add_argument("--task", choices=("classification", "regression"), help="default: told from the target")
    train.add_argument("--hidden", default="32", help="units of the hidden layers, as 64,32 (default: %(default)s)")
    activations = ("relu", "leaky_relu", "sigmoid", "tanh")
    train.add_argument("--activation", choices=activations, default="relu", help="default: %(default)s")
    train.add_argument("--epochs", type=int, default=40, help="default: %(default)s")
    train.add_argument("--learning-rate", type=float, default=0.05, help="default: %(default)s")
    train.add_argument("--batch-size", type=int, default=8, help="default: %(default)s")
    kept = "share of the rows kept for validation (default: %(default)s)"
    train.add_argument("--validation-split", type=float, default=0.2, help=kept)
    train.add_argument("--seed", type=int, default=0, help="of weights and order (default: %(default)s)")
    train.add_argument("--out", default="model.npz", help="where to save the network (default: %(default)s)")

    predict = _command(commands, "predict", "predict with a saved network", "fastnn predict model.npz new.csv")
    predict.add_argument("model", help="a file that fastnn train wrote")
    predict.add_argument("data", help="a CSV file with the columns of training, or an .npz file with an array x")
    predict.add_argument("--output", help="CSV file to write (default: standard output)")

    info = _command(commands, "info", "describe a saved network, or this installation", "fastnn info model.npz")
    info.add_argument("model", nargs="?", help="a file that fastnn train wrote")

    _command(commands, "bench", "run the benchmarks of a source checkout", "fastnn bench --rounds 7")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str, example: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:\n  {example}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
