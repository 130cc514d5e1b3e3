"""PyTorch modules and their states: what becomes of them, and what is refused."""

from collections import OrderedDict

import numpy as np
import pytest
from safetensors.numpy import save_file as save_arrays

from fastnn import layers
from fastnn.activations.registry import ACTIVATIONS
from fastnn.interop import from_torch, load_torch_weights
from fastnn.models import Sequential
from fastnn.optimizers import SGD
from fastnn.registry import Without

torch = pytest.importorskip("torch")
files = pytest.importorskip("safetensors.torch")
nn = torch.nn

# Random networks have at most seven layers of at most 70 units: rounding grows by less than this, relative to the
# largest output. PyTorch itself is no nearer to its own float64.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def width(rng):
    return int(rng.integers(1, 71))


def coin(rng):
    return bool(rng.integers(2))


def module_of(kind):
    """A function that makes PyTorch's module of an activation, with any parameter."""
    if isinstance(kind.derivative, Without):
        # Of whole rows.
        return lambda n, rng: getattr(nn, kind.torch)(dim=int(rng.choice([1, -1])))
    if not kind.parameters:
        return lambda n, rng: getattr(nn, kind.torch)(**kind.torch_options)
    return lambda n, rng: getattr(nn, kind.torch)(
        *(rng.uniform(0, min(2, 0.9 * parameter.below)) for parameter in kind.parameters)
    )


# From the number of units to a layer. An epsilon too small would divide by the rounding of sums.
MAKERS = {
    "Linear": lambda n, rng: nn.Linear(n, width(rng), bias=coin(rng)),
    "Flatten": lambda n, rng: nn.Flatten(),
    "Identity": lambda n, rng: nn.Identity(),
    # Logarithms of shares lie so far below zero that the next activation may leave little but their roundings.
    **{kind.name: module_of(kind) for kind in ACTIVATIONS if kind.torch and kind.name != "log_softmax"},
    "relu": lambda n, rng: nn.ReLU(inplace=coin(rng)),
    # From the default of 20 on PyTorch leaves out what float64 still has.
    "RMSNorm": lambda n, rng: nn.RMSNorm(n, rng.uniform(0.01, 0.1)),
    "AlphaDropout": lambda n, rng: nn.AlphaDropout(rng.uniform(0, 0.9)),
    "PReLU": lambda n, rng: nn.PReLU(n if coin(rng) else 1, rng.uniform(-0.5, 1.5)),
    "softplus": lambda n, rng: nn.Softplus(threshold=50),
    "Dropout": lambda n, rng: nn.Dropout(rng.uniform(0, 0.9)),
    "BatchNorm1d": lambda n, rng: nn.BatchNorm1d(n, rng.uniform(1e-3, 0.1), rng.uniform(0, 1), affine=coin(rng)),
    "LayerNorm": lambda n, rng: nn.LayerNorm(n, rng.uniform(0.01, 0.1), elementwise_affine=coin(rng), bias=coin(rng)),
}


def random_module(seed, dtype):
    """One to six layers, some in a module of their own, with random weights; and the shape of a sample."""
    rng = np.random.default_rng(seed)
    shape = [(width(rng),), (width(rng),), (5, 6), (2, 3, 4)][rng.integers(4)]
    units = int(np.prod(shape))
    found = [nn.Flatten()] if len(shape) > 1 else []
    for _ in range(rng.integers(1, 7)):
        kind = "Linear" if coin(rng) else str(rng.choice(list(MAKERS)))
        found.append(MAKERS[kind](units, rng))
        units = getattr(found[-1], "out_features", units)
    if coin(rng):
        found = [nn.Sequential(*found[:2]), *found[2:]]
    module = nn.Sequential(*found).to(getattr(torch, dtype))
    for value in module.state_dict().values():
        if value.ndim == 2:
            value.copy_(torch.tensor(rng.normal(size=value.shape, scale=1.2 / np.sqrt(value.shape[1]))))
        elif value.ndim == 1:
            value.copy_(torch.tensor(rng.uniform(0.3, 1.5, size=value.shape)))
    return module, shape, rng


def outputs_of(module, x):
    mode = module.training
    with torch.no_grad():
        found = module.eval()(torch.tensor(x)).numpy()
    module.train(mode)
    return found


def largest_difference(ours, theirs):
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


@pytest.mark.parametrize("seed", range(100))
def test_random_module(seed, tmp_path):
    dtype = ("float32", "float64")[seed % 2]
    module, shape, rng = random_module(seed, dtype)
    x = rng.normal(size=(9, *shape)).astype(dtype)
    expected = outputs_of(module, x)
    telling = nn.Linear | nn.BatchNorm1d | nn.LayerNorm | nn.RMSNorm | nn.Flatten
    if not any(isinstance(layer, telling) for layer in module.modules()):
        with pytest.raises(ValueError, match="input_shape is needed"):
            from_torch(module)
    ours = from_torch(module, shape, None if module.state_dict() else dtype)
    case = f"seed {seed}: {ours}"
    assert ours.dtype == dtype, case
    assert ours.optimizer is None
    assert largest_difference(ours.predict(x), expected) < TOLERANCE[dtype], case
    # The other way: the state alone, from a file and as it lives, into a model of the same layers.
    files.save_file(module.state_dict(), tmp_path / "state.safetensors")
    arrays = {name: value.numpy() for name, value in module.state_dict().items()}
    for source in (tmp_path / "state.safetensors", module.state_dict(), dict(sorted(arrays.items()))):
        same = from_torch(module, shape, dtype)
        same.set_weights([np.ones_like(array) for array in same.get_weights()])
        load_torch_weights(same, source)
        np.testing.assert_array_equal(same.predict(x), ours.predict(x), err_msg=case)


def test_what_training_reads_and_names():
    blocks = [("input", nn.Linear(3, 4)), ("rest", nn.Sequential(nn.Dropout(0.25), nn.BatchNorm1d(4, 0.01, 0.2)))]
    ours = from_torch(nn.Sequential(OrderedDict(blocks)))
    dense, dropout, normal = ours.layers
    assert (dense.name, dropout.name, normal.name) == ("input", "rest.0", "rest.1")
    assert dropout.rate == 0.25
    assert (normal.momentum_of_moving, normal.epsilon) == (0.8, 0.01)
    assert [layer.name for layer in from_torch(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))).layers] == [
        "dense",
        "dense_1",
    ]
    ours.compile("sgd", "mse")
    assert ours.fit(np.ones((4, 3)), np.zeros((4, 4)), verbose=0).history["loss"]


def test_the_shape_that_layers_tell():
    assert from_torch(nn.Sequential(nn.ReLU(), nn.Linear(3, 2))).input_shape == (3,)
    assert from_torch(nn.Sequential(nn.Identity(), nn.BatchNorm1d(5))).input_shape == (5,)
    assert from_torch(nn.Sequential(nn.LayerNorm(4, elementwise_affine=False))).input_shape == (4,)
    for module in (nn.Sequential(nn.Flatten(), nn.Linear(6, 2)), nn.Sequential(nn.ReLU())):
        with pytest.raises(ValueError, match=r"input_shape is needed, the shape of one sample, such as \(28, 28\)"):
            from_torch(module)
    assert from_torch(nn.Sequential(nn.Flatten(), nn.Linear(6, 2)), (2, 3)).output_shape == (2,)


@pytest.mark.parametrize(
    ("theirs", "asked", "expected"),
    [
        ("float16", None, "float32"),
        ("bfloat16", None, "float32"),
        ("float32", "float64", "float64"),
        ("float64", "float32", "float32"),
    ],
)
def test_dtypes(theirs, asked, expected):
    module = nn.Sequential(nn.Linear(3, 2)).to(getattr(torch, theirs))
    ours = from_torch(module, dtype=asked)
    assert ours.dtype == expected
    np.testing.assert_array_equal(ours.get_weights()[0], module[0].weight.detach().T.double().numpy().astype(expected))


def test_the_module_stays_as_it_is():
    module = nn.Sequential(nn.Linear(3, 2))
    ours = from_torch(module)
    before = module[0].weight.detach().clone()
    ours.set_weights([np.zeros((3, 2)), np.zeros(2)])
    assert torch.equal(module[0].weight, before)
    assert module.training
    assert module[0].weight.requires_grad


class Own(nn.Linear):
    """Computes what it likes."""


class Scaled(nn.Sequential):
    """Does more than one layer after the other."""

    def forward(self, x):
        return 2 * super().forward(x)


class Block(nn.Sequential):
    """Only gathers layers, as many libraries' classes do."""


def hooked():
    layer = nn.Linear(3, 3)
    layer.register_forward_hook(lambda module, inputs, outputs: outputs * 2)
    return layer


def without_numbers():
    return nn.Linear(3, 3, device="meta")


def shared_average():
    """A batch normalisation without weights twice: its moving averages are shared."""
    normal = nn.BatchNorm1d(3, affine=False)
    return nn.Sequential(normal, nn.Linear(3, 3), normal)


def tied():
    layer = nn.Linear(3, 3)
    return nn.Sequential(layer, nn.ReLU(), layer)


def of_nan():
    layer = nn.Linear(3, 3)
    layer.weight.data[1, 2] = float("nan")
    return layer


REFUSED = {
    "an unknown module": (
        lambda: nn.Conv1d(3, 3, 1),
        r"the module '0' \(Conv1d\) is none that fastnn has; it has Linear, ",
    ),
    "another softmax": (lambda: nn.Softmin(1), "is none that fastnn has"),
    "a class of the user's own": (lambda: Own(3, 3), r"the node '_0_weight' \(get_attr 0\.weight\)"),
    "weights made as they are used": (
        lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)),
        "ParametrizedLinear",
    ),
    "a hook": (hooked, "has hooks"),
    "a hook within": (lambda: nn.Sequential(hooked()), r"'0.0' \(Linear\) has hooks"),
    "no numbers": (without_numbers, "has no numbers yet"),
    "one layer twice": (tied, "'0.2.bias' is another layer's array, too"),
    "one moving average twice": (shared_average, "'0.2.num_batches_tracked' is another layer's array, too"),
    "NaN": (of_nan, r"must hold finite numbers, but .*\[2, 1\] is nan"),
    "pictures": (lambda: nn.Flatten(2), "start_dim=1"),
    "another GELU": (lambda: nn.GELU("sine"), "it has approximate='sine', but fastnn has approximate='none'"),
    "a steep softplus": (lambda: nn.Softplus(2), "it has beta=2"),
    "a coarse softplus": (lambda: nn.Softplus(threshold=1), "it has threshold=1"),
    "a slope of 1": (lambda: nn.LeakyReLU(1), r"'0' \(LeakyReLU\): negative_slope must be at least 0 and below 1"),
    "nothing left": (lambda: nn.Dropout(1), "rate must be at least 0 and below 1"),
    "a row that learns nothing": (lambda: nn.Embedding(3, 2, padding_idx=0), "'0' .Embedding.: it has padding_idx=0"),
    "rows that shrink": (lambda: nn.Embedding(3, 2, max_norm=1.0), "it has max_norm=1"),
    "gradients by frequency": (lambda: nn.Embedding(3, 2, scale_grad_by_freq=True), "scale_grad_by_freq=True"),
    "the mean square of pictures": (lambda: nn.RMSNorm((1, 3)), r"it has normalized_shape=\(1, 3\)"),
    "slopes of other pictures": (lambda: nn.Sequential(nn.Unflatten(1, (3, 1)), nn.PReLU(2)), "must have shape"),
    "another axis": (lambda: nn.Unflatten(2, (1, 1)), "it has dim=2"),
    "a softmax over the batch": (lambda: nn.Softmax(0), "it has dim=0"),
    "a softmax over who knows what": (nn.Softmax, "it has dim=None"),
    "no moving average": (lambda: nn.BatchNorm1d(3, track_running_stats=False), "must have track_running_stats=True"),
    "a plain average": (lambda: nn.BatchNorm1d(3, momentum=None), "it has momentum=None"),
    "a norm of pictures": (lambda: nn.LayerNorm((1, 3)), r"it has normalized_shape=\(1, 3\)"),
    "another norm": (lambda: nn.LayerNorm(4, elementwise_affine=False), "which is not its own shape"),
    "another width": (lambda: nn.Linear(4, 2), r"must have shape \(3, 2\), but its shape is \(4, 2\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_fastnn_has_not(name):
    make, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        from_torch(nn.Sequential(make(), nn.ReLU()), (3,))


class Twice(nn.Module):
    """One layer called on two values: no chain."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return torch.add(self.layer(x), self.layer(-x))


@pytest.mark.parametrize("slopes", ["one", "of channels"])
@pytest.mark.parametrize("shape", [(3,), (3, 4), (3, 2, 2)])
@pytest.mark.parametrize("graph", [False, True])
def test_slopes_of_pictures(slopes, shape, graph):
    rng = np.random.default_rng(0)
    layer = nn.PReLU(1 if slopes == "one" else 3)
    layer.weight.data = torch.tensor(rng.normal(size=layer.num_parameters))
    module = Twice(layer) if graph else nn.Sequential(layer, nn.Flatten())
    x = rng.normal(size=(5, *shape))
    model = from_torch(module, shape)
    expected = outputs_of(module, x)
    # One product, and one sum, of numbers of 64 bits.
    np.testing.assert_allclose(model.predict(x).reshape(expected.shape), expected, rtol=1e-14)
    assert model.layers[0].alpha.size == layer.num_parameters


@pytest.mark.parametrize("graph", [False, True])
def test_what_does_not_learn_there_does_not_here(graph):
    first, last = nn.Linear(3, 3), nn.Linear(3, 3)
    first.requires_grad_(False)
    module = nn.Sequential(first, nn.Tanh(), Twice(last) if graph else last)
    model = from_torch(module, (3,))
    assert [layer.trainable for layer in model.layers if layer.variables()] == [False, True]
    before = model.layers[0].kernel.copy()
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 3))
    model.fit(x, x)
    assert np.array_equal(model.layers[0].kernel, before)
    last.bias.requires_grad_(False)
    with pytest.warns(UserWarning, match=r"\(Linear\) has requires_grad=False for bias alone, but a layer"):
        assert from_torch(module, (3,)).layers[-1].trainable


def test_a_forward_of_the_users_own_is_followed():
    module = nn.Sequential(Scaled(nn.Linear(3, 3)), nn.ReLU())
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    # Sums of three products in float32.
    np.testing.assert_allclose(from_torch(module, (3,)).predict(x), outputs_of(module, x), rtol=0, atol=1e-6)


def test_modules_that_are_none():
    assert from_torch(Block(nn.Linear(3, 2), Block(nn.ReLU()))).output_shape == (2,)
    assert from_torch(nn.Linear(3, 2)).output_shape == (2,)
    for module in (None, [nn.Linear(3, 2)], Sequential()):
        with pytest.raises(TypeError, match=r"module must be a torch\.nn\.Module, but it is a"):
            from_torch(module)
    with pytest.raises(ValueError, match="has no layers that compute"):
        from_torch(nn.Sequential(nn.Identity()), (3,))
    with pytest.raises(ValueError, match="a softmax takes rows"):
        from_torch(nn.Sequential(nn.Softmax(-1)), (2, 3))
    with pytest.raises(ValueError, match="which is not its own shape"):
        from_torch(nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2)), (2, 3))
    with pytest.raises(ValueError, match=r"the module '1' \(BatchNorm1d\) does not fit: it takes rows"):
        from_torch(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), (2, 3))


# States alone.


def model_of(*sizes, names=()):
    """Dense layers one after the other."""
    made = [layers.Dense(size, name=names[i] if names else None) for i, size in enumerate(sizes[1:])]
    return Sequential([layers.Input(sizes[:1]), *made], seed=0)


def test_eleven_layers_of_one_shape_keep_their_order(tmp_path):
    """Names sorted as texts would have 10 before 2."""
    module = nn.Sequential(*(nn.Linear(3, 3) for _ in range(12)))
    files.save_file(module.state_dict(), tmp_path / "state.safetensors")
    for source in (tmp_path / "state.safetensors", files.load_file(tmp_path / "state.safetensors")):
        model = model_of(*[3] * 13)
        load_torch_weights(model, source)
        for number, layer in enumerate(model.layers):
            np.testing.assert_array_equal(layer.arrays["kernel"], module[number].weight.detach().numpy().T)


def test_names_without_an_order(tmp_path):
    module = nn.Sequential(OrderedDict(zulu=nn.Linear(3, 3), alpha=nn.Linear(3, 3)))
    path = tmp_path / "state.safetensors"
    files.save_file(module.state_dict(), path)
    expected = [module.zulu.weight.detach().numpy().T, module.alpha.weight.detach().numpy().T]
    model = model_of(3, 3, 3)
    with pytest.raises(ValueError, match="the order of the modules 'alpha' and 'zulu' is not in their names"):
        load_torch_weights(model, path)
    # The state itself has an order; and a model may have its names.
    named = model_of(3, 3, 3, names=("zulu", "alpha"))
    load_torch_weights(named, path)
    load_torch_weights(model, module.state_dict())
    for found in (named, model):
        for layer, kernel in zip(found.layers, expected, strict=True):
            np.testing.assert_array_equal(layer.arrays["kernel"], kernel)


def test_categories_and_their_training():
    """As PyTorch trains them: the rows that a batch has move, by as much."""
    torch.manual_seed(0)
    parts = [nn.Embedding(6, 3), nn.Flatten(), nn.PReLU(), nn.Unflatten(1, (2, 3)), nn.RMSNorm(3), nn.Flatten()]
    module = nn.Sequential(*parts, nn.Linear(6, 2)).double()
    ours = from_torch(module, (2,))
    codes, y = torch.randint(0, 5, (7, 2)), torch.randn(7, 2, dtype=torch.float64)
    ours.compile(SGD(0.1), "mse")
    steps = torch.optim.SGD(module.parameters(), 0.1)
    for _ in range(3):
        steps.zero_grad()
        nn.functional.mse_loss(module(codes), y).backward()
        steps.step()
        ours.train_on_batch(codes.numpy(), y.numpy())
    for mine, theirs in zip(ours.get_weights(), [module[0].weight, module[2].weight, module[4].weight], strict=False):
        # A few steps of sums of some dozen terms of size one.
        np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=0, atol=1e-12)
    plain = from_torch(nn.Sequential(nn.Linear(3, 4), nn.RMSNorm(4, elementwise_affine=False)))
    assert not plain.layers[1].trainable


def test_states_of_other_layers():
    """An embedding's weight is not turned round; what no module has is named."""
    module = nn.Sequential(nn.Embedding(3, 3), nn.Flatten(), nn.RMSNorm(6), nn.PReLU(6))
    parts = [layers.Embedding(3, 3), layers.Flatten(), layers.RMSNormalization(), layers.PReLU()]
    model = Sequential([layers.Input((2,)), *parts], seed=0)
    rng = np.random.default_rng(0)
    state = {name: rng.normal(size=value.shape) for name, value in module.state_dict().items()}
    load_torch_weights(model, state)
    for found, value in zip(model.get_weights(), state.values(), strict=True):
        np.testing.assert_array_equal(found, value.astype(np.float32))
    scaled = Sequential([layers.Input((2,)), layers.Normalization(), layers.Dense(1)])
    with pytest.raises(ValueError, match=r"normalization \(Normalization\) has a mean, which no module of PyTorch has"):
        load_torch_weights(scaled, {"0.weight": np.ones(2), "1.weight": np.ones((1, 2)), "1.bias": np.ones(1)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"1.bias": None}, r"the module '1' has 'weight', but dense_1 \(Dense\) needs 'bias', 'weight'"),
        ({"1.scale": np.ones(2)}, "has 'bias', 'scale', 'weight'"),
        ({"1.weight": None, "1.bias": None}, r"there are weights of 1 modules \('0'\), but the model has 2 layers"),
        ({"2.weight": np.ones((2, 2))}, "there are weights of 3 modules"),
        ({"1.weight": np.ones((4, 2))}, r"'1.weight' must have shape \(2, 4\) to be the kernel of dense_1"),
        ({"1.weight": np.full((2, 4), np.nan)}, r"'1.weight' must hold finite numbers"),
        ({"1.weight": np.full((2, 4), 1e300)}, "too large for float32"),
    ],
)
def test_states_that_do_not_fit(changes, message, tmp_path):
    state = {"0.weight": np.zeros((4, 3)), "0.bias": np.zeros(4), "1.weight": np.zeros((2, 4)), "1.bias": np.zeros(2)}
    state = {name: array for name, array in (state | changes).items() if array is not None}
    path = tmp_path / "state.safetensors"
    save_arrays(state, path)
    model = model_of(3, 4, 2)
    before = model.get_weights()
    for source in (path, state):
        with pytest.raises(ValueError, match=message):
            load_torch_weights(model, source)
    for found, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_pickles_are_refused_unread(tmp_path):
    for name in ("model.pt", "model.pth", "model.bin", "model"):
        with pytest.raises(ValueError, match=f"{name}': other files are pickles.*save_file"):
            load_torch_weights(model_of(3, 2), tmp_path / name)


def test_damaged_files_and_other_sources(tmp_path):
    model = model_of(3, 2)
    path = tmp_path / "state.safetensors"
    files.save_file(nn.Sequential(nn.Linear(3, 2)).state_dict(), path)
    whole = path.read_bytes()
    for size in (0, 4, 50, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"state\.safetensors' cannot be loaded"):
            load_torch_weights(model, path)
    with pytest.raises(FileNotFoundError):
        load_torch_weights(model, tmp_path / "nothing.safetensors")
    with pytest.raises(TypeError, match=r"source must be a \.safetensors file's path or a state_dict"):
        load_torch_weights(model, nn.Linear(3, 2))
    with pytest.raises(TypeError, match="must hold real numbers"):
        load_torch_weights(model, {"0.weight": np.array([["a", "b", "c"]] * 2), "0.bias": np.zeros(2)})


def test_a_lazy_module_must_have_seen_a_batch():
    with pytest.raises(ValueError, match="is lazy and has no weights yet"):
        from_torch(torch.nn.Sequential(torch.nn.LazyLinear(3)))
