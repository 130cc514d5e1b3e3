"""``fastnn info``: what a saved network, or this installation, is made of."""

import argparse

from fastnn.config import show_config
from fastnn.notebook.files import load_metadata, load_network


def run(arguments: argparse.Namespace) -> None:
    """Print a table of the layers and what was saved with them; without a model, the build."""
    if arguments.model is None:
        for key, value in show_config().items():
            print(f"{key:<12} {value}")
        return
    network = load_network(arguments.model)
    print(f"{'layer':<18} {'inputs':>8} {'outputs':>8} {'parameters':>11}")
    total = 0
    for layer in network:
        count = sum(array.size for array in layer.parameters().values())
        total += count
        print(f"{type(layer).__name__:<18} {layer.input_size or '':>8} {layer.output_size or '':>8} {count:>11,}")
    print(f"{'total':<18} {'':>8} {'':>8} {total:>11,}")
    for key, value in load_metadata(arguments.model).items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        print(f"{key}: {text if len(text) <= 200 else text[:197] + '...'}")
