"""Tables of vectors in the engine: looked up, and changed by the rows that a batch has, as by plain NumPy."""

import numpy as np
import pytest
from making import training_of
from plain_training import RULES, optimizer_of

from fastnn_ext.engine.plan import Plan
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Loss, OperationKind, UpdateRule

CATEGORIES, WIDTH, PLACES, OUTPUTS, SAMPLES, BATCH = 11, 5, 3, 2, 26, 8
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
every_isa = pytest.mark.parametrize("isa", supported_isas())


def arrays(dtype=np.float64, width=WIDTH, seed=0):
    """A table, and the kernel and the bias of a dense operation behind it."""
    rng = np.random.default_rng(seed)
    shapes = (CATEGORIES, width), (PLACES * width, OUTPUTS), (OUTPUTS,)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


def data(dtype=np.float64, samples=SAMPLES):
    # Categories 9 and 10 occur nowhere, others several times in a sample.
    rng = np.random.default_rng(1)
    return rng.integers(0, CATEGORIES - 2, (samples, PLACES)).astype(dtype), rng.normal(size=(samples, 2)).astype(dtype)


def plan_of(table, kernel, bias, isa=None):
    plan = Plan(PLACES, table.dtype, isa=isa)
    plan.add_embedding(table)
    plan.add_dense(kernel, bias)
    return plan


class Plain:
    """The textbook's loop, in which rows of the table that a batch has not, and what is remembered of them, rest."""

    def __init__(self, table, kernel, bias, rule, decay=0.0, norm=0.0):
        self.arrays, self.optimizer, self.steps, self.state = (table, kernel, bias), optimizer_of(rule), 0, {}
        self.decay, self.norm = decay, norm

    def epoch(self, x, y):
        for start in range(0, len(x), BATCH):
            self.step(x[start : start + BATCH].astype(int), y[start : start + BATCH])

    def gradients(self, x, y):
        table, kernel, bias = self.arrays
        hidden = table[x].reshape(len(x), -1)
        error = 2 * (hidden @ kernel + bias - y) / y.size
        of_table = np.zeros_like(table)
        np.add.at(of_table, x, (error @ kernel.T).reshape(*x.shape, -1))
        return of_table, hidden.T @ error, error.sum(axis=0)

    def step(self, x, y):
        gradients = self.gradients(x, y)
        if self.norm:
            norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
            gradients = [gradient * min(1, self.norm / norm) for gradient in gradients]
        self.steps += 1
        parts = [("table", row) for row in np.unique(x)] + ["kernel", "bias"]
        for part in parts:
            number = 0 if isinstance(part, tuple) else 1 + (part == "bias")
            place = part[1] if isinstance(part, tuple) else ...
            array, gradient = self.arrays[number][place], gradients[number][place]
            gradient = gradient + self.decay * array
            array[...] = self.optimizer.formula(array, gradient, self.state.setdefault(part, {}), self.steps)


@both_dtypes
@every_isa
@pytest.mark.parametrize("width", [1, WIDTH, 16, 17])
def test_rows_are_looked_up(dtype, isa, width):
    table, kernel, bias = arrays(dtype, width)
    plan = Plan(PLACES, dtype, isa=isa)
    plan.add_embedding(table)
    for samples in (0, 1, 130):
        x, _ = data(dtype, samples)
        expected = table[x.astype(int)].reshape(samples, PLACES * width)
        for given in (x, x.astype(np.float32), x.astype(np.uint8)):
            assert plan.predict(given).tobytes() == expected.tobytes()
    plan.add_dense(kernel, bias)
    # Sums of some fifty products of numbers around 1.
    close = 1e-12 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(plan.predict(x), expected @ kernel + bias, rtol=0, atol=close)


# Nadam's momentums make one product of all steps, which the plain rule keeps for each array.
LAZY = {name: rule for name, rule in RULES.items() if "nadam" not in name}
COLLECTED = {"at once": {}, "clipped": {"global_clip_norm": 0.3}, "coupled decay": {"coupled_decay": 0.1}}


@both_dtypes
@every_isa
@pytest.mark.parametrize("rule", LAZY)
@pytest.mark.parametrize("how", COLLECTED)
def test_the_rows_of_a_batch_step_and_others_rest(dtype, isa, rule, how):
    x, y = data(dtype)
    results = []
    for threads in (1, 2, 3):
        own, exact = arrays(dtype), [array.astype(np.float64) for array in arrays(dtype)]
        more = COLLECTED[how]
        plain = Plain(*exact, LAZY[rule], more.get("coupled_decay", 0), more.get("global_clip_norm", 0))
        training = training_of(
            plan_of(*own, isa), x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **(LAZY[rule] | more), threads=threads
        )
        for _ in range(2):
            training.run_epoch()
            plain.epoch(x, y.astype(np.float64))
        for array, right in zip(own, exact, strict=True):
            # Eight steps of sums of a few dozen terms; the optimisers divide by roots of gradients of a hundredth.
            np.testing.assert_allclose(array, right, rtol=0, atol=1e-11 if dtype == np.float64 else 2e-4)
        assert own[0][9:].tobytes() == arrays(dtype)[0][9:].tobytes()
        results.append([array.tobytes() for array in own])
    assert results[0] == results[1] == results[2]


@both_dtypes
@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_are_those_of_the_last_batch(dtype, threads):
    x, y = data(dtype)
    own = arrays(dtype)
    plain = Plain(*[array.astype(np.float64) for array in own], RULES["sgd"])
    training = training_of(
        plan_of(*own), x, y, BATCH, Loss.MEAN_SQUARED_ERROR, UpdateRule.COLLECT, 0.0, threads=threads
    )
    training.run_epoch()
    last = slice(len(x) // BATCH * BATCH, None)
    for gradient, right in zip(
        (training.gradients()[k] for k in (0, 2, 3)), plain.gradients(x[last].astype(int), y[last]), strict=True
    ):
        # Sums of a few products of numbers around 1.
        np.testing.assert_allclose(gradient, right, rtol=0, atol=1e-13 if dtype == np.float64 else 1e-5)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_a_shared_table_collects_the_gradients_of_all_that_share_it(threads, rule):
    """Two inputs with one table are one input of twice as many places."""
    x, y = data()
    results = []
    for split in (False, True):
        table, kernel, bias = arrays()
        plan = Plan(1 if split else PLACES, np.float64)
        if split:
            plan.add_input(2)
            plan.add_merge(OperationKind.CONCATENATE, [plan.add_embedding(table, inputs=k) for k in (-1, -2)])
        else:
            plan.add_embedding(table)
        plan.add_dense(kernel, bias)
        given = [np.ascontiguousarray(x[:, :1]), np.ascontiguousarray(x[:, 1:])] if split else x
        training = training_of(plan, given, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES[rule], threads=threads)
        for _ in range(3):
            training.run_epoch()
        results.append([table, kernel, bias])
    for one, other in zip(*results, strict=True):
        # The gradients of a row come in another order.
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("bad", [-1, CATEGORIES, 0.5, np.nan, np.inf, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ordered", [False, True])
def test_what_is_no_category_is_refused(bad, dtype, ordered):
    own = arrays(dtype)
    before = [array.tobytes() for array in own]
    x, y = data(dtype)
    x[19, 1] = bad
    plan = plan_of(*own)
    with pytest.raises(ValueError, match="sample 19"):
        plan.predict(x)
    training = training_of(plan, x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
    with pytest.raises(ValueError, match="sample 19"):
        training.run_epoch(np.arange(len(x))[::-1] if ordered else None)
    assert before == [array.tobytes() for array in own]


def test_data_that_change_after_the_first_look_lead_nowhere():
    x, y = data()
    training = training_of(plan_of(*arrays()), x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"])
    training.run_epoch()
    x[...] = 1e30
    x[::2] = -7
    assert np.isfinite(training.run_epoch())


def test_the_smallest_table_of_an_input_bounds_its_numbers():
    plan = Plan(1, np.float64)
    tables = [np.zeros((count, 1)) for count in (7, 4, 9)]
    plan.add_merge(OperationKind.ADD, [plan.add_embedding(table, inputs=-1) for table in tables])
    assert plan.categories == {-1: (4, 1)}
    assert plan.predict(np.array([[3.0]])) == 0
    with pytest.raises(ValueError, match="sample 0"):
        plan.predict(np.array([[4.0]]))


@both_dtypes
@every_isa
@pytest.mark.parametrize("threads", [1, 2])
def test_batches_that_fail_change_no_row(dtype, isa, threads):
    x, y = data(dtype, BATCH)
    own = arrays(dtype)
    training = training_of(
        plan_of(*own, isa), x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["adam"], threads=threads, streaming=True
    )
    # Smaller batches leave nothing of larger ones behind.
    for rows in (BATCH, 3):
        training.run_batch(x[:rows].copy(), y[:rows].copy())
    before = [array.tobytes() for array in own]
    training.learning_rate = np.inf
    # Weights that are not finite after the step, in every row of the batch.
    with pytest.raises(FloatingPointError, match="weights of operation 0"):
        training.run_batch(x, y)
    assert before == [array.tobytes() for array in own]
    bad = x.copy()
    bad[2, 1] = CATEGORIES
    training.learning_rate = 0.1
    for given in ((bad, y), (x, np.full_like(y, np.finfo(dtype).max))):
        with pytest.raises((ValueError, FloatingPointError)):
            training.run_batch(*given)
        assert before == [array.tobytes() for array in own]
    training.run_batch(x, y)
    assert before != [array.tobytes() for array in own]


def test_one_batch_is_one_epoch_of_it():
    x, y = data(samples=BATCH)
    results = []
    for streaming in (False, True):
        own = arrays()
        training = training_of(
            plan_of(*own), x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["adam"], streaming=streaming
        )
        for _ in range(3):
            training.run_batch(x, y) if streaming else training.run_epoch()
        results.append([array.tobytes() for array in own])
    assert results[0] == results[1]


REFUSED = {
    "of an operation": (lambda plan, table: plan.add_embedding(table, inputs=plan.add_softmax()), "those of an input"),
    "another dtype": (lambda plan, table: plan.add_embedding(table.astype(np.float32)), "table must be float64"),
    "no rows": (lambda plan, table: plan.add_embedding(np.zeros((0, 3))), "table must be float64 of shape"),
    "scaled before": (lambda plan, table: [plan.rescale_input(2.0), plan.add_embedding(table)], "cannot be scaled"),
    "scaled after": (lambda plan, table: [plan.add_embedding(table), plan.set_input_scale(2.0)], "cannot be scaled"),
    "shared as a kernel": (
        lambda plan, table: [plan.add_embedding(table), plan.add_dense(table, inputs=-1)],
        "shared whole",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_is_refused(what):
    act, message = REFUSED[what]
    with pytest.raises(ValueError, match=message):
        act(Plan(3, np.float64), np.zeros((3, 3)))


def test_more_categories_than_float32_tells_apart():
    # Memory that nobody touches costs nothing.
    with pytest.raises(ValueError, match="float32 tells 16777216 whole numbers apart"):
        Plan(1, np.float32).add_embedding(np.zeros(((1 << 24) + 1, 1), np.float32))


def test_augmentation_is_for_images():
    x, y = data()
    plan, more = plan_of(*arrays()), {"augmentation": {"height": 1, "width": PLACES, "channels": 1}}
    with pytest.raises(ValueError, match="the input holds categories"):
        training_of(plan, x, y, BATCH, Loss.MEAN_SQUARED_ERROR, **RULES["sgd"], **more)
