"""PyTorch at the study's jobs: eager, and a whole step through torch.compile."""

import importlib
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.graphs import (
    DISCOUNT,
    FOLLOWS,
    LEARNING_RATE,
    RESIDUAL,
    SMALL,
    UNITS_OF_A_CATEGORY,
    Run,
    Sizes,
    categories,
    digits,
    repeated,
    transitions,
)
from benchmarks.jobs import data
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON

# As `Any`, because mypy runs where no peer is installed.
torch: Any = importlib.import_module("torch")
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
functional = torch.nn.functional


def _tensors(sizes: tuple[int, ...]) -> list[Any]:
    """Kernel and bias of each layer, kernels as PyTorch has them."""
    layers = data.parameters(sizes)
    return [torch.from_numpy(one).requires_grad_() for kernel, bias in layers for one in (kernel.T.copy(), bias[0])]


def _pairs(tensors: Sequence[Any]) -> list[tuple[Any, Any]]:
    return list(zip(tensors[::2], tensors[1::2], strict=True))


def _adam(tensors: Sequence[Any]) -> Any:
    return torch.optim.Adam(tensors, lr=LEARNING_RATE, betas=(BETA_1, BETA_2), eps=EPSILON, fused=True)


def _blocks(x: Any, tensors: Sequence[Any]) -> Any:
    first, *between, last = _pairs(tensors)
    hidden = torch.relu(functional.linear(x, *first))
    for layer in between:
        hidden = hidden + torch.relu(functional.linear(hidden, *layer))
    return functional.linear(hidden, *last)


def _digit_batches(samples: int) -> list[tuple[Any, Any]]:
    x, y = digits(samples)
    return list(zip(torch.from_numpy(x).split(64), torch.from_numpy(y.argmax(axis=1)).split(64), strict=True))


def _epochs(batches: Sequence[Any], step: Callable[..., Any]) -> Run:
    return lambda: float(torch.stack([step(*batch) for batch in batches]).mean())


def _steps(optimizer: Any, loss_of: Callable[..., Any]) -> Callable[..., Any]:
    def step(*batch: Any) -> Any:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(*batch)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def residual(sizes: Sizes) -> Run:
    tensors = _tensors(RESIDUAL)
    step = _steps(_adam(tensors), lambda x, y: functional.cross_entropy(_blocks(x, tensors), y))
    return _epochs(_digit_batches(sizes.samples), step)


def residual_compiled(sizes: Sizes) -> Run:
    tensors = [tensor.detach() for tensor in _tensors(RESIDUAL)]
    slots = [[torch.zeros_like(tensor) for tensor in tensors] for _ in range(2)]
    powers, betas = torch.ones(2), torch.tensor([BETA_1, BETA_2])

    def loss_of(given: Any, x: Any, y: Any) -> Any:
        return functional.cross_entropy(_blocks(x, given), y)

    def step(x: Any, y: Any) -> Any:
        gradients, value = torch.func.grad_and_value(loss_of)(tensors, x, y)
        powers.mul_(betas)
        for w, g, m, v in zip(tensors, gradients, *slots, strict=True):
            m.mul_(BETA_1).add_((1 - BETA_1) * g)
            v.mul_(BETA_2).add_((1 - BETA_2) * g * g)
            w.sub_(LEARNING_RATE * (m / (1 - powers[0])) / ((v / (1 - powers[1])).sqrt() + EPSILON))
        return value

    compiled = torch.compile(step, fullgraph=True, dynamic=False, mode="max-autotune-no-cudagraphs")
    run = _epochs(_digit_batches(sizes.samples), compiled)

    def without_graph() -> float:
        with torch.no_grad():
            return run()

    return without_graph


def embedding(sizes: Sizes) -> Run:
    x, y, table = categories(sizes)
    tensors = [torch.from_numpy(table).requires_grad_(), *_tensors((UNITS_OF_A_CATEGORY, 1))]
    optimizer = torch.optim.SGD(tensors, lr=LEARNING_RATE)

    def loss_of(x: Any, y: Any) -> Any:
        return functional.mse_loss(functional.linear(functional.embedding(x, tensors[0]), *tensors[1:]), y)

    batches = zip(torch.from_numpy(x[:, 0].astype(np.int64)).split(256), torch.from_numpy(y).split(256), strict=True)
    return _epochs(list(batches), _steps(optimizer, loss_of))


def _values(x: Any, tensors: Sequence[Any]) -> Any:
    *hidden, last = _pairs(tensors)
    for layer in hidden:
        x = torch.relu(functional.linear(x, *layer))
    return functional.linear(x, *last)


def _gradients(sizes: Sizes, rows: int) -> Run:
    tensors = _tensors(SMALL)
    x, y = (torch.from_numpy(one) for one in data.gaussian(rows, (SMALL[0], SMALL[-1])))

    def call() -> Any:
        loss = functional.mse_loss(_values(x, tensors), y)
        torch.autograd.grad(loss, tensors)
        return loss.detach()

    return repeated(sizes, call)


def gradients_of_a_row(sizes: Sizes) -> Run:
    return _gradients(sizes, 1)


def gradients_of_64_rows(sizes: Sizes) -> Run:
    return _gradients(sizes, 64)


def q_learning(sizes: Sizes) -> Run:
    tensors, seen = _tensors(SMALL), transitions()
    target = [tensor.detach().clone() for tensor in tensors]
    optimizer = _adam(tensors)
    states, after, rewards, goes_on = map(torch.from_numpy, (seen.states, seen.after, seen.rewards, seen.goes_on))
    actions = torch.from_numpy(seen.actions)[:, None]

    def step() -> Any:
        with torch.no_grad():
            goal = rewards + DISCOUNT * goes_on * _values(after, target).amax(dim=1)
        loss = functional.mse_loss(_values(states, tensors).gather(1, actions)[:, 0], goal)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(target, tensors, FOLLOWS)
        return loss.detach()

    return repeated(sizes, step)
