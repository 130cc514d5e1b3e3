"""What is the user's own: kept by name, handed in again, and never guessed."""

import numpy as np
import pytest
from model_files import data, everything

import fastnn
from fastnn import losses, metrics, optimizers, regularizers
from fastnn.layers import Activation, Dense, Input, Layer
from fastnn.models import Sequential


def bend(z):
    return z + 0.1 * z * z


def bend_slope(z):
    return 1 + 0.2 * z


def fourth(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 4, axis=1)


def fourth_gradient(y_true, y_pred):
    return 4 * (y_pred - y_true) ** 3 / y_pred.size


def worst(y_true, y_pred):
    return np.abs(y_pred - y_true).max()


def halving(step):
    return 0.01 / (1 + np.asarray(step))


class Bias(metrics.Metric):
    def __init__(self, name="bias"):
        super().__init__(name)

    def __call__(self, y_true, y_pred):
        return float(np.mean(y_pred) - np.mean(y_true))


OWN = {"bend": (bend, bend_slope), "fourth": (fourth, fourth_gradient), "worst": worst, "halving": halving}


def model_of_ones_own(metric=worst, loss=(fourth, fourth_gradient)):
    model = Sequential([Input((3,)), Dense(4, (bend, bend_slope)), Activation((bend, bend_slope)), Dense(2)], seed=0)
    model.compile(optimizers.SGD(halving), loss, metrics=[metric])
    model.fit(*data(), epochs=2)
    return model


def test_own_activations_losses_metrics_and_schedules(tmp_path):
    path, model = tmp_path / "own.safetensors", model_of_ones_own()
    model.save(path)
    again = fastnn.load_model(path, OWN)
    x, y = data()
    assert again.predict(x).tobytes() == model.predict(x).tobytes()
    assert everything(again) == everything(model)
    assert again.fit(x, y, epochs=2).history == model.fit(x, y, epochs=2).history


@pytest.mark.parametrize("missing", OWN)
def test_what_is_not_handed_in_is_named(tmp_path, missing):
    path = tmp_path / "own.safetensors"
    model_of_ones_own().save(path)
    given = {name: thing for name, thing in OWN.items() if name != missing}
    words = rf"own\.safetensors' cannot be loaded: .* uses '{missing}', .* pass custom_objects={{'{missing}': \.\.\.}}"
    with pytest.raises(ValueError, match=words):
        fastnn.load_model(path, given)


def test_prediction_needs_the_activations_alone(tmp_path):
    path, model = tmp_path / "own.safetensors", model_of_ones_own()
    model.save(path)
    again = fastnn.load_model(path, {"bend": (bend, bend_slope)}, compile=False)
    assert again.predict(data()[0]).tobytes() == model.predict(data()[0]).tobytes()


def test_names_are_those_of_the_file_and_not_of_the_functions(tmp_path):
    # So that a history goes on under the same names, and a file written anew asks for the same objects.
    path = tmp_path / "own.safetensors"
    loss = losses.CustomLoss(fourth, fourth_gradient, "steep")
    model_of_ones_own(metrics.FunctionMetric(worst, "error"), loss).save(path)
    own = OWN | {"steep": (fourth, fourth_gradient), "error": worst}
    for _ in range(2):
        model = fastnn.load_model(path, own)
        assert (model.loss.name, model.metrics[0].name, model.layers[0].activation.name) == ("steep", "error", "bend")
        model.save(path)
    renamed = {"bend": (lambda z: bend(z), lambda z: bend_slope(z))}
    fastnn.load_model(path, own | renamed).save(path)
    fastnn.load_model(path, own)


def test_own_objects(tmp_path):
    path = tmp_path / "own.safetensors"
    penalty = type("Penalty", (regularizers.L2,), {})(0.1)
    model = Sequential([Input((3,)), Dense(2, kernel_regularizer=penalty)], seed=0)
    model.compile(type("Slow", (optimizers.SGD,), {})(1e-4), "mse", metrics=[Bias("offset")])
    model.fit(*data())
    model.save(path)
    own = {"Penalty": penalty, "Slow": model.optimizer, "offset": Bias("offset")}
    assert everything(fastnn.load_model(path, own)) == everything(model)
    with pytest.raises(ValueError, match="the metric 'offset' is called 'bias' in custom_objects"):
        fastnn.load_model(path, own | {"offset": Bias})


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("thing", ["rleu", None, object()])
def test_own_objects_of_the_wrong_kind(tmp_path, name, thing):
    # None, too: as an activation it would be a linear one, and another model.
    path = tmp_path / "own.safetensors"
    model_of_ones_own().save(path)
    with pytest.raises(ValueError, match=r"own\.safetensors"):
        fastnn.load_model(path, OWN | {name: thing})


def test_two_things_of_one_name_are_not_saved(tmp_path):
    path = tmp_path / "own.safetensors"
    pairs = [(lambda z: z * z, lambda z: 2 * z), (lambda z: z**3, lambda z: 3 * z * z)]
    model = Sequential([Input((3,)), *[Dense(2, pair) for pair in pairs]], seed=0)
    with pytest.raises(ValueError, match="two functions or objects of your own are called '<lambda>'"):
        model.save(path)
    # The same one twice is one.
    model = Sequential([Input((3,)), Dense(2, pairs[0]), Dense(2, pairs[0])], seed=0)
    model.save(path)
    again = fastnn.load_model(path, {"<lambda>": pairs[0]})
    assert again.predict(data()[0]).tobytes() == model.predict(data()[0]).tobytes()


def test_layers_of_ones_own_are_not_saved(tmp_path):
    class Own(Dense):
        pass

    class Bare(Layer):
        def lower(self, plan):
            pass

    for layer in (Own(2), Bare(), type("Dense", (Dense,), {})(2)):
        model = Sequential([Input((3,)), layer], seed=0)
        with pytest.raises(TypeError, match=f"is of your own class {type(layer).__name__} and cannot be saved"):
            model.save(tmp_path / "own.safetensors")
    assert not list(tmp_path.iterdir())


def test_what_could_not_be_loaded_is_not_written(tmp_path):
    path = tmp_path / "model.safetensors"

    def refuses(error, words, change):
        model = Sequential([Input((3,)), Dense(2)], seed=0)
        model.compile("adam", "mse")
        model.fit(*data())
        change(model)
        with pytest.raises(error, match=words):
            model.save(path)

    refuses(TypeError, "metadata must be a dict", lambda model: setattr(model, "metadata", ["a"]))
    refuses(TypeError, "metadata must hold what JSON can", lambda model: setattr(model, "metadata", {"a": {1, 2}}))
    refuses(TypeError, "'note' must hold numbers", lambda model: model.history.add(0, {"note": "good"}))
    refuses(ValueError, "'dense.bias' holds NaN", lambda model: model.layers[0].arrays["bias"].fill(np.nan))
    long = {"a": "b" * 100_000_000}
    refuses(ValueError, "a .safetensors file has at most 100000000", lambda model: setattr(model, "metadata", long))

    class Own(np.random.PCG64):
        pass

    refuses(TypeError, "this is a Own", lambda model: setattr(model, "rng", np.random.Generator(Own(0))))
    assert not list(tmp_path.iterdir())
