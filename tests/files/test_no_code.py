"""No code: whatever a file names, nothing of it is imported, looked up or run."""

import ast
import pickle
import sys

import numpy as np
import pytest
from model_files import refused, rewritten, run, trained

import fastnn

PLACES = [
    "os.system",
    "layers.os.system",
    "builtins.eval",
    "fastnn.layers.Dense",
    "layers.base.importlib.import_module",
    "layers.__init__",
    "layers.Dense.__init__",
    "layers.__builtins__",
    "..layers.Dense",
    "layers..Dense",
    ".os",
    "antigravity.antigravity",
    "models.saving.loading.load_model",
    "callbacks.LambdaCallback",
    "losses.CustomLoss",
    "metrics.FunctionMetric",
    "initializers.resolve",
    "initializers.names.resolve",
]


@pytest.mark.parametrize("place", PLACES)
def test_classes_that_a_file_may_not_name(good, place):
    before = set(sys.modules)
    fastnn.load_model(good)
    spots = {
        "layer": lambda told: told["layers"][0].update({"class": place}),
        "activation": lambda told: told["layers"][0].update(activation={"class": place}),
        "loss": lambda told: told["compiled"].update(loss={"class": place, "value": "touch", "gradient": "touch"}),
        "optimizer": lambda told: told["compiled"].update(optimizer={"class": place}),
        "rate": lambda told: told["compiled"]["optimizer"].update(learning_rate={"class": place}),
        "metric": lambda told: told["compiled"].update(metrics=[{"class": place, "function": "touch"}]),
    }
    imported = set(sys.modules)
    for name, change in spots.items():
        path = rewritten(good, good.with_name(f"{name}.safetensors"), lambda h, told, change=change: change(told))
        refused(path, f"is of the unknown class {place!r}")
    assert set(sys.modules) == imported
    assert not {name for name in imported - before if not name.startswith(("fastnn", "safetensors"))}


@pytest.mark.parametrize("name", ["print", "os.system", "eval", "__import__('os').system('true')", "relu", "Dense"])
def test_names_of_ones_own_are_looked_up_in_custom_objects_alone(good, name):
    path = rewritten(
        good, good.with_name("own.safetensors"), lambda h, told: told["compiled"].update(loss={"own": name})
    )
    refused(path, f"uses {name!r}, which is no part of fastnn")


class Bomb:
    """Unpickled, it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_pickles_are_text_like_any_other(tmp_path):
    bomb = tmp_path / "run"
    content = pickle.dumps(Bomb(bomb), protocol=0).decode()
    path = tmp_path / "model.safetensors"
    model = trained()
    model.metadata = {"note": content}
    model.save(path)
    assert fastnn.load_model(path).metadata == {"note": content}
    refused(rewritten(path, path, lambda h, told: told["layers"][0].update(activation=content)), "unknown")
    path.write_bytes(content.encode())
    refused(path, "damaged, or no .safetensors file")
    np.savez(tmp_path / "w.npz", **dict.fromkeys(weights_of(model), np.array([Bomb(bomb)])))
    with pytest.raises(ValueError, match=r"w\.npz"):
        model.load_weights(tmp_path / "w.npz")
    assert not bomb.exists()


def weights_of(model):
    return [f"{layer.name}.{name}" for layer in model.layers for name in layer.arrays]


def test_a_process_that_loads_imports_the_package_and_no_more(good):
    # Modules of the standard library that could run something or reach out are not even imported.
    program = """
import sys, fastnn
fastnn.load_model(sys.argv[1])
print(sorted({"pickle", "subprocess", "socket", "urllib.request", "ctypes.util", "multiprocessing"} & set(sys.modules)))
"""
    bare = "import sys, numpy, safetensors, fastnn; print(sorted(sys.modules))"
    known = run(bare)
    for name in ast.literal_eval(run(program, good)):
        assert repr(name) in known, f"loading has imported {name}"
