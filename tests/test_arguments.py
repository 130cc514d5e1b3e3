"""No argument is taken without effect: an unknown name is refused, and the nearest one told, all over the package."""

import inspect
import pathlib
import sys

import numpy as np
import pytest

import fastnn
from fastnn import callbacks, layers, losses, metrics, optimizers
from fastnn.models import Sequential
from fastnn.optimizers import schedules

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from public_classes import arguments, public_classes

# Without a record, which has no constructor of its own, and what cannot be made.
CLASSES = [kind for _, kind in public_classes() if kind is not fastnn.History and not inspect.isabstract(kind)]
ARGUMENTS = [(kind, name) for kind in CLASSES for name in arguments(kind)]


def test_many_are_looked_at():
    assert len(CLASSES) > 70
    assert len(ARGUMENTS) > 150


every_class = pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)


@every_class
def test_a_misspelt_argument_is_refused_with_the_nearest(kind):
    for name in arguments(kind):
        misspelt = f"{name}s" if len(name) < 4 else name[:-2] + name[-1] + name[-2] + "x"
        words = rf"^{kind.__name__} has no argument '{misspelt}'; did you mean '\w+'\?"
        with pytest.raises(TypeError, match=words) as told:
            kind(**{misspelt: 1})
        # Of names that are near to each other, such as l1 and l2, either may be told.
        assert any(f"'{near}'?" in str(told.value) for near in arguments(kind))


@every_class
def test_an_argument_near_to_none_is_refused(kind):
    with pytest.raises(TypeError, match=rf"^{kind.__name__} has no argument 'qqqqq'"):
        kind(qqqqq=1)


@every_class
def test_no_constructor_takes_any_name(kind):
    assert not any(
        parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        for parameter in inspect.signature(kind).parameters.values()
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: optimizers.SGD(lr=0.5), "SGD has no argument 'lr'; did you mean 'learning_rate'?"),
        (lambda: optimizers.Adam(decay=5.0), "did you mean 'weight_decay'?"),
        (lambda: optimizers.AdamW(decay=5.0), "did you mean 'weight_decay'?"),
        (lambda: optimizers.Nadam(b1=0.9), "Nadam has no argument 'b1'"),
        (lambda: optimizers.LBFGS(learning_rate=1.0), "LBFGS has none"),
        (lambda: fastnn.initializers.Zeros(value=1), "Zeros has no argument 'value'. It takes none."),
        (lambda: callbacks.LambdaCallback(on_epoch_ends=print), "did you mean 'on_epoch_end'?"),
    ],
)
def test_names_of_other_libraries(make, words):
    with pytest.raises(TypeError) as told:
        make()
    assert words in str(told.value)


@pytest.mark.parametrize(
    ("method", "misspelt", "nearest"),
    [
        ("compile", "optimiser", "optimizer"),
        ("compile", "metric", "metrics"),
        ("fit", "epoch", "epochs"),
        ("fit", "validation_splits", "validation_split"),
        ("evaluate", "batchsize", "batch_size"),
    ],
)
def test_methods_of_the_model(method, misspelt, nearest):
    with pytest.raises(TypeError, match=rf"Sequential.{method} has no argument '{misspelt}'; did you mean '{nearest}'"):
        getattr(Sequential([layers.Dense(1)]), method)(**{misspelt: 1})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda model: model.compile("sgd", "mse", ["mae"]),
            r"compile takes optimizer, loss by .* metrics, loss_weights, weighted_metrics, steps_per_execution$",
        ),
        (lambda model: model.summary(print), r"Sequential.summary takes nothing by position.* print_fn$"),
        (
            lambda model: model.evaluate(1, 2, 3, 0, None, 1, None, True),
            r"Sequential.evaluate takes x, y, .* return_dict$",
        ),
        (
            lambda _: layers.BatchNormalization(0.9),
            r"BatchNormalization takes nothing by position, but 1 came so: .*by name",
        ),
        (lambda _: layers.LayerNormalization(1e-3), r"LayerNormalization takes nothing by position"),
        (
            lambda _: optimizers.Nadam(0.1, 0.9, 0.99, 1e-7, 0.004),
            r"Nadam takes learning_rate, .* by .* by name, momentum_decay, weight_decay",
        ),
        (lambda _: layers.Dropout(0.5, "first"), r"Dropout takes rate by position"),
        (lambda _: callbacks.TerminateOnNaN(3), r"TerminateOnNaN takes nothing by position, but 1 came so$"),
        (lambda _: fastnn.initializers.Zeros(3), r"Zeros takes nothing by position"),
    ],
)
def test_more_by_position_than_there_are_places(call, words):
    with pytest.raises(TypeError, match=words):
        call(Sequential([layers.Dense(1)]))


@every_class
def test_the_signature_is_that_of_the_constructor(kind):
    assert "args" not in arguments(kind)
    assert inspect.signature(kind.__init__).parameters.keys() - {"self"} == inspect.signature(kind).parameters.keys()


def test_a_class_of_ones_own_is_told_of_its_own_arguments():
    class Own(callbacks.EarlyStopping):
        def __init__(self, patience_factor=1, **more):
            super().__init__(**more)
            self.patience_factor = patience_factor

    assert Own(3, patience=2).patience == 2
    with pytest.raises(TypeError, match="did you mean 'patience'"):
        Own(patiense=2)


def small_model():
    model = Sequential([layers.Input((2,)), layers.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    return model, np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda model, x, y: model.predict(x, batch_size=0), ValueError, "batch_size must be at least 1"),
        (lambda model, x, y: model.predict(x, batch_size="many"), TypeError, "batch_size must be an integer"),
        (lambda model, x, y: model.predict(x, verbose="loud"), ValueError, "verbose must be 'auto', 0, 1 or 2"),
        (lambda model, x, y: model.evaluate(x, y, verbose=7), ValueError, "verbose must be 'auto', 0, 1 or 2"),
        (lambda *_: schedules.CosineDecay(0.1, 5, warmup_steps=3), ValueError, "pass it as warmup_target"),
        (lambda *_: optimizers.SGD(nesterov=True), ValueError, "nesterov needs a momentum"),
        (
            lambda *_: callbacks.ModelCheckpoint("a.safetensors", initial_value_threshold=0.5),
            ValueError,
            "is for save_best_only=True",
        ),
    ],
)
def test_what_would_be_without_effect(call, error, words):
    with pytest.raises(error, match=words):
        call(*small_model())


FLAGS = [
    (lambda value: layers.Dense(1, use_bias=value), "use_bias"),
    (lambda value: layers.BatchNormalization(center=value), "center"),
    (lambda value: layers.BatchNormalization(scale=value), "scale"),
    (lambda value: layers.LayerNormalization(center=value), "center"),
    (lambda value: layers.LayerNormalization(scale=value), "scale"),
    (lambda value: losses.BinaryCrossentropy(from_logits=value), "from_logits"),
    (lambda value: metrics.AUC(multi_label=value), "multi_label"),
    (lambda value: metrics.FunctionMetric(max, larger_is_better=value), "larger_is_better"),
    (lambda value: optimizers.SGD(momentum=0.9, nesterov=value), "nesterov"),
    (lambda value: schedules.ExponentialDecay(0.1, 5, 0.5, staircase=value), "staircase"),
    (lambda value: fastnn.ImageAugmentation(horizontal_flip=value), "horizontal_flip"),
    (lambda value: callbacks.CSVLogger("a.csv", append=value), "append"),
    (lambda value: callbacks.EarlyStopping(restore_best_weights=value), "restore_best_weights"),
    (lambda value: callbacks.ModelCheckpoint("a.safetensors", save_best_only=value), "save_best_only"),
    (lambda value: callbacks.ModelCheckpoint("a.safetensors", save_weights_only=value), "save_weights_only"),
]


@pytest.mark.parametrize("value", ["no", 0, 0.5, []], ids=str)
@pytest.mark.parametrize(("make", "name"), FLAGS)
def test_flags_are_true_or_false(make, name, value):
    with pytest.raises(TypeError, match=f"{name} must be True or False, but it is "):
        make(value)
    make(np.True_)


@pytest.mark.parametrize("value", ["loud", -1, 0.5, None], ids=str)
@pytest.mark.parametrize(
    "make",
    [
        lambda value: callbacks.EarlyStopping(verbose=value),
        lambda value: callbacks.ReduceLROnPlateau(verbose=value),
        lambda value: callbacks.ModelCheckpoint("a.safetensors", verbose=value),
        lambda value: callbacks.LearningRateScheduler(min, verbose=value),
    ],
)
def test_what_callbacks_tell(make, value):
    with pytest.raises(ValueError, match="verbose must be 0 or 1, but it is"):
        make(value)
    assert make(1).verbose == 1


def test_what_keras_code_passes_is_taken():
    model, x, y = small_model()
    np.testing.assert_array_equal(model.predict(x, batch_size=2, verbose=0), model.predict(x))
    assert model.evaluate(x, y, verbose=0) == model.evaluate(x, y)
