"""Modules with a forward of their own: the graph that torch.fx traces predicts what the module does, and trains on."""

import numpy as np
import pytest

from fastnn import Model
from fastnn.interop import from_torch

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional


class Residual(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(width, 6), nn.GELU(), nn.Dropout(0.3), nn.Linear(6, width))
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return self.norm(x + self.inner(x))


class Towers(nn.Module):
    """Two inputs, two outputs, and a module that is called twice."""

    def __init__(self):
        super().__init__()
        self.shared, self.other = nn.Linear(4, 5), nn.Linear(3, 4)
        self.block, self.batch = Residual(), nn.BatchNorm1d(5)
        self.price, self.kind = nn.Linear(15, 1), nn.Linear(5, 3)

    def forward(self, a, b):
        left = torch.tanh(self.shared(self.block(a)))
        right = F.leaky_relu(self.batch(self.shared(self.other(b))), 0.2)
        both = torch.cat([left, left - right, left * right], dim=1)
        return {"price": self.price(both), "kind": F.softmax(self.kind(torch.maximum(left, right)), dim=-1)}


class Pictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last, self.skip = nn.Linear(8, 5), nn.Linear(5, 2), nn.Identity()

    def forward(self, x):
        x = torch.flatten(x, 1)
        hidden = F.dropout(self.first(x).relu(), 0.5, self.training)
        return self.last(self.skip(hidden)), hidden.sigmoid()


CASES = {
    "residual": (Residual, None, [(4,)]),
    "a chain of blocks": (lambda: nn.Sequential(nn.Linear(3, 4), Residual(), nn.Sequential(Residual())), None, [(3,)]),
    "towers": (Towers, [(4,), (3,)], [(4,), (3,)]),
    "pictures": (Pictures, (2, 4), [(2, 4)]),
}


@pytest.mark.parametrize("name", CASES)
def test_predictions_are_those_of_the_module(name):
    make, shape, shapes = CASES[name]
    torch.manual_seed(0)
    module = make().double()
    for array in [*module.parameters(), *(one for one in module.buffers() if one.dtype == torch.float64)]:
        # Of variances, too.
        array.data = torch.rand_like(array) + 0.1
    module.eval()
    model = from_torch(module, shape)
    assert isinstance(model, Model)
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(7, *one)) for one in shapes]
    with torch.no_grad():
        expected = module(*map(torch.from_numpy, x))
    expected = list(expected.values()) if isinstance(expected, dict) else expected
    expected = list(expected) if isinstance(expected, tuple | list) else [expected]
    found = model.predict(x if len(x) > 1 else x[0])
    for one, other in zip(found if isinstance(found, list) else [found], expected, strict=True):
        # A few dozen roundings of doubles.
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-10, atol=1e-12)
    if name == "towers":
        assert model.output_names == ("price", "kind")
        assert model.input_names == ("a", "b")
        assert sum(layer.name == "shared" for layer in model.layers) == 1
        targets = [rng.normal(size=(7, 1)), np.eye(3)[rng.integers(0, 3, 7)]]
        model.compile("adam", ["mse", "categorical_crossentropy"])
        before = model.evaluate(x, targets)[0]
        model.fit(x, targets, epochs=20, verbose=0)
        assert model.evaluate(x, targets)[0] < before


def of(forward):
    """A module with one linear layer and this forward."""

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 3)
            self.scale = nn.Parameter(torch.ones(3))

    Own.forward = forward
    return Own()


def in_place(self, x):
    hidden = self.linear(x)
    hidden *= 2
    hidden /= 4
    hidden.sub_(1).neg_()
    return hidden - x


ARITHMETIC = {
    "of numbers": lambda self, x: 1 - self.linear(x) * 2 + x / 4,
    "of PyTorch": lambda self, x: torch.sub(2, torch.div(torch.mul(self.linear(x), 3), 8)).add(1).negative(),
    "of an input": lambda self, x: -(x - 1) * 0.5 + self.linear(x).true_divide(2),
    "in place": in_place,
}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_of_numbers(name):
    torch.manual_seed(0)
    module = of(ARITHMETIC[name]).double()
    x = np.random.default_rng(0).normal(size=(5, 3))
    with torch.no_grad():
        expected = module(torch.from_numpy(x)).numpy()
    # A few roundings of doubles.
    np.testing.assert_allclose(from_torch(module).predict(x), expected, rtol=1e-12, atol=1e-14)


REFUSED = {
    "an inverse": (lambda self, x: 1 / self.linear(x), r"the node 'truediv' .* there is no layer for 1 / "),
    "a quotient": (lambda self, x: x / self.linear(x), "'truediv' .* there is no layer for"),
    "a division by zero": (lambda self, x: self.linear(x).div(0), "'div' .* nothing by zero"),
    "a rounded division": (
        lambda self, x: torch.div(self.linear(x), 2, rounding_mode="floor"),
        "called with .*'floor'",
    ),
    "a scaled number": (lambda self, x: torch.add(self.linear(x), 2, alpha=3), "it is called with {'alpha': 3}"),
    "a parameter": (lambda self, x: self.linear(x) * self.scale, "the node 'scale' .*an array"),
    "a function": (lambda self, x: torch.cumsum(self.linear(x), 1), "the node 'cumsum' .* none that fastnn has"),
    "a method": (lambda self, x: self.linear(x).view(-1, 3), "the node 'view' .* none that fastnn has"),
    "numbers": (lambda self, x: x if x.sum() > 0 else self.linear(x), "cannot be traced by torch.fx"),
    "rows below each other": (lambda self, x: torch.cat([x, self.linear(x)]), "it has dim=0"),
    "a softmax over the batch": (lambda self, x: F.softmax(self.linear(x), 0), "'softmax' .*: .*it has dim=0"),
    "a scaled sum": (lambda self, x: torch.add(x, self.linear(x), alpha=2), "it takes 2 values and"),
    "no shape": (lambda self, x: torch.tanh(x), "input_shape is needed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_fastnn_has_not(name):
    forward, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        from_torch(of(forward))


def test_what_is_no_module_of_pytorchs_own():
    class Convolved(nn.Module):
        def __init__(self):
            super().__init__()
            self.filter = nn.Conv1d(1, 2, 3)

        def forward(self, x):
            return self.filter(x)

    with pytest.raises(ValueError, match=r"the node 'filter.*' .*\(Conv1d\) is none that fastnn has"):
        from_torch(Convolved(), (1, 5))
    with pytest.raises(ValueError, match="input_shape must be a list of 2 shapes, of a, b"):
        from_torch(Towers(), (4, 3))
    hooked = Residual()
    hooked.norm.register_forward_hook(lambda *given: None)
    with pytest.raises(ValueError, match="has hooks"):
        from_torch(hooked)
