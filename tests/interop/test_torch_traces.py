"""What a trace may miss of a PyTorch module: its mode, what is changed in place, functions that look like others."""

import copy

import numpy as np
import pytest

from fastnn.interop import from_torch

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional


def of(forward, **modules):
    """A module with a linear layer, others, and this forward."""

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3, 3)
            for name, module in modules.items():
                setattr(self, name, module)

    Own.forward = forward
    return Own()


def then(change):
    """A forward that changes what the linear layer gives, and reads it before and later."""

    def forward(self, x):
        hidden = self.linear(x)
        before = torch.tanh(hidden)
        given = change(self, hidden, x)
        return torch.cat([before, hidden, hidden if given is None else given], 1)

    return forward


def added(self, hidden, x):
    hidden += x
    return hidden


def of_the_same(self, hidden, x):
    same = torch.flatten(self.nothing(F.dropout(hidden, 0.5, self.training)), 1)
    same *= x
    return hidden - same


def input_changed(self, x):
    changed = torch.relu_(x)
    return self.linear(x) + changed + x


def branched(self, x):
    return self.linear(x) if self.training or self.other.training else torch.tanh(self.linear(x))


def pictures_changed(self, x):
    # Nobody reads the pictures later.
    rows = torch.flatten(torch.tanh(x), 1)
    rows += rows
    return self.linear(rows)


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.calls = nn.Linear(3, 3), 0
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        self.seen += 1
        return self.linear(x)


SAME = {
    "relu_": of(then(lambda self, hidden, x: hidden.relu_())),
    "a result that nobody takes": of(then(lambda self, hidden, x: (torch.relu_(hidden), None)[1])),
    "inplace=True": of(then(lambda self, hidden, x: F.silu(hidden, inplace=True))),
    "F.leaky_relu_": of(then(lambda self, hidden, x: F.leaky_relu_(hidden, 0.3))),
    "a module": of(then(lambda self, hidden, x: self.relu(hidden)), relu=nn.ReLU(inplace=True)),
    "modules": of(then(lambda self, hidden, x: self.all(hidden)), all=nn.Sequential(nn.ELU(inplace=True), nn.Tanh())),
    "+=": of(then(added)),
    "add_": of(then(lambda self, hidden, x: hidden.add_(x))),
    "sub_ and mul_": of(then(lambda self, hidden, x: hidden.sub_(x).mul_(x))),
    "what is the same tensor": of(then(of_the_same), nothing=nn.Identity()),
    "the input": of(input_changed),
    "dropout in place": of(then(lambda self, hidden, x: F.dropout(hidden, 0.5, self.training, True))),
    "torch.dropout": of(then(lambda self, hidden, x: torch.dropout(hidden, 0.5, self.training))),
    "branches": of(branched, other=nn.ReLU()),
    "counted calls": Counting(),
    "softmax": of(then(lambda self, hidden, x: hidden.softmax(-1) + torch.softmax(x, 1) + F.softmax(x, dim=1))),
    "options by place": of(then(lambda self, hidden, x: F.softplus(hidden, 1, 30) + F.elu(x, 0.3))),
    "pictures": of(pictures_changed),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", SAME)
def test_the_model_predicts_what_the_module_does_in_eval(name, training):
    module = copy.deepcopy(SAME[name]).train(training)
    state, plain = copy.deepcopy(module.state_dict()), {key: one for key, one in vars(module).items() if key[0] != "_"}
    shape = (1, 3) if name == "pictures" else (3,)
    model = from_torch(module, shape)
    assert [one.training for one in module.modules()] == [training] * len([*module.modules()])
    assert {key: one for key, one in vars(module).items() if key[0] != "_"} == plain
    for key, one in module.state_dict().items():
        assert torch.equal(one, state[key])
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(6, *shape)).astype("float32"))
    with torch.no_grad():
        expected = module.eval()(x.clone()).numpy()
    # A few sums of three products in float32.
    np.testing.assert_allclose(model.predict(x.numpy()), expected, rtol=1e-5, atol=1e-6)


@torch.fx.wrap
def unknown(x):
    return x * 3


@torch.fx.wrap
def relu(x):
    return x * 2


class Doubled(nn.Linear):
    def forward(self, x):
        return super().forward(x) + super().forward(x)


class Renamed(nn.Linear):
    pass


class Chain(nn.Sequential):
    def forward(self, x):
        return super().forward(x) ** 3


class Called(nn.Sequential):
    def __call__(self, x):
        return super().__call__(x) * 2


def with_own_forward(module):
    module.forward = torch.zeros_like
    return module


def viewed(self, x):
    x = torch.tanh(x)
    rows = torch.flatten(x, 1)
    rows += rows
    return self.linear(rows) + torch.flatten(x, 1)


REFUSED = {
    "dropout that always drops": (
        of(lambda self, x: F.dropout(self.linear(x), 0.5)),
        "node 'dropout' .*predictions, too",
    ),
    "torch.dropout, too": (
        of(lambda self, x: torch.dropout(self.linear(x), 0.5, True)),
        "node 'dropout' .*predictions",
    ),
    "a wrapped function": (of(lambda self, x: unknown(self.linear(x))), "node 'unknown' .*none that fastnn has"),
    "one called relu": (of(lambda self, x: relu(self.linear(x))), "node 'relu' .*none that fastnn has"),
    "a subclass": (nn.Sequential(Doubled(3, 3)), "'_0_weight' .*an array of a module"),
    "a subclass within": (of(lambda self, x: self.own(x), own=Doubled(3, 3)), "'own_weight' .*an array of a module"),
    "a subclass that changes nothing": (nn.Sequential(Renamed(3, 3)), "'_0_weight' .*an array of a module"),
    "a chain with a forward": (Chain(nn.Linear(3, 3)), "node 'pow_1'"),
    "a chain with a call": (Called(nn.Linear(3, 3)), "the module has a __call__ of its own"),
    "one within a chain": (
        nn.Sequential(nn.Linear(3, 3), Called(nn.ReLU())),
        r"module '1' \(Called\) has a __call__ of its own",
    ),
    "a forward of one module": (
        nn.Sequential(with_own_forward(nn.Linear(3, 3))),
        r"module '0' \(Linear\) was given a forward of its own",
    ),
    "one within": (
        of(lambda self, x: self.own(x), own=with_own_forward(nn.ReLU())),
        r"node 'own' .*module 'own' \(ReLU\) was given a forward",
    ),
    "that of the whole": (with_own_forward(of(lambda self, x: x)), "the module was given a forward of its own"),
    "softmax by default": (of(lambda self, x: F.softmax(self.linear(x))), "node 'softmax' .*dim=None"),
    "a module of it": (nn.Sequential(nn.Linear(3, 3), nn.Softmax()), "dim=None"),
    "softmax over the batch": (of(lambda self, x: self.linear(x).softmax(0)), "node 'softmax' .*dim=0"),
    "log_softmax over the batch": (of(lambda self, x: torch.log_softmax(self.linear(x), 0)), "node .*dim=0"),
    "softmax in another type": (of(lambda self, x: torch.softmax(x, 1, torch.float64)), "node .*dtype=torch.float64"),
    "a scaled sum": (of(lambda self, x: self.linear(x).add_(x, alpha=2)), "node 'add_' .*alpha"),
    "a quotient": (of(lambda self, x: self.linear(x).div_(x)), "node 'div_' .*there is no layer for linear / x"),
}


# PyTorch's own, of a softmax without an axis.
@pytest.mark.filterwarnings("ignore:Implicit dimension choice:UserWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_what_would_compute_something_else_is_refused(name):
    module, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        from_torch(module, (3,))


def test_quotients_in_place_are_not_lost():
    def forward(self, x):
        hidden = self.linear(x)
        hidden /= x
        return hidden

    with pytest.raises(ValueError, match=r"node 'itruediv' .*there is no layer for linear / x"):
        from_torch(of(forward), (3,))


@pytest.mark.parametrize("dim", [1, 2, -1, -2])
def test_softmax_of_pictures(dim):
    """Of every row of a picture in PyTorch, of the whole sample here."""
    for module in (nn.Softmax(dim), nn.LogSoftmax(dim)):
        with pytest.raises(ValueError, match=r"takes rows|it has dim="):
            from_torch(of(lambda self, x: self.linear(torch.flatten(self.soft(x), 1)), soft=module), (1, 3))


def test_what_is_changed_in_place_and_seen_in_another_shape():
    with pytest.raises(ValueError, match=r"node 'iadd' .*'tanh' shows in another shape, and that is read later"):
        from_torch(of(viewed), (1, 3))
