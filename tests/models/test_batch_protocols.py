"""Kinds of batches: the protocol of each is kept by fit, validation, evaluate and predict; all else is refused."""

import collections
import warnings

import numpy as np
import pytest
from test_batches import BATCH, SAMPLES, WEIGHTS, X, Y, batches, bits, endless, model

from fastnn.layers import Dense, Input
from fastnn.models import Sequential

STEPS = SAMPLES // BATCH


class ByNumber:
    """As Keras' data sets, without Keras: a length and batches by number, and no iterator."""

    def __init__(self, weighted=False):
        self.weighted, self.taken, self.told = weighted, [], []

    def __len__(self):
        return STEPS

    def __getitem__(self, number):
        # As Keras' examples do: behind the end there are empty batches, and no IndexError.
        self.taken.append(number)
        rows = slice(number * BATCH, (number + 1) * BATCH)
        return (X[rows], Y[rows], WEIGHTS[rows]) if self.weighted else (X[rows], Y[rows])

    def on_epoch_begin(self):
        self.told.append("begin")

    def on_epoch_end(self):
        self.told.append("end")


@pytest.fixture
def py_dataset(keras):
    """A function that makes a Keras data set."""

    class Set(ByNumber, keras.utils.PyDataset):
        def __init__(self, weighted=False, endless=False):
            ByNumber.__init__(self, weighted)
            keras.utils.PyDataset.__init__(self)
            self.endless = endless

        @property
        def num_batches(self):
            return None if self.endless else STEPS

        def __getitem__(self, number):
            return ByNumber.__getitem__(self, number % STEPS if self.endless else number)

    return Set


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def tensors(torch, weighted=False):
    arrays = (X, Y, WEIGHTS) if weighted else (X, Y)
    return torch.utils.data.TensorDataset(*map(torch.tensor, arrays))


def loader(torch, **how):
    return torch.utils.data.DataLoader(tensors(torch, how.pop("weighted", False)), batch_size=BATCH, **how)


def stream(torch, length=False):
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(zip(map(torch.tensor, X), map(torch.tensor, Y), strict=True))

    class StreamWithLength(Stream):
        def __len__(self):
            return SAMPLES

    return (StreamWithLength if length else Stream)()


class Iterable:
    def __init__(self, weighted=False):
        self.weighted = weighted

    def __iter__(self):
        return batches(weights=WEIGHTS if self.weighted else None)


# Kinds of batches, of 20 samples in order: makers of the fixtures, and arguments of fit.
KINDS = {
    "generator": (lambda **f: batches(), {}),
    "weighted generator": (lambda **f: batches(weights=WEIGHTS), {}),
    "generator without end": (lambda **f: endless(), {"steps": STEPS}),
    "iterator": (lambda **f: iter(tuple(batches())), {}),
    "map": (lambda **f: map(tuple, batches()), {}),
    "tuple": (lambda **f: tuple(batches()), {}),
    "deque": (lambda **f: collections.deque(batches()), {}),
    "iterable": (lambda **f: Iterable(), {}),
    "weighted iterable": (lambda **f: Iterable(weighted=True), {}),
    "by number": (lambda **f: ByNumber(), {}),
    "weighted by number": (lambda **f: ByNumber(weighted=True), {}),
    "PyDataset": (lambda **f: f["py_dataset"](), {}),
    "weighted PyDataset": (lambda **f: f["py_dataset"](weighted=True), {}),
    "PyDataset without end": (lambda **f: f["py_dataset"](endless=True), {"steps": STEPS}),
    "DataLoader": (lambda **f: loader(f["torch"]), {}),
    "weighted DataLoader": (lambda **f: loader(f["torch"], weighted=True), {}),
    "DataLoader of a stream": (
        lambda **f: f["torch"].utils.data.DataLoader(stream(f["torch"]), batch_size=BATCH), {}
    ),
    "TensorDataset": (lambda **f: tensors(f["torch"]), {"batch_size": BATCH}),
    "weighted TensorDataset": (lambda **f: tensors(f["torch"], weighted=True), {"batch_size": BATCH}),
    "Subset": (lambda **f: f["torch"].utils.data.Subset(tensors(f["torch"]), range(SAMPLES)), {"batch_size": BATCH}),
    "IterableDataset": (lambda **f: stream(f["torch"]), {"batch_size": BATCH}),
    "IterableDataset with a length": (lambda **f: stream(f["torch"], length=True), {"batch_size": BATCH}),
}  # fmt: skip
ONCE = ("generator", "weighted generator", "generator without end", "iterator", "map")


@pytest.fixture
def made(request, kind):
    """What gives batches, how it must be passed, and the weights of its samples."""
    make, how = KINDS[kind]
    needed = {"py_dataset": "PyDataset" in kind, "torch": any(w in kind for w in ("Loader", "Dataset", "Subset"))}
    needed["torch"] &= not needed["py_dataset"]
    fixtures = {name: request.getfixturevalue(name) for name, wanted in needed.items() if wanted}
    return make(**fixtures), dict(how), WEIGHTS if "weighted" in kind else None


@pytest.mark.parametrize("kind", KINDS)
def test_fit(made, kind):
    given, how, weights = made
    if "steps" in how:
        how["steps_per_epoch"] = how.pop("steps")
    epochs = 1 if kind in ONCE and "end" not in kind else 3
    fitted, expected = model(), model()
    history = fitted.fit(given, epochs=epochs, shuffle=False, **how)
    right = expected.fit(X, Y, batch_size=BATCH, epochs=epochs, shuffle=False, sample_weight=weights)
    assert bits(fitted) == bits(expected)
    assert history.history["loss"] == pytest.approx(right.history["loss"], rel=1e-12)
    assert history.history["accuracy"] == right.history["accuracy"]
    assert history.epoch == list(range(epochs))


@pytest.mark.parametrize("kind", KINDS)
def test_validation_data(made, kind):
    given, how, weights = made
    if kind in ONCE:
        how["steps"] = STEPS
        given = endless(weights=weights)
    if "steps" in how:
        how["validation_steps"] = how.pop("steps")
    if "batch_size" in how:
        how["validation_batch_size"] = how.pop("batch_size")
    if kind == "tuple":
        # (x, y) is the first that a tuple of two is.
        with pytest.raises(TypeError, match=r"validation_data must be \(x, y\) .* but it is a tuple of 5"):
            model().fit(X, Y, validation_data=given)
        return
    fitted, expected = model(), model()
    history = fitted.fit(X, Y, epochs=2, validation_data=given, **how).history
    right = expected.fit(
        X, Y, epochs=2, validation_data=(X, Y) if weights is None else (X, Y, weights), validation_batch_size=BATCH
    ).history
    assert bits(fitted) == bits(expected)
    assert history.keys() == right.keys()
    assert history["val_accuracy"] == right["val_accuracy"]
    # Sums of the batches' losses are rounded in another place.
    assert history["val_loss"] == pytest.approx(right["val_loss"], rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_evaluate(made, kind):
    given, how, weights = made
    loss, accuracy = model().evaluate(given, **how)
    right_loss, right_accuracy = model().evaluate(X, Y, batch_size=BATCH, sample_weight=weights)
    assert loss == pytest.approx(right_loss, rel=1e-6)
    assert accuracy == right_accuracy


@pytest.mark.parametrize("kind", KINDS)
def test_predict(made, kind):
    given, how, _ = made
    if kind in ("tuple", "deque"):
        # Sequences are arrays to it, a sample perhaps.
        with pytest.raises((TypeError, ValueError)):
            model().predict(given)
        return
    how.pop("batch_size", None)
    assert model().predict(given, **how).tobytes() == model().predict(X).tobytes()


def test_predict_of_x_alone(torch):
    expected = model().predict(X)
    pieces = [X[start : start + BATCH] for start in range(0, SAMPLES, BATCH)]
    for given in (iter(pieces), iter([(piece,) for piece in pieces]), iter([piece.tolist() for piece in pieces])):
        assert (model().predict(given) == expected).all()
    alone = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(X)), batch_size=BATCH)
    assert (model().predict(alone) == expected).all()
    assert (model().predict(torch.utils.data.TensorDataset(torch.tensor(X))) == expected).all()


# Keras' protocol.


@pytest.mark.parametrize("kind", ["by number", "PyDataset"])
def test_data_sets_are_told_of_epochs(made, kind):
    given = made[0]
    # What it is told comes before the first batch and behind the last.
    model().fit(given, epochs=2, shuffle=False, validation_data=(X, Y))
    assert given.told == ["begin", "end"] * 2
    assert given.taken == [*range(STEPS)] * 2
    model().evaluate(given)
    model().predict(given)
    assert given.told == ["begin", "end"] * 4


@pytest.mark.parametrize("kind", ["by number", "PyDataset"])
def test_batches_by_number_come_in_another_order_each_epoch_as_in_keras(made, kind):
    given = made[0]
    fitted = model()
    fitted.fit(given, epochs=3)
    orders = [given.taken[start : start + STEPS] for start in range(0, 3 * STEPS, STEPS)]
    assert all(sorted(order) == [*range(STEPS)] for order in orders)
    assert len(set(map(tuple, orders))) > 1
    again = model()
    again.fit(ByNumber(), epochs=3)
    assert bits(again) == bits(fitted), "the order is the model's own"
    given.taken.clear()
    model().fit(X, Y, validation_data=given)
    assert given.taken == [*range(STEPS)]


@pytest.mark.parametrize("kind", ["by number", "PyDataset"])
def test_fewer_steps_go_on_where_the_epoch_before_stopped_as_in_keras(made, kind, keras):
    given = made[0]
    model().fit(given, epochs=4, steps_per_epoch=2, shuffle=False)
    assert given.taken == [0, 1, 2, 3, 4, 0, 1]
    assert given.told == ["begin", "end"] * 4
    # What Keras itself takes.
    taken = list(given.taken)
    given.taken.clear()
    theirs = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, "softmax")])
    theirs.compile("sgd", "categorical_crossentropy")
    if kind == "PyDataset":
        with warnings.catch_warnings():
            # Of the epoch that is cut short, and of its backends.
            warnings.simplefilter("ignore")
            theirs.fit(given, epochs=4, steps_per_epoch=2, shuffle=False, verbose=0)
        # It looks at the first batch's shape before.
        assert given.taken == [0, *taken]


def test_a_data_set_that_changes_between_epochs():
    class Growing(ByNumber):
        count = 2

        def __len__(self):
            return self.count

        def on_epoch_end(self):
            self.count += 1

    given = Growing()
    model().fit(given, epochs=3, shuffle=False)
    assert given.taken == [0, 1, 0, 1, 2, 0, 1, 2, 3]


# PyTorch's.


def test_samples_of_pytorch_come_in_another_order_each_epoch(torch):
    fitted, expected = model(), model()
    fitted.fit(tensors(torch), epochs=3, batch_size=BATCH)
    expected.fit(X, Y, epochs=3, batch_size=BATCH)
    # The order of arrays: the same draws of the model's generator.
    assert bits(fitted) == bits(expected)


def test_samples_of_numbers_and_arrays(torch):
    class Set(torch.utils.data.Dataset):
        def __len__(self):
            return SAMPLES

        def __getitem__(self, number):
            return X[number], int(Y[number].argmax())

    made, expected = (Sequential([Input((4,)), Dense(3, "softmax")], seed=0) for _ in range(2))
    for each in (made, expected):
        each.compile("adam", "sparse_categorical_crossentropy")
    made.fit(Set(), epochs=2)
    expected.fit(X, Y.argmax(axis=1), epochs=2)
    assert bits(made) == bits(expected)


def test_samples_that_do_not_fit(torch):
    def dataset(items):
        class Set(torch.utils.data.Dataset):
            def __len__(self):
                return len(items)

            def __getitem__(self, number):
                return items[number]

        return Set()

    for items, error, message in (
        ([(X[0], Y[0]), (X[1],)], TypeError, "the samples of x differ in form"),
        ([(X[0], Y[0]), (X[1, :2], Y[1])], ValueError, "the samples of x cannot be put into one batch"),
        ([(X[0], Y[0]), ("a", Y[1])], TypeError, "a sample of x must hold real numbers"),
        ([X[0], X[1]], TypeError, r"a batch must be \(x, y\) or \(x, y, sample_weight\), but it is a ndarray"),
        ([], ValueError, "x gave no batches"),
    ):
        with pytest.raises(error, match=message):
            model().fit(dataset(items))


# What is refused, and never gone through.


class WithoutLength:
    def __getitem__(self, number):
        return X, Y


def test_what_has_no_length(torch):
    class Set(torch.utils.data.Dataset):
        def __getitem__(self, number):
            return X[number], Y[number]

    for given, what in ((WithoutLength(), "batches"), (Set(), "samples")):
        for use in (model().fit, model().evaluate, model().predict):
            with pytest.raises(TypeError, match=f"gives {what} by number, but has no __len__"):
                use(given)
        with pytest.raises(TypeError, match=r"validation_data, a .*, but has no __len__"):
            model().fit(X, Y, validation_data=given)


@pytest.mark.parametrize("kind", ["PyDataset without end"])
def test_what_has_no_end_needs_a_number_of_steps(made, kind):
    for use, argument in (
        (lambda x: model().fit(x), "steps_per_epoch"),
        (lambda x: model().evaluate(x), "steps"),
        (lambda x: model().predict(x), "steps"),
        (lambda x: model().fit(X, Y, validation_data=x), "validation_steps"),
    ):
        with pytest.raises(ValueError, match=f"gives batches without end: pass {argument}"):
            use(made[0])


def test_what_tensorflow_says_of_no_end():
    class Endless:
        def __iter__(self):
            return endless()

        def __len__(self):
            raise TypeError("The dataset is infinite.")

    for use, argument in ((model().fit, "steps_per_epoch"), (model().evaluate, "steps"), (model().predict, "steps")):
        with pytest.raises(ValueError, match=f"x gives batches without end: pass {argument}"):
            use(Endless())
    assert model().fit(Endless(), epochs=2, steps_per_epoch=2).epoch == [0, 1]
    assert model().predict(Endless(), steps=2).shape == (2 * BATCH, 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (endless, "it is a function, which must be called first"),
        (ByNumber, "it is the class ByNumber: make an object of it"),
        ({"x": X, "y": Y}, "it is a dict"),
        (object(), "it is a object"),
    ],
    ids=["function", "class", "dict", "object"],
)
def test_what_is_neither_an_array_nor_batches(given, words):
    for use in (model().fit, model().evaluate, model().predict):
        with pytest.raises(TypeError, match=f"x must be an array .*DataLoader or Dataset, .*PyDataset, .*but {words}"):
            use(given)


# Of sequences an array would be made.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("tuple", "deque")])
def test_batches_with_y_beside_them(made, kind):
    given = made[0]
    for use in (model().fit, model().evaluate, model().train_on_batch):
        with pytest.raises(TypeError, match="x must be an array of numbers or what becomes one"):
            use(given, Y)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: model().evaluate(X, Y, steps=2), "steps is for batches from an iterable"),
        (lambda: model().predict(X, steps=2), "steps is for batches from an iterable"),
        (lambda: model().evaluate(batches(), steps=0), "steps must be at least 1"),
        (lambda: model().predict(batches(), steps=0), "steps must be at least 1"),
        (lambda: model().evaluate(batches(), sample_weight=WEIGHTS), "weights come with each batch"),
        (lambda: model().evaluate(batches(), batch_size=4), "batch_size is for arrays and samples"),
        (lambda: model().predict(batches(), out=np.empty((SAMPLES, 3), np.float32)), "out is for arrays"),
        (lambda: model().evaluate(iter(())), "x gave no batches"),
        (lambda: model().predict(iter(())), "x gave no batches"),
        (lambda: model().fit(X, Y, validation_data=Iterable(), validation_batch_size=3), "batch_size is for arrays"),
        (lambda: model().fit(X, Y, epochs=3, validation_data=batches(), validation_steps=3),
         "validation_data gave no batches"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit(use, message):
    with pytest.raises(ValueError, match=message):
        use()


def test_frames_in_batches_go_by_name():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    fitted = model()
    fitted.fit(frame, Y)
    other = frame[list("dcba")]
    assert fitted.evaluate(iter([(other, Y)])) == fitted.evaluate(X, Y)
    assert (fitted.predict(iter([other])) == fitted.predict(X)).all()
    with pytest.raises(ValueError, match="x of a batch of x lacks the column 'd'"):
        fitted.evaluate(iter([(frame[list("abc")], Y)]))
