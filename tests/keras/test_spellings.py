"""Keras' other spellings: each row of the tables does what it says."""

import importlib
import subprocess
import sys

import numpy as np
import pytest

import fastnn
import fastnn.keras as keras
from fastnn.keras.lacking import LACKING
from fastnn.keras.spellings import ALONE, ANY, MODULES, MOVED, POSITIONS, RENAMED, TAKEN
from fastnn.keras.translating import OldSpelling, Translated

MODULE_NAMES = [
    *("activations", "backend", "callbacks", "constraints", "initializers", "layers", "losses", "metrics"),
    *("models", "optimizers", "optimizers.schedules", "regularizers", "utils"),
]
# What a constructor needs, by name.
NEEDED = {
    "Dense": {"units": 3},
    "Embedding": {"input_dim": 3, "output_dim": 2},
    "CategoryEncoding": {"num_tokens": 3},
    "Lambda": {"function": abs},
    "Reshape": {"target_shape": (3,)},
    "Permute": {"dims": (1,)},
    "AlphaDropout": {"rate": 0.5},
    "GaussianDropout": {"rate": 0.5},
    "Activation": {"activation": "relu"},
    "Dropout": {"rate": 0.5},
    "GaussianNoise": {"stddev": 0.1},
    "Rescaling": {"scale": 0.5},
    "Input": {"shape": (3,)},
    "InputLayer": {"shape": (3,)},
    "ModelCheckpoint": {"filepath": "a.h5"},
    "CSVLogger": {"filename": "a.csv"},
    "LearningRateScheduler": {"schedule": min},
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 5},
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 5},
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5},
    "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 5},
    "PiecewiseConstantDecay": {"boundaries": [1], "values": [0.1, 0.2]},
    "BackupAndRestore": {"backup_dir": "backup"},
    "to_categorical": {"y": [0, 1]},
}


def classes():
    """Each class of the package under its name and module."""
    found = {}
    for place in MODULE_NAMES:
        module = importlib.import_module(f"fastnn.keras.{place}")
        found |= {
            name: (place.rpartition(".")[2], thing)
            for name in module.__all__
            if isinstance(thing := getattr(module, name), Translated)
        }
    return found


CLASSES = classes()


def owners(place):
    """The classes that a row of a table is about."""
    if place in CLASSES:
        return [place]
    return [name for name, (module, _) in CLASSES.items() if module == place]


def value_of(new):
    """Something that an argument takes."""
    names = {"kernel_initializer": "ones", "use_bias": False, "units": 3, "num_classes": 4}
    names |= dict.fromkeys(("kernel_regularizer", "bias_regularizer"), "l2")
    names |= dict.fromkeys(("kernel_constraint", "bias_constraint"), "max_norm")
    return names.get(new, 0.25)


OLD_ARGUMENTS = [
    (name, old, new) for place, rows in RENAMED.items() for old, new in rows.items() for name in owners(place)
]


@pytest.mark.parametrize(("name", "old", "new"), OLD_ARGUMENTS)
def test_an_old_argument_is_honoured_and_told_of_once(name, old, new, told):
    make = CLASSES[name][1]
    needed = {key: value for key, value in NEEDED.get(name, {}).items() if key != new}
    with told() as messages:
        first, second = (make(**needed, **{old: value_of(new)}) for _ in range(2))
    assert messages == [f"{name}({old}=...) is an old spelling of Keras: write {new}=..."]
    expected = make(**needed, **{new: value_of(new)})
    for found in (first, second):
        if isinstance(found, np.ndarray):
            np.testing.assert_array_equal(found, expected)
        elif isinstance(found, fastnn.layers.Layer):
            assert getattr(found, new, found) == getattr(expected, new, found)
            if name == "LeakyReLU":
                assert found.applied.numbers == expected.applied.numbers == (0.25,)
        else:
            assert str(vars(found)) == str(vars(expected))
    twice = {old: value_of(new), new: value_of(new)}
    with pytest.raises(TypeError, match=f"{name} has {new} twice, once as {new}"):
        make(**needed, **twice)


def test_all_rows_of_old_arguments_are_of_something():
    methods = {place for place in RENAMED if place.startswith("Sequential.")} | {"Model", "Tokenizer", "load_data"}
    assert {name for place in RENAMED for name in [place] if not owners(place)} == methods


# Values that a row must refuse, and that no default is.
STRANGE = object()
RESTRICTED = [
    (name, argument, row)
    for place, rows in ALONE.items()
    for argument, row in rows.items()
    for name in owners(place)
    # What is said of a class goes before what is said of all.
    if place == name or argument not in {*ALONE.get(name, {}), *TAKEN.get(name, ())}
]


@pytest.mark.parametrize(("name", "argument", "row"), RESTRICTED)
def test_what_cannot_be_honoured_is_refused_and_what_asks_for_nothing_is_taken(name, argument, row):
    make = CLASSES[name][1]
    for value in row.values:
        made = make(**NEEDED.get(name, {}), **{argument: value})
        assert argument not in vars(made) or argument in ("name", "dtype")
    with pytest.raises(TypeError, match=f"^{name} cannot have {argument}=<object.*>: ") as refusal:
        make(**NEEDED.get(name, {}), **{argument: STRANGE})
    assert str(refusal.value).endswith(row.instead)


@pytest.fixture
def model():
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")], seed=0)
    made.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made


METHODS = [
    (place.partition(".")[2], argument, row)
    for place, rows in ALONE.items()
    if place.startswith("Sequential.")
    for argument, row in rows.items()
]


@pytest.mark.parametrize(("method", "argument", "row"), METHODS)
def test_methods(model, method, argument, row, tmp_path, capsys):
    x, y = np.ones((4, 3)), np.array([0, 1, 0, 1])
    needed = {
        "compile": {"loss": "mse"},
        "fit": {"x": x, "y": y},
        "evaluate": {"x": x, "y": y},
        "predict": {"x": x},
        "save": {"filepath": tmp_path / "model.safetensors"},
        "load_weights": {"filepath": tmp_path / "model.safetensors"},
        "summary": {},
    }[method]
    model.save(tmp_path / "model.safetensors")
    before = model.get_weights()
    if ANY in row.values:
        # What says how to fetch batches, and not which.
        getattr(model, method)(**needed, **{argument: 7})
        return
    with pytest.raises(TypeError, match=rf"^Sequential.{method} cannot have {argument}=<object.*>: "):
        getattr(model, method)(**needed, **{argument: STRANGE})
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for value in row.values:
        getattr(model, method)(**needed, **{argument: value})
    capsys.readouterr()


@pytest.mark.parametrize("name", MODULES)
def test_old_modules(name, told):
    new = importlib.import_module(f"fastnn.keras.{MODULES[name]}")
    old = importlib.import_module(f"fastnn.keras.{name}")
    wanted = new.__all__[0]
    with told() as messages:
        assert getattr(old, wanted) is getattr(new, wanted)
        assert old.__all__ is new.__all__
    assert messages == [f"keras.{name} is an old spelling of Keras: write keras.{MODULES[name]}"]
    parent, _, child = name.rpartition(".")
    assert getattr(importlib.import_module(f"fastnn.keras.{parent}"), child) is old


def test_old_modules_in_a_new_process():
    code = (
        "from fastnn.keras.layers.core import Dense, Activation\n"
        "from fastnn.keras.utils import np_utils\n"
        "import fastnn.keras.utils.np_utils\n"
        "print(Dense(3).units, np_utils.to_categorical([1]).tolist())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "3 [[0.0, 1.0]]\n"
    assert ran.stderr.count("OldSpelling: ") == 2
    assert "<string>:1: OldSpelling: keras.layers.core" in ran.stderr


NAMES = [
    (place, old, new)
    for place, rows in MOVED.items()
    if place not in ("loss", "Sequential")
    for old, new in rows.items()
]


@pytest.mark.parametrize(("place", "old", "new"), NAMES)
def test_old_names(place, old, new, told):
    module = importlib.import_module(f"fastnn.keras.{place}")
    with told() as messages:
        assert getattr(module, old) is getattr(module, new)
    assert messages == [f"{place}.{old} is an old spelling of Keras: write {new}"]


@pytest.mark.parametrize(("old", "new"), MOVED["loss"].items())
def test_old_names_of_losses(old, new, told, model):
    with told() as messages:
        model.compile("sgd", old)
    assert (model.loss.name, messages) == (new, [f"loss.{old} is an old spelling of Keras: write {new}"])


def test_old_methods(model, told):
    x, y = np.eye(3, dtype=np.float32), np.array([0, 1, 1])
    with told() as messages:
        np.testing.assert_array_equal(model.predict_proba(x), model.predict(x))
        np.testing.assert_array_equal(model.predict_classes(x), model.predict(x).argmax(axis=1))
        assert model.evaluate_generator(iter([(x, y)]), steps=1) == model.evaluate(x, y)
        np.testing.assert_array_equal(model.predict_generator(iter([x]), steps=1), model.predict(x))
        assert len(model.fit_generator(iter([(x, y)] * 2), nb_epoch=2, steps_per_epoch=1).epoch) == 2
    assert len(messages) == 6
    assert (
        "model.predict_classes(x) is an old spelling of Keras: write numpy.argmax(model.predict(x), axis=-1)"
        in messages
    )
    with pytest.raises(AttributeError, match="a Sequential has no attribute 'predict_class'"):
        _ = model.predict_class


def test_classes_of_one_output(told):
    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid", input_dim=2)])
    x = np.random.default_rng(0).normal(size=(9, 2))
    with told() as messages:
        found = model.predict_classes(x)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, model.predict(x) > 0.5)
    assert len(messages) == 1


def test_old_names_of_values(model, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, y = np.eye(3, dtype=np.float32), np.array([0, 1, 1])
    with told() as messages:
        best = keras.callbacks.ModelCheckpoint(
            "{epoch}-{val_acc:.2f}.safetensors", monitor="val_acc", save_best_only=True
        )
        history = model.fit(x, y, epochs=2, validation_data=[x, y], callbacks=[best]).history
        assert history["acc"] == history["accuracy"]
        assert history["val_acc"] == history["val_accuracy"]
    assert len(messages) == 4
    assert best.monitor == "val_accuracy"
    assert list(tmp_path.iterdir())
    with pytest.raises(KeyError, match="'auc'"):
        history["auc"]
    # Where a metric has the old name, it is nothing old.
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acc"])
    history = model.fit(x, y, validation_data=[x, y], callbacks=[keras.callbacks.EarlyStopping("val_acc")]).history
    assert set(history) == {"loss", "acc", "val_loss", "val_acc"}


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "Adagrad"])
def test_decay_of_the_learning_rate(name, told):
    make = getattr(keras.optimizers, name)
    with told() as messages:
        optimizer = make(lr=0.5, decay=0.1, epsilon=None) if name != "SGD" else make(lr=0.5, decay=0.1)
    assert optimizer.learning_rate == fastnn.optimizers.schedules.InverseTimeDecay(0.5, 1, 0.1)
    assert optimizer.rate_at(5) == 0.5 / 1.5
    assert any("InverseTimeDecay(0.5, 1, 0.1)" in message for message in messages)
    assert make(decay=0.0).learning_rate == make().learning_rate
    with pytest.raises(TypeError, match="decay is for a learning_rate that is a number"):
        make(keras.optimizers.schedules.CosineDecay(0.1, 5), decay=0.1)


def test_what_decides_which_rule_of_an_optimizer():
    assert keras.optimizers.Adam().epsilon_hat
    assert keras.optimizers.get(keras.optimizers.AdamW).epsilon_hat
    assert keras.optimizers.get("nadam").momentum_decay == 1
    assert type(keras.optimizers.get("lbfgs")) is fastnn.optimizers.LBFGS
    both = keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.1)
    assert both.rate_in_velocity
    assert "weight_decay" in both.rule()


@pytest.mark.parametrize(
    ("place", "name"),
    [(place, name) for place, rows in LACKING.items() if place not in ("keras", "Model") for name in rows],
)
def test_what_lacks_says_what_to_write(place, name):
    module = {"schedules": "optimizers.schedules"}.get(place, place)
    found = importlib.import_module(f"fastnn.keras.{module}")
    assert name not in found.__all__
    # A class may be imported by a script that does not use it.
    with pytest.raises(ImportError, match=f"has no {name}, which Keras has: "):
        getattr(found, name)(3)


def test_a_class_that_is_not_there_may_be_imported_and_nothing_else():
    from fastnn.keras.layers import LSTM, Conv2D, Dense

    assert not isinstance(Dense(3), Conv2D)
    for use in (lambda: Conv2D(32, (3, 3)), lambda: LSTM.from_config({}), lambda: LSTM.__mro_entries__(())):
        with pytest.raises(ImportError, match="which Keras has: fastnn has dense networks alone"):
            use()


def test_what_nobody_has():
    with pytest.raises(AttributeError, match="has no attribute 'Dnese'; did you mean 'Dense'"):
        _ = keras.layers.Dnese
    with pytest.raises(AttributeError, match=r"module 'fastnn\.keras' has no attribute 'Sequentail'; did you mean"):
        _ = keras.Sequentail
    with pytest.raises(ImportError, match=r"fastnn\.keras has no applications, which Keras has: "):
        _ = keras.applications
    with pytest.raises(TypeError, match="Dense has no argument 'unit'; did you mean 'units'"):
        keras.layers.Dense(unit=3)


def test_shapes():
    dense = keras.layers.Dense
    for given in ({"input_dim": 4}, {"input_shape": 4}, {"input_shape": [4]}, {"batch_input_shape": (None, 4)}):
        assert dense(1, **given).declared_shape == (4,)
    with pytest.raises(ValueError, match=r"must begin with None.*but it is \(32, 4\)"):
        dense(1, batch_input_shape=(32, 4))
    with pytest.raises(TypeError, match="Dense has input_shape twice, once as input_shape"):
        dense(1, input_dim=4, input_shape=(4,))
    # A batch of any size, and of one that says nothing; one number is that of a sample.
    for given in ((None, 4), (32, 4), [None, 4], (4,), 4):
        model = keras.Sequential([dense(1)])
        model.build(given)
        assert model.built
        assert model.input_shape == (4,)


def test_a_translated_class_is_fastnns():
    dense, checkpoint = keras.layers.Dense, keras.callbacks.ModelCheckpoint

    class Wide(dense):
        def __init__(self):
            super().__init__(100)

    assert Wide().units == 100
    assert isinstance(Wide(), dense)
    assert issubclass(Wide, dense)
    assert issubclass(Wide, fastnn.layers.Dense)
    assert not isinstance(checkpoint("a.h5"), dense)
    assert "units" in dense.__signature__.parameters
    assert repr(dense) == "<fastnn.keras.layers.Dense>"
    with pytest.raises(TypeError, match=r"Dropout takes rate, noise_shape, seed by position, but 4 came so"):
        keras.layers.Dropout(0.5, None, 3, 4)
    with pytest.raises(TypeError, match="Dropout has rate twice, once by position"):
        keras.layers.Dropout(0.5, rate=0.5)


def test_positions_are_of_something():
    assert set(POSITIONS) <= set(CLASSES)


def test_seeds():
    def weights():
        return keras.Sequential([keras.layers.Dense(3, input_dim=2)]).get_weights()[0].tolist()

    results = []
    state = np.random.get_state()  # noqa: NPY002 - the one that Keras seeds
    try:
        for _ in range(2):
            keras.utils.set_random_seed(3)
            results.append([weights(), weights(), np.random.rand()])  # noqa: NPY002
        assert results[0] == results[1]
        assert results[0][0] != results[0][1]
    finally:
        np.random.set_state(state)  # noqa: NPY002
        keras.sequential.SESSION.__init__()
    assert weights() != weights()


def test_the_type_of_numbers():
    keras.backend.set_floatx("float64")
    try:
        assert keras.backend.floatx() == keras.Sequential().dtype == "float64"
    finally:
        keras.backend.set_floatx("float32")
    assert keras.Sequential(dtype="float64").dtype == "float64"
    with pytest.raises(TypeError, match="float16"):
        keras.backend.set_floatx("float16")
    assert keras.backend.epsilon() == 1e-7
    assert (keras.backend.backend(), keras.backend.image_data_format()) == ("fastnn", "channels_last")
    keras.backend.clear_session()
    keras.utils.clear_session()


def test_called_for_training(model):
    assert model(np.ones((2, 3)), training=True).numpy().shape == (2, 2)
    model.add(keras.layers.Dropout(0.5))
    drawn = np.array([model(np.ones((2, 3)), training=True) for _ in range(10)])
    still = model(np.ones((2, 3)))
    # Each number is left out or doubled.
    assert ((drawn == 0) | np.isclose(drawn, 2 * still)).all()
    assert 0 < (drawn == 0).mean() < 1


def test_tensorflows_names():
    import fastnn.keras.tensorflow as tf

    assert tf.keras is keras
    model = tf.keras.Sequential([tf.keras.layers.Dense(2, activation=tf.nn.relu, input_shape=(3,))])
    assert model.layers[0].activation.name == "relu"
    np.testing.assert_allclose(tf.nn.softmax([[0.0, 0.0]]).numpy(), [[0.5, 0.5]])
    assert tf.constant([1.0]).dtype == tf.float32
    assert tf.constant([1]).numpy().tolist() == [1]
    with pytest.raises(AttributeError, match=r"has .*add, .*, but no 'einsum': of arrays write NumPy's function"):
        _ = tf.einsum


def test_metrics_in_other_forms(model):
    model.compile(keras.optimizers.SGD, keras.losses.KLDivergence, metrics=[keras.metrics.CategoricalAccuracy])
    assert model.metrics_names == ["loss", "categorical_accuracy"]
    model.compile("sgd", keras.losses.mean_squared_error, metrics=[keras.metrics.mean_absolute_error, "acc"])
    assert model.metrics_names == ["loss", "mean_absolute_error", "acc"]
    model.compile("sgd", "mse", metrics="mae")
    assert model.metrics_names == ["loss", "mae"]


def test_metrics_at_their_place_in_keras_2(model, told):
    with told() as messages:
        model.compile("sgd", "mse", ["mae", keras.metrics.CategoricalAccuracy()])
    assert model.metrics_names == ["loss", "mae", "categorical_accuracy"]
    assert messages == [
        "model.compile(optimizer, loss, metrics) is an old spelling of Keras: write "
        "model.compile(optimizer, loss, metrics=metrics)"
    ]
    with pytest.raises(TypeError, match=r"cannot have loss_weights=\[1\.0\]"):
        model.compile("sgd", "mse", [1.0], metrics=["mae"])
    with pytest.raises(TypeError, match=r"cannot have loss_weights=\[0\.5\]"):
        model.compile("sgd", "mse", [0.5])


def test_versions():
    import fastnn.keras.tensorflow as tf

    assert keras.__version__ == tf.__version__ == fastnn.__version__


def test_a_picture_of_a_model(model, tmp_path):
    pytest.importorskip("matplotlib")
    keras.utils.plot_model(model, to_file=tmp_path / "model.png", show_shapes=True)
    assert (tmp_path / "model.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(TypeError, match="cannot have show_shapes=False"):
        keras.utils.plot_model(model, tmp_path / "model.png", show_shapes=False)
    with pytest.raises(TypeError, match="rankdir"):
        keras.utils.plot_model(model, rankdir="LR")


def test_a_history_as_a_callback(model):
    recorded = keras.callbacks.History()
    returned = model.fit(np.eye(3), np.array([0, 1, 1]), epochs=3, callbacks=[recorded])
    assert (recorded.epoch, recorded.history) == ([0, 1, 2], returned.history)


def test_a_schedule_of_the_epoch_alone(model):
    rates = []
    for schedule in (lambda epoch: 0.1 / (epoch + 1), lambda epoch, rate: 0.1 / (epoch + 1)):
        model.compile("sgd", "sparse_categorical_crossentropy")
        watcher = keras.callbacks.LearningRateScheduler(schedule)
        rates.append(model.fit(np.eye(3), np.array([0, 1, 1]), epochs=3, callbacks=[watcher]).history["learning_rate"])
    assert rates[0] == rates[1] == [0.1, 0.05, 0.1 / 3]


def test_an_old_spelling_is_a_warning_of_its_own():
    with pytest.warns(OldSpelling, match="lr=..."):
        keras.optimizers.SGD(lr=0.1)
    assert issubclass(OldSpelling, FutureWarning)


def test_nothing_is_imported_before_it_is_needed():
    code = (
        "import sys, fastnn.keras; print([m for m in sys.modules if m in ('numpy.random', 'h5py', 'keras', 'sklearn')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(eval(ran.stdout)) <= {"numpy.random"}
    code = "import sys, fastnn.keras; print(any(m.startswith('fastnn.models') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
