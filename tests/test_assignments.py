"""An assignment takes full effect, or is refused with what to write instead."""

import copy
import inspect
import pathlib
import pickle
import sys

import numpy as np
import pytest

import fastnn
from fastnn import augmentation, callbacks, constraints, initializers, layers, losses, metrics, optimizers, regularizers
from fastnn.models import Sequential
from fastnn.optimizers import schedules

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from public_classes import arguments, public_classes

# What a constructor needs.
NEEDED = {
    fastnn.FlattenLayer: ((2, 2),),
    fastnn.FCLayer: (2, 1),
    fastnn.ActivationLayer: (fastnn.relu,),
    fastnn.SoftmaxLayer: (3,),
    layers.Input: ((3,),),
    layers.Rescaling: (0.5,),
    layers.Dense: (3,),
    layers.Embedding: (3, 2),
    layers.CategoryEncoding: (3,),
    layers.Reshape: ((3,),),
    layers.Permute: ((1,),),
    layers.AlphaDropout: (0.5,),
    layers.GaussianDropout: (0.5,),
    layers.Activation: ("relu",),
    layers.Dropout: (0.5,),
    layers.GaussianNoise: (0.5,),
    losses.CustomLoss: (abs, abs),
    metrics.Metric: ("mine",),
    metrics.FunctionMetric: (max,),
    callbacks.ModelCheckpoint: ("a.safetensors",),
    callbacks.LearningRateScheduler: (lambda epoch, rate: rate,),
    callbacks.CSVLogger: ("a.csv",),
    callbacks.BackupAndRestore: ("a",),
    schedules.StepDecay: (0.1, 5),
    schedules.PiecewiseConstantDecay: ([1], [0.1, 0.2]),
    schedules.ExponentialDecay: (0.1, 5, 0.5),
    schedules.InverseTimeDecay: (0.1, 5, 0.5),
    schedules.PolynomialDecay: (0.1, 5),
    schedules.CosineDecay: (0.1, 5),
    schedules.CosineDecayRestarts: (0.1, 5),
    schedules.OneCycle: (0.1, 5),
}
CLASSES = [kind for _, kind in public_classes() if kind is not fastnn.History and not inspect.isabstract(kind)]
# What takes full effect: the next step has the rate, the next training knows what is frozen, and a layer may be named
# until a model knows it.
CHANGEABLE = {
    **dict.fromkeys(("name", "trainable"), (layers.Layer, Sequential, fastnn.Model)),
    "learning_rate": (optimizers.Optimizer,),
}
SETTINGS = [
    (kind, name)
    for kind in CLASSES
    for name in arguments(kind)
    if not (name in CHANGEABLE and issubclass(kind, CHANGEABLE[name]))
]


def made(kind):
    if kind is fastnn.Model:
        # Its layers belong to it alone.
        x = layers.Input((3,))
        return fastnn.Model(x, layers.Dense(2)(x))
    return kind(*NEEDED.get(kind, ()))


def short(value):
    return getattr(value, "__name__", value)


@pytest.mark.parametrize(("kind", "name"), SETTINGS, ids=short)
def test_what_the_constructor_takes_is_not_assigned_afterwards(kind, name):
    thing = made(kind)
    words = rf"^{name} (cannot be changed: make another|of a {kind.__name__} cannot be assigned: )"
    with pytest.raises(AttributeError, match=words):
        setattr(thing, name, 0.123)
    assert vars(thing).keys() == vars(made(kind)).keys()


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind not in (Sequential, fastnn.Model)], ids=short)
def test_what_an_object_does_not_know(kind):
    with pytest.raises(AttributeError, match="has no attribute 'qqqqq' that could be assigned"):
        made(kind).qqqqq = 1


@pytest.mark.parametrize(("kind", "name"), SETTINGS, ids=short)
def test_a_misspelt_setting_is_told_the_nearest(kind, name):
    with pytest.raises(AttributeError, match=r"that could be assigned; did you mean '\w+'\?"):
        setattr(made(kind), f"{name}s", 1)


@pytest.mark.parametrize("kind", CLASSES, ids=short)
def test_copies_are_as_strict(kind):
    names = [name for of, name in SETTINGS if of is kind]
    things = [copy.copy(made(kind)), copy.deepcopy(made(kind))]
    if kind is not callbacks.LearningRateScheduler:  # its function has no name that pickle finds
        things.append(pickle.loads(pickle.dumps(made(kind))))
    for thing in things:
        assert type(thing) is kind
        if names:
            with pytest.raises(AttributeError):
                setattr(thing, names[0], 0.123)


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (layers.Activation("relu"), "applied"),
        (layers.LeakyReLU(), "applied"),
        (layers.Tanh(), "activation_name"),
        (layers.BatchNormalization(), "momentum_of_moving"),
        (losses.MeanSquaredError(), "name"),
        (losses.Poisson(), "low"),
        (losses.Hinge(), "engine"),
        (metrics.Accuracy(), "larger_is_better"),
        (initializers.HeNormal(), "scale"),
        (initializers.HeNormal(), "uniform"),
    ],
    ids=short,
)
def test_what_a_class_or_its_constructor_knows_is_not_assigned_either(thing, name):
    with pytest.raises(AttributeError, match=f"{name} cannot be changed: make another {type(thing).__name__}"):
        setattr(thing, name, 1)


@pytest.mark.parametrize("name", ["class_names", "labels", "note", "classes", "training_data", "author"])
def test_notes_on_a_model(name):
    model = model_of()
    setattr(model, name, ["a", "b"])
    assert getattr(copy.deepcopy(model), name) == ["a", "b"]


def test_a_metric_of_ones_own_may_change_its_direction():
    class Own(metrics.Metric):
        pass

    own = Own("own")
    own.larger_is_better = True
    assert own.larger_is_better


def test_a_method_may_be_replaced():
    model = model_of()
    model.predict = lambda x: "told"
    assert model.predict(3) == "told"


def model_of(seed=0):
    hidden = [layers.Dense(5, "relu"), layers.BatchNormalization(), layers.Dropout(0.1)]
    model = Sequential([layers.Input((4,)), *hidden, layers.Dense(1)], seed=seed)
    model.compile("sgd", "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("parameters", "model.parameters[:] = ..."),
        ("layers", "use model.add and model.pop"),
        ("optimizer", "call model.compile(optimizer=..., loss=model.loss, metrics=model.metrics)"),
        ("loss", "call model.compile(optimizer=model.optimizer, loss=..., metrics=model.metrics)"),
        ("metrics", "call model.compile(optimizer=model.optimizer, loss=model.loss, metrics=...)"),
        ("learning_rate", "model.optimizer.learning_rate = ..."),
        ("weights", "call model.set_weights"),
        ("dtype", "Sequential(..., dtype=...)"),
        ("seed", "Sequential(..., seed=...)"),
        ("input_shape", "call model.build(input_shape)"),
        ("output_shape", "call model.build(input_shape)"),
        ("built", "call model.build(input_shape)"),
        ("plan", "the model makes it"),
        ("optimizer_state", "the model makes it"),
        ("stop_trainig", "did you mean 'stop_training'?"),
        ("paramters", "did you mean 'parameters'?"),
        ("optimiser", "did you mean 'optimizer'?"),
    ],
)
def test_of_a_model(name, words):
    model, fresh = model_of(), model_of(1)
    before = model.get_weights()
    with pytest.raises(AttributeError) as told:
        setattr(model, name, np.dtype("float64") if name == "dtype" else getattr(fresh, name, 1))
    assert words in str(told.value)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("index", "name", "words"),
    [
        (0, "kernel", "layer.arrays['kernel'][:] = ..."),
        (0, "bias", "layer.arrays['bias'][:] = ..."),
        (0, "activation", "make another Dense"),
        (0, "units", "make another Dense"),
        (0, "use_bias", "make another Dense"),
        (0, "kernel_regularizer", "make another Dense"),
        (0, "arrays", "layer.arrays['kernel'][:] = ..."),
        (0, "input_shape", "the model finds it"),
        (0, "output_shape", "the model finds it"),
        (0, "in_model", "model.add and model.pop"),
        (0, "name", "name layers before"),
        (0, "unit", "did you mean 'units'?"),
        (1, "gamma", "layer.arrays['gamma'][:] = ..."),
        (1, "moving_variance", "layer.arrays['moving_variance'][:] = ..."),
        (1, "momentum", "make another BatchNormalization"),
        (1, "epsilon", "make another BatchNormalization"),
        (2, "rate", "make another Dropout"),
    ],
)
def test_of_a_layer_in_a_model(index, name, words):
    with pytest.raises(AttributeError) as told:
        setattr(model_of().layers[index], name, 1)
    assert words in str(told.value)


CHANGES = {
    "append to layers": lambda model: model.layers.append(layers.Dense(1)),
    "extend layers": lambda model: model.layers.extend([layers.Dense(1)]),
    "insert into layers": lambda model: model.layers.insert(0, layers.Dense(4)),
    "pop of layers": lambda model: model.layers.pop(),
    "remove a layer": lambda model: model.layers.remove(model.layers[0]),
    "clear layers": lambda model: model.layers.clear(),
    "reverse layers": lambda model: model.layers.reverse(),
    "sort layers": lambda model: model.layers.sort(key=id),
    "a layer in another's place": lambda model: model.layers.__setitem__(0, layers.Dense(5)),
    "del of a layer": lambda model: model.layers.__delitem__(0),
    "layers +=": lambda model: model.layers.__iadd__([layers.Dense(1)]),
    "append to metrics": lambda model: model.metrics.append(metrics.R2Score()),
    "clear metrics": lambda model: model.metrics.clear(),
    "an array in another's place": lambda model: model.layers[0].arrays.__setitem__("kernel", np.zeros((4, 5))),
    "another array": lambda model: model.layers[0].arrays.__setitem__("weights", np.zeros(5)),
    "update of arrays": lambda model: model.layers[0].arrays.update(kernel=np.zeros((4, 5))),
    "pop of arrays": lambda model: model.layers[0].arrays.pop("bias"),
    "del of an array": lambda model: model.layers[0].arrays.__delitem__("bias"),
    "clear arrays": lambda model: model.layers[0].arrays.clear(),
    "arrays |=": lambda model: model.layers[0].arrays.__ior__({"bias": np.zeros(5)}),
}
COPIES = {
    "itself": lambda model: model,
    "a deep copy": copy.deepcopy,
    "from pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("change", CHANGES)
def test_lists_of_a_model_are_not_changed_by_themselves(change, kind):
    model = COPIES[kind](model_of())
    before = [*model.layers], [*model.metrics], dict(model.layers[0].arrays)
    with pytest.raises(TypeError, match=r"cannot be changed by itself: (use model.add|call model.compile|write into)"):
        CHANGES[change](model)
    assert [*model.layers] == before[0]
    assert [*model.metrics] == before[1]
    assert all(model.layers[0].arrays[name] is array for name, array in before[2].items())


def test_arrays_are_changed_in_place():
    model = model_of()
    x = np.ones((2, 4), np.float32)
    before = model.predict(x)
    model.layers[-1].arrays["bias"] += 1
    model.layers[0].arrays["bias"][:] = 0
    np.testing.assert_allclose(model.predict(x), before + 1, rtol=1e-6)  # one sum in another order


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [(3, TypeError, "name must be a string"), ("", TypeError, "not empty"), ("a/b", ValueError, "slash")],
)
def test_a_layers_name_before_it_is_in_a_model(value, error, words):
    layer = layers.Dense(1)
    with pytest.raises(error, match=words):
        layer.name = value
    layer.name = "first"
    assert Sequential([layer]).get_layer("first") is layer


def test_what_may_be_assigned_takes_effect(tmp_path):
    model = model_of()
    model.name, model.metadata = "other", {"inputs": ["a", "b"]}
    model.optimizer.learning_rate = 0.5
    model.rng = np.random.default_rng(3)
    model.stop_training = True
    model.save(tmp_path / "model.safetensors")
    again = fastnn.load_model(tmp_path / "model.safetensors")
    assert (again.name, again.metadata, again.optimizer.learning_rate) == ("other", model.metadata, 0.5)
    assert again.rng.integers(1 << 60) == np.random.default_rng(3).integers(1 << 60)
    with pytest.raises(TypeError, match="name must be a string"):
        model.name = 3
    with pytest.raises(TypeError, match="rng must be a"):
        model.rng = 3


def test_parameters_are_copied_and_changed_in_place():
    model, other = model_of(0), model_of(1)
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    model.parameters[:] = other.parameters
    np.testing.assert_array_equal(model.predict(x), other.predict(x))
    vector, expected = model.parameters, model.parameters * np.float32(0.5)
    model.parameters *= 0.5
    assert model.parameters is vector
    np.testing.assert_array_equal(vector, expected)
    # A part of the way to another model's, as in deep reinforcement learning.
    soft = vector + np.float32(0.25) * (other.parameters - vector)
    model.parameters += 0.25 * (other.parameters - model.parameters)
    assert model.parameters is vector
    np.testing.assert_array_equal(vector, soft)
    again = model_of(2)
    again.parameters[:] = vector
    np.testing.assert_array_equal(model.predict(x), again.predict(x))
    with pytest.raises(AttributeError, match=r"copy into them, model\.parameters\[:\] = \.\.\."):
        model.parameters = model.parameters + 1
    with pytest.raises(AttributeError, match=r"layer\.arrays\['kernel'\]\[:\] = \.\.\."):
        model.layers[0].kernel = np.zeros((4, 5))


def test_classes_of_ones_own_have_attributes_of_their_own():
    class Watcher(callbacks.Callback):
        def __init__(self):
            self.models = []
            self.patience = 3

        def on_epoch_end(self, epoch, logs):
            self.models.append(epoch)
            self.seen, self.params, self.lay = epoch, {}, 1

    class Network(Sequential):
        trainable = True

        def __init__(self):
            self.temperature = 1.0
            super().__init__([layers.Input((4,)), layers.Dense(1)], seed=0)
            self.layer1, self.optimiser = self.layers[0], "none"

    class Scaled(layers.Dense):
        def __init__(self):
            super().__init__(2)
            self.factor = 2.0

        def build(self, input_shape):
            self.size = input_shape
            return super().build(input_shape)

    watcher, network = Watcher(), Network()
    network.compile("sgd", "mse")
    network.fit(np.ones((4, 4)), np.ones(4), epochs=2, callbacks=[watcher])
    assert (watcher.models, watcher.seen, watcher.patience) == ([0, 1], 1, 3)
    network.temperature, network.trainable, network.note = 2.0, False, "mine"
    assert (network.temperature, network.trainable) == (2.0, False)
    with pytest.raises(AttributeError, match="parameters of a Network cannot be assigned"):
        network.parameters = np.zeros(5)
    layer = Scaled()
    assert layer.build((3,)) == (2,)
    layer.factor = 3.0
    assert (layer.size, layer.factor) == ((3,), 3.0)
    with pytest.raises(AttributeError, match="units cannot be changed: make another Scaled"):
        layer.units = 3


def test_a_constructor_that_fails_leaves_the_object_as_strict():
    layer = layers.Dense(3)
    with pytest.raises(ValueError, match="units must be at least 1"):
        layer.__init__(0)
    with pytest.raises(AttributeError):
        layer.units = 5


def test_state_of_callbacks_may_be_assigned():
    stopping = callbacks.EarlyStopping("loss")
    stopping.best, stopping.wait = 0.5, 2
    assert (stopping.best, stopping.wait) == (0.5, 2)


@pytest.mark.parametrize(
    "thing",
    [
        losses.Huber(2.0),
        regularizers.L2(0.1),
        constraints.MaxNorm(1.0),
        initializers.Constant(1.0),
        augmentation.ImageAugmentation(rotation_range=1.0),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_nothing_private_is_left_from_the_making(thing):
    assert not [name for name in vars(thing) if "making" in name]
