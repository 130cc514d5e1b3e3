"""Files under the names of scripts: Keras opens those that bear its endings, and everything comes back as it was."""

import json
import sys
import zipfile

import numpy as np
import pytest

import fastnn
import fastnn.keras as ours
from fastnn.keras.models import load_model, model_from_json, save_model

h5py = pytest.importorskip("h5py")
# Keras' own, of NumPy's new arguments, of optimisers that start anew, and of formats it would rather have.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning"),
]

KERAS_NAMES = ("model.keras", "model.h5", "model.hdf5")
NAMES = (*KERAS_NAMES, "model.safetensors", "model.ckpt", "model", "MODEL.H5")
WEIGHTS = ("w.weights.h5", "w.h5", "w.hdf5", "w.safetensors", "w.npz", "w.ckpt", "w")


def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)).astype(np.float32)
    return x, x[:, :1] - x[:, 1:2]


def made(module, optimizer="adam"):
    model = module.Sequential(
        [module.Input((3,)), module.layers.Dense(4, "relu"), module.layers.BatchNormalization(), module.layers.Dense(1)]
    )
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def trained():
    model = made(ours)
    model.fit(*data(), epochs=2, batch_size=8, verbose=0)
    return model


def equal(one, other):
    for mine, its in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_back_to_the_last_bit(name, tmp_path):
    model = trained()
    model.save(tmp_path / name)
    again = load_model(tmp_path / name)
    assert type(again) is ours.Sequential
    equal(model, again)
    assert again.history.history == model.history.history
    assert again.optimizer == model.optimizer
    for one in (model, again):
        one.fit(*data(), epochs=4, initial_epoch=2, batch_size=8)
    equal(model, again)
    assert load_model(tmp_path / name, compile=False).optimizer is None


@pytest.mark.parametrize("name", KERAS_NAMES)
def test_keras_opens_it(name, keras, tmp_path):
    model = trained()
    save_model(model, str(tmp_path / name))
    theirs = keras.models.load_model(tmp_path / name)
    equal(model, theirs)
    # A few products in float32.
    np.testing.assert_allclose(theirs.predict(data()[0], verbose=0), model.predict(data()[0]), rtol=1e-4, atol=1e-5)
    assert type(theirs.optimizer).__name__ == "Adam"


@pytest.mark.parametrize("name", KERAS_NAMES[:2])
def test_files_of_keras(name, keras, tmp_path):
    theirs = made(keras, keras.optimizers.SGD(0.05, momentum=0.5))
    theirs.save(tmp_path / name)
    model = load_model(tmp_path / name)
    equal(model, theirs)
    assert (model.optimizer.learning_rate, model.optimizer.momentum) == (pytest.approx(0.05), 0.5)
    assert model.metrics_names == ["loss", "mae"]
    for one in (model, theirs):
        one.fit(*data(), epochs=2, batch_size=8, shuffle=False, verbose=0)
    for mine, its in zip(model.get_weights(), theirs.get_weights(), strict=True):
        # Ten steps in float32.
        np.testing.assert_allclose(mine, its, rtol=0, atol=2e-5)
    assert load_model(tmp_path / name, compile=False).optimizer is None


def test_what_keras_compiled_and_we_cannot(keras, tmp_path):
    theirs = made(keras, keras.optimizers.SGD(0.05, use_ema=True))
    theirs.save(tmp_path / "model.keras")
    with pytest.raises(
        ValueError, match=r"cannot be compiled as it was in Keras: SGD cannot have use_ema=True.*compile=F"
    ):
        load_model(tmp_path / "model.keras")
    equal(load_model(tmp_path / "model.keras", compile=False), theirs)


@pytest.mark.parametrize(
    "config",
    [
        {"optimizer": "sgd", "loss": "mse", "metrics": [["mae"]]},
        {
            "optimizer": {"class_name": "SGD", "config": {"name": "SGD", "learning_rate": 0.1}},
            "loss": "mse",
            "metrics": [],
        },
        {
            "optimizer_config": {
                "class_name": "Adam",
                "config": {
                    "learning_rate": {
                        "class_name": "CosineDecay",
                        "config": {"initial_learning_rate": 0.1, "decay_steps": 5, "name": None},
                    }
                },
            },
            "loss": {
                "class_name": "Huber",
                "config": {"delta": 0.5, "name": "huber_loss", "reduction": "sum_over_batch_size"},
            },
            "metrics": [{"class_name": "MeanAbsoluteError", "config": {"name": "m", "dtype": "float32"}}],
        },
    ],
)
def test_how_keras_says_a_model_is_compiled(config):
    from fastnn.keras.training_config import compile_as

    model = made(ours)
    compile_as(model, config)
    assert model.optimizer is not None
    with pytest.raises(ValueError, match=r"fastnn\.keras has no Ftrl"):
        compile_as(model, config | {"optimizer": {"class_name": "Ftrl", "config": {}}})


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_alone(name, tmp_path, keras):
    model, other = trained(), made(ours)
    model.save_weights(tmp_path / name)
    other.load_weights(tmp_path / name)
    equal(model, other)
    if name.endswith(("h5", "hdf5")):
        theirs = made(keras)
        theirs.load_weights(tmp_path / name)
        equal(model, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_a_whole_model(name, tmp_path):
    model, other = trained(), made(ours)
    model.save(tmp_path / name)
    other.load_weights(tmp_path / name)
    equal(model, other)


@pytest.mark.parametrize("weights_only", [False, True])
@pytest.mark.parametrize("name", ["best.h5", "best.hdf5", "best.keras", "best.ckpt", "best", "{epoch:02d}.safetensors"])
def test_checkpoints(name, weights_only, tmp_path):
    if weights_only and name.endswith("keras"):
        with pytest.raises(ValueError, match=r"weights alone end in \.weights\.h5"):
            made(ours).save_weights(tmp_path / name)
        return
    model = made(ours)
    checkpoint = ours.callbacks.ModelCheckpoint(str(tmp_path / name), save_weights_only=weights_only, save_freq="epoch")
    model.fit(*data(), epochs=2, callbacks=[checkpoint], verbose=0)
    path = tmp_path / name.format(epoch=2)
    if weights_only:
        other = made(ours)
        other.load_weights(path)
    else:
        other = load_model(path)
    equal(model, other)


def test_checkpoints_of_the_package_itself_keep_their_names():
    with pytest.raises(ValueError, match=r"must end in \.safetensors, but it is 'best\.h5'"):
        fastnn.callbacks.ModelCheckpoint("best.h5")


def test_texts(keras):
    model = trained()
    theirs = keras.models.model_from_json(model.to_json())
    theirs.set_weights(model.get_weights())
    np.testing.assert_allclose(theirs.predict(data()[0], verbose=0), model.predict(data()[0]), rtol=1e-4, atol=1e-5)
    for text in (model.to_json(indent=2), theirs.to_json()):
        again = model_from_json(text)
        assert type(again) is ours.Sequential
        assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
        assert [array.shape for array in again.get_weights()] == [array.shape for array in model.get_weights()]
    assert ours.Sequential.from_config(model.get_config()).count_params() == model.count_params()
    assert json.loads(model.to_json())["config"] == model.get_config()


def test_copies_without_weights_and_folders_that_are_not_there(tmp_path):
    model = trained()
    other = ours.models.clone_model(model)
    assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
    assert not np.array_equal(other.get_weights()[0], model.get_weights()[0])
    assert other.optimizer is None
    model.save_weights(tmp_path / "checkpoints" / "first" / "weights")
    other.load_weights(tmp_path / "checkpoints" / "first" / "weights")
    equal(model, other)
    model.save(tmp_path / "models" / "model.keras")
    equal(load_model(tmp_path / "models" / "model.keras"), model)


def test_nothing_is_written_that_is_not_whole(tmp_path):
    model = ours.Sequential([ours.layers.Dense(2, activation=(np.tanh, np.cos), input_dim=3)])
    for name in KERAS_NAMES:
        with pytest.raises(TypeError, match="its activation tanh is of your own"):
            model.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    model.save(tmp_path / "model")
    own = {"tanh": (np.tanh, np.cos)}
    equal(load_model(tmp_path / "model", custom_objects=own), model)


def test_files_that_nobody_should_trust(tmp_path):
    trained().save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def written(**changes):
        path = tmp_path / "changed.keras"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (members | changes).items():
                archive.writestr(name, content)
        return path

    damaged = bytearray(members["fastnn.safetensors"])
    damaged[-3] ^= 1
    with pytest.raises(ValueError, match=r"changed\.keras' cannot be loaded: .* is damaged"):
        load_model(written(**{"fastnn.safetensors": bytes(damaged)}))
    with pytest.raises(ValueError, match=r"changed\.keras' cannot be loaded"):
        load_model(written(**{"fastnn.safetensors": b"words"}))
    with pytest.raises(TypeError, match="safe_mode=False: nothing in a file is ever run"):
        load_model(tmp_path / "model.keras", safe_mode=False)
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "nothing.keras")
    with pytest.raises(IsADirectoryError):
        load_model(tmp_path)
    (tmp_path / "words").write_text("words of no format")
    with pytest.raises(ValueError, match="words' cannot be loaded"):
        load_model(tmp_path / "words")
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["fastnn.safetensors"] = h5py.ExternalLink(str(tmp_path / "model.keras"), "/")
    with pytest.raises(ValueError, match="it holds weights alone"):
        load_model(tmp_path / "link.h5")


def test_without_h5py(tmp_path, monkeypatch):
    model = trained()
    model.save(tmp_path / "model.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    for call in (lambda: model.save(tmp_path / "other.h5"), lambda: model.save_weights(tmp_path / "w.h5")):
        with pytest.raises(ImportError, match="pip install 'h5py"):
            call()
    model.save(tmp_path / "model")
    equal(load_model(tmp_path / "model"), model)
