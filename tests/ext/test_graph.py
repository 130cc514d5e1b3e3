"""Plans that are no chains: skip connections, several inputs and outputs, shared weights, gradients that meet.

``FASTNN_RANDOM_GRAPHS`` says how many of them are random.
"""

import itertools
import os

import numpy as np
import pytest
from cases import some
from graphs import MERGES, Graph, Node, dense, merge, random_graph

from fastnn_ext.engine.layout import layout
from fastnn_ext.engine.options import LossOptions, RuleOptions
from fastnn_ext.engine.plan import Plan
from fastnn_ext.engine.training import Training
from fastnn_ext.runtime.dispatch import supported_isas
from fastnn_ext.tables.enums import Activation, Loss, OperationKind, UpdateRule

RANDOM_GRAPHS = int(os.environ.get("FASTNN_RANDOM_GRAPHS", "20"))
MSE = LossOptions(Loss.MEAN_SQUARED_ERROR)
COLUMN_GROUP = layout()["training"]["COLUMN_GROUP"]
# Sums of some ten products of numbers around 1, through up to fourteen operations.
TOLERANCE = {np.float64: 1e-11, np.float32: 3e-4}


def skip(width=9, kind=OperationKind.ADD):
    middle = [dense(-1, width, Activation.RELU), dense(0, width, Activation.TANH), merge(kind, 0, 1), dense(2, 4)]
    return Graph((7,), middle, (3,))


def towers():
    nodes = [dense(-1, 6, Activation.RELU), dense(-2, 6, Activation.TANH), merge(OperationKind.CONCATENATE, 0, 1)]
    return Graph((5, 11), [*nodes, dense(2, 3)], (3,))


def siamese():
    nodes = [dense(-1, 6, Activation.TANH), dense(-2, 6, Activation.TANH, twin=0), merge(OperationKind.SUBTRACT, 0, 1)]
    return Graph((5, 5), [*nodes, dense(2, 2)], (3,))


def two_heads():
    return Graph((8,), [dense(-1, 10, Activation.RELU), dense(0, 3), dense(0, 1), dense(1, 2)], (1, 2, 3))


def output_in_the_middle():
    return Graph((8,), [dense(-1, 10, Activation.RELU), dense(0, 3)], (0, 1))


def one_value_twice():
    return Graph((4,), [dense(-1, 5), merge(OperationKind.MULTIPLY, 0, 0), merge(OperationKind.ADD, 1, 1, 0)], (2,))


def wide(width=2 * COLUMN_GROUP + 1):
    nodes = [dense(-1, width, Activation.RELU), dense(0, width, Activation.TANH), merge(OperationKind.ADD, 0, 1)]
    return Graph((30,), [*nodes, dense(2, width), merge(OperationKind.CONCATENATE, 3, -1), dense(4, 5)], (5,))


def normalized():
    nodes = [dense(-1, 8), Node(OperationKind.LAYER_NORMALIZATION, (0,)), merge(OperationKind.ADD, 0, 1), dense(2, 8)]
    return Graph((8,), [*nodes, merge(OperationKind.ADD, 3, 2, -1), dense(4, 2)], (5,))


NAMED = {graph.__name__: graph for graph in (skip, towers, siamese, two_heads, output_in_the_middle, one_value_twice)}
NAMED |= {graph.__name__: graph for graph in (wide, normalized)}
NAMED |= {f"skip by {kind.name}": lambda kind=kind: skip(kind=kind) for kind in [*MERGES, OperationKind.DOT]}
NAMED |= {f"random {seed}": lambda seed=seed: random_graph(seed) for seed in range(RANDOM_GRAPHS)}


def data_of(graph, samples=23, seed=1):
    rng = np.random.default_rng(seed)
    inputs = [rng.normal(size=(samples, size)) for size in graph.input_sizes]
    return inputs, [rng.normal(size=(samples, graph.size(number))) for number in graph.outputs]


def given(inputs):
    return inputs if len(inputs) > 1 else inputs[0]


def close(actual, expected, dtype, what):
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE[dtype] * scale, err_msg=str(what))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", NAMED)
def test_prediction(name, dtype):
    graph = NAMED[name]().draw(0)
    for samples in (1, 3, 130):
        # float32 in any case; data of the other type are converted, by the first prediction of a plan as by the next.
        inputs = [x.astype(np.float32) for x in data_of(graph, samples)[0]]
        values = graph.forward(inputs)
        for isa, kept_in in itertools.product(supported_isas(), (np.float32, np.float64)):
            plan, _ = graph.plan(dtype, isa)
            for _ in range(2):
                outputs = plan.predict(given([x.astype(kept_in) for x in inputs]))
                assert len(outputs) == len(graph.outputs)
                for output, number in zip(outputs, graph.outputs, strict=True):
                    close(output, values[number], dtype, f"{isa}, value {number}")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", NAMED)
def test_gradients(name, dtype):
    graph = NAMED[name]().draw(0)
    inputs, targets = data_of(graph)
    weights = [0.5 + number for number in range(len(targets))]
    total, expected = graph.losses_and_gradients(inputs, targets, weights)
    losses = [LossOptions(Loss.MEAN_SQUARED_ERROR, loss_weight=weight) for weight in weights]
    x, y = given([x.astype(dtype) for x in inputs]), [y.astype(dtype) for y in targets]
    for place, isa in enumerate(supported_isas()):
        # Alone, and on two threads or on three.
        for threads in (1, *some((2, 3), 2, list(NAMED).index(name) + place)):
            case = f"{isa}, {threads} threads"
            plan, copies = graph.plan(dtype, isa)
            training = Training(plan, x, y, 23, losses, RuleOptions(UpdateRule.COLLECT, 0.0), threads=threads)
            close(training.run_epoch(), total, dtype, f"the loss, {case}")
            close(np.dot(training.losses_of_outputs, weights), total, dtype, f"the losses of the outputs, {case}")
            flat = [array for number in copies for array in expected[number]]
            for gradient, array in zip(training.gradients(), flat, strict=True):
                close(gradient, array, dtype, f"a gradient, {case}")


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", NAMED)
def test_steps_of_gradient_descent(name, threads):
    # At once, or at the end of a batch: the gradient is that of the weights before it.
    graph = NAMED[name]().draw(0)
    plan, copies = graph.plan(np.float64)
    inputs, targets = data_of(graph, 24)
    losses = [MSE for _ in targets]
    training = Training(plan, given(inputs), targets, 8, losses, RuleOptions(UpdateRule.SGD, 0.05), threads=threads)
    training.run_epoch()
    for start in range(0, 24, 8):
        rows = slice(start, start + 8)
        x, y = [x[rows] for x in inputs], [y[rows] for y in targets]
        _, gradients = graph.losses_and_gradients(x, y, [1.0] * len(y))
        for number in graph.own():
            for array, gradient in zip(graph.parameters[number], gradients[number], strict=True):
                array -= 0.05 * gradient
    for number in copies:
        for array, expected in zip(copies[number], graph.parameters[number], strict=True):
            close(array, expected, np.float64, number)


@pytest.mark.parametrize("name", NAMED)
def test_the_same_bits_for_any_number_of_threads(name):
    results = []
    for threads in (1, 2, 5):
        graph = NAMED[name]().draw(0)
        plan, copies = graph.plan(np.float32)
        inputs, targets = data_of(graph, 40)
        x, y = given([x.astype(np.float32) for x in inputs]), [y.astype(np.float32) for y in targets]
        rule = RuleOptions(UpdateRule.ADAM, 1e-3, 0.9, 0.999, 1e-7)
        training = Training(plan, x, y, 16, [MSE for _ in y], rule, threads=threads)
        losses = [training.run_epoch() for _ in range(2)]
        results.append((losses, [array.tobytes() for arrays in copies.values() for array in arrays]))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("name", ["skip", "towers", "two_heads", "siamese", "wide"])
def test_evaluation_and_record(name):
    graph = NAMED[name]().draw(0)
    plan, _ = graph.plan(np.float64)
    inputs, targets = data_of(graph, 50)
    losses, rule = [MSE for _ in targets], RuleOptions(UpdateRule.SGD, 0.0)
    training = Training(plan, given(inputs), targets, 16, losses, rule, inference=True, record=True)
    total, _ = graph.losses_and_gradients(inputs, targets, [1.0] * len(targets))
    close(training.run_epoch(), total, np.float64, "the loss")
    values = graph.forward(inputs)
    for output, number in zip(training.outputs, graph.outputs, strict=True):
        close(output, values[number], np.float64, number)


def test_weights_of_samples_and_class_numbers_by_output():
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(20, 6)), rng.uniform(size=20)
    classes, numbers = rng.integers(0, 3, (20, 1)).astype(np.int32), rng.normal(size=(20, 2))
    graph = Graph(
        (6,), [dense(-1, 5, Activation.TANH), dense(0, 3), Node(OperationKind.SOFTMAX, (1,)), dense(0, 2)], (2, 3)
    )
    graph.draw(0)
    plan, _ = graph.plan(np.float64)
    losses = [LossOptions(Loss.CROSS_ENTROPY, loss_weight=0.25), MSE]
    rule = RuleOptions(UpdateRule.SGD, 0.0)
    training = Training(plan, x, [classes, numbers], 7, losses, rule, sample_weight=[weights, None], inference=True)
    values = graph.forward([x])
    entropy = -np.log(values[2][np.arange(20), classes[:, 0]])
    expected = [(weights * entropy).mean(), ((values[3] - numbers) ** 2).mean()]
    # Sums of 20 losses.
    np.testing.assert_allclose(training.run_epoch(), 0.25 * expected[0] + expected[1], rtol=1e-13)
    np.testing.assert_allclose(training.losses_of_outputs, expected, rtol=1e-13)


def test_a_softmax_that_somebody_else_reads_is_not_left_to_the_loss():
    # Its gradient comes from the loss and from the layer behind it.
    nodes = [dense(-1, 4), Node(OperationKind.SOFTMAX, (0,)), dense(1, 2)]
    graph = Graph((5,), nodes, (1, 2)).draw(0)
    plan, copies = graph.plan(np.float64)
    inputs, targets = data_of(graph)
    training = Training(plan, inputs[0], targets, 23, [MSE, MSE], RuleOptions(UpdateRule.COLLECT, 0.0))
    training.run_epoch()
    _, expected = graph.losses_and_gradients(inputs, targets, [1.0, 1.0])
    flat = [array for number in copies for array in expected[number]]
    for gradient, array in zip(training.gradients(), flat, strict=True):
        close(gradient, array, np.float64, "a gradient")


def test_gradients_meet_in_shared_weights_with_penalties_and_state():
    graph = siamese().draw(0)
    plan, copies = graph.plan(np.float64)
    assert len(copies) == 2
    inputs, targets = data_of(graph)
    rule = RuleOptions(UpdateRule.ADAM, 0.01, 0.9, 0.999, 1e-7)
    training = Training(plan, inputs, targets, 23, [MSE], rule)
    training.run_epoch()
    # Two arrays of state for each of two pairs of weights and bias: shared ones have one.
    assert len(training.state) == 8
    _, gradients = graph.losses_and_gradients(inputs, targets, [1.0])
    # After one step, the first moment is a tenth of the gradient.
    np.testing.assert_allclose(training.state[0], 0.1 * gradients[0][0], rtol=0, atol=1e-12)


def test_a_batch_of_other_data():
    graph = towers().draw(0)
    plan, _ = graph.plan(np.float64)
    inputs, targets = data_of(graph, 8)
    training = Training(plan, inputs, targets, 8, [MSE], RuleOptions(UpdateRule.SGD, 0.0), streaming=True)
    others, more = data_of(graph, 5, seed=2)
    total, _ = graph.losses_and_gradients(others, more, [1.0])
    close(training.run_batch(others, more), total, np.float64, "the loss")
    with pytest.raises(ValueError, match="all inputs must have as many rows, but the first has 5 and another 4"):
        training.run_batch([others[0], others[1][:4]], more)
    close(training.run_batch(others, more), total, np.float64, "the loss")


def test_outputs_that_are_inputs_or_the_same():
    plan = Plan(3, np.float64)
    value = plan.add_activation(Activation.RELU, inputs=-1)
    plan.set_outputs([-1, value, value])
    x = np.array([[-1.0, 0.0, 2.0]])
    outputs = plan.predict(x)
    assert [output.tolist() for output in outputs] == [[[-1.0, 0.0, 2.0]], [[0.0, 0.0, 2.0]], [[0.0, 0.0, 2.0]]]
    with pytest.raises(ValueError, match="an output that is an input of the plan has nothing to learn"):
        Training(plan, x, [x, x, x], 1, [MSE] * 3, RuleOptions(UpdateRule.SGD, 0.1))


def test_buffers_are_used_again():
    # A chain of any length needs two, a skip connection one more.
    rng = np.random.default_rng(0)
    plan = Plan(4, np.float64)
    for _ in range(20):
        plan.add_dense(rng.normal(size=(4, 4)))
    assert plan.buffers() == 2
    plan.add_merge(OperationKind.ADD, [0, 19])
    assert plan.buffers() == 3


def refused():
    weights, bias = np.zeros((3, 3)), np.zeros(3)
    return {
        "a value to come": (
            lambda plan: plan.add_softmax(inputs=7),
            "the plan has 1 values, but one with the number 7",
        ),
        "an input to come": (
            lambda plan: plan.add_softmax(inputs=-2),
            "the plan has 1 inputs, but one with the number -2",
        ),
        "two inputs of a layer": (
            lambda plan: plan.add_dense(weights, inputs=[-1, 0]),
            "takes one input, but 2 are given",
        ),
        "one input of a sum": (lambda plan: plan.add_merge(OperationKind.ADD, [0]), "at least two inputs"),
        "three of a difference": (
            lambda plan: plan.add_merge(OperationKind.SUBTRACT, [0, 0, 0]),
            "two inputs must be given",
        ),
        "no merge": (
            lambda plan: plan.add_merge(OperationKind.DENSE, [0, 0]),
            "must be an operation of several inputs",
        ),
        "other widths": (
            lambda plan: plan.add_merge(OperationKind.ADD, [0, plan.add_dense(np.zeros((3, 2)))]),
            r"as many columns each, but they have \[3, 2\]",
        ),
        "no outputs": (lambda plan: plan.set_outputs([]), "at least one output"),
        "shared in part": (
            lambda plan: [plan.add_dense(weights, bias), plan.add_dense(weights, bias.copy())],
            "weights of an earlier operation are shared whole",
        ),
        "a fused value": (
            lambda plan: [plan.add_activation(Activation.RELU, inputs=0), plan.add_softmax(inputs=0)],
            "value 0 is computed along with the activation behind it",
        ),
    }


@pytest.mark.parametrize("what", refused())
def test_what_is_no_graph_is_refused(what):
    act, message = refused()[what]
    plan = Plan(3, np.float64)
    plan.add_dense(np.eye(3))
    with pytest.raises(ValueError, match=message):
        act(plan)


@pytest.mark.parametrize(
    ("x", "out", "message"),
    [
        ([np.zeros((2, 5)), np.zeros((3, 11))], None, "as many samples, but the first has 2 and another 3"),
        ([np.zeros((2, 5)), np.zeros((2, 11))], [], "out must be a list of 1 arrays"),
    ],
)
def test_predictions_of_bad_data(x, out, message):
    plan, _ = towers().draw(0).plan(np.float64)
    with pytest.raises(ValueError, match=message):
        plan.predict(x, out)


@pytest.mark.parametrize("x", [[np.zeros((2, 5))], [np.zeros((2, 5))] * 3, np.zeros((2, 5)), None])
def test_what_is_not_an_array_for_each_input_is_left_to_the_caller(x):
    plan, _ = towers().draw(0).plan(np.float64)
    assert plan.predict(x) is None


def test_an_input_that_holds_nan_is_found():
    graph = towers().draw(0)
    plan, copies = graph.plan(np.float64)
    before = [array.tobytes() for arrays in copies.values() for array in arrays]
    inputs, targets = data_of(graph, 9)
    inputs[1][6, 3] = np.nan
    with pytest.raises(ValueError, match="sample 6 holds NaN"):
        plan.predict(inputs)
    with pytest.raises(ValueError, match="sample 6 holds NaN"):
        Training(plan, inputs, targets, 4, [MSE], RuleOptions(UpdateRule.SGD, 0.1)).run_epoch()
    assert before == [array.tobytes() for arrays in copies.values() for array in arrays]


@pytest.mark.parametrize("name", ["one_value_twice", "normalized", "siamese", *(f"random {seed}" for seed in range(6))])
def test_the_gradients_to_compare_with_are_slopes_of_the_loss(name):
    graph = NAMED[name]().draw(0)
    inputs, targets = data_of(graph)
    weights = [1.0] * len(targets)
    _, gradients = graph.losses_and_gradients(inputs, targets, weights)
    step = 1e-6
    for number in graph.own():
        for array, gradient in zip(graph.parameters[number], gradients[number], strict=True):
            sides = []
            for change in (step, -2 * step):
                array.flat[0] += change
                sides.append(graph.losses_and_gradients(inputs, targets, weights)[0])
            array.flat[0] += step
            # A central difference is wrong by the square of the step, and by a rounding error divided by it.
            assert abs((sides[0] - sides[1]) / (2 * step) - gradient.flat[0]) < 1e-7 * max(1, abs(gradient.flat[0]))
