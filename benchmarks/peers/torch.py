"""The torch peer: eager PyTorch in a tight loop over views of the data, without modules or a data loader."""

import importlib
import importlib.metadata
from collections.abc import Callable
from typing import Any

from benchmarks.jobs import Task
from benchmarks.jobs.base import BATCH_EPSILON, BETA_1, BETA_2, EPSILON, RHO
from benchmarks.peers import Run


def version() -> str:
    return f"PyTorch {importlib.metadata.version('torch')}"


def imported(task: Task) -> Any:
    """PyTorch, set to the task's threads. As `Any`, because mypy runs where no peer is installed."""
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(task.threads)
    return torch


def setup(task: Task) -> Run:
    torch = imported(task)
    return _prediction(torch, task) if task.goal == "predict" else _training(torch, task)


def forward(torch: Any, x: Any, parameters: list[tuple[Any, Any]], normalization: Any = (), dropout: float = 0) -> Any:
    """The last layer's sums, before softmax; ``normalization`` has scale, shift and moving averages of each layer."""
    functional = torch.nn.functional
    linear, relu = functional.linear, torch.relu
    for index, (weights, bias) in enumerate(parameters[:-1]):
        x = linear(x, weights, bias)
        if normalization:
            scale, shift, mean, variance = normalization[index]
            x = functional.batch_norm(x, mean, variance, scale, shift, training=True, momentum=0.01, eps=BATCH_EPSILON)
        x = relu(x)
        if dropout:
            x = functional.dropout(x, dropout)
    return linear(x, *parameters[-1])


def loss_of(torch: Any, task: Task, output: Any, target: Any) -> Any:
    """The mean loss of a batch, from the last layer's sums."""
    if task.loss == "cross_entropy":
        return torch.nn.functional.cross_entropy(output, target)
    return torch.nn.functional.mse_loss(output.softmax(1) if task.output == "softmax" else output, target)


def targets(torch: Any, task: Task) -> Any:
    """Classes for cross-entropy, which PyTorch prefers to one-hot rows; the values themselves otherwise."""
    return torch.from_numpy(task.labels if task.loss == "cross_entropy" else task.y)


def first_parameters(torch: Any, task: Task) -> list[tuple[Any, Any]]:
    return [(torch.from_numpy(w.T.copy()), torch.from_numpy(b[0].copy())) for w, b in task.parameters]


def _step(torch: Any, task: Task, tensors: list[Any]) -> Callable[[Any], None]:
    """A function that takes a loss, and a fresh optimizer's step down its gradient."""
    rate = task.learning_rate
    if task.optimizer == "sgd":
        # A third less time than any form of torch.optim.SGD, which matters with one sample a step.
        def descend(loss: Any) -> None:
            gradients = torch.autograd.grad(loss, tensors)
            with torch.no_grad():
                torch._foreach_add_(tensors, gradients, alpha=-rate)

        return descend

    if task.optimizer == "rmsprop":
        # There is no fused form, and for tensors this small a loop is faster than foreach=True.
        optimizer = torch.optim.RMSprop(tensors, lr=rate, alpha=RHO, eps=EPSILON, foreach=False)
    else:
        optimizer = torch.optim.Adam(tensors, lr=rate, betas=(BETA_1, BETA_2), eps=EPSILON, fused=True)

    def step(loss: Any) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def _training(torch: Any, task: Task) -> Run:
    x, y = torch.from_numpy(task.rows), targets(torch, task)
    first = first_parameters(torch, task)
    parameters = [(w.clone().requires_grad_(), b.clone().requires_grad_()) for w, b in first]
    sizes = [len(bias) for _, bias in parameters[:-1]] if task.batch_normalization else []
    normalization = [(torch.ones(n), torch.zeros(n), torch.zeros(n), torch.ones(n)) for n in sizes]
    scales = [tensor.requires_grad_() for layer in normalization for tensor in layer[:2]]
    tensors = [tensor for layer in parameters for tensor in layer] + scales
    start = [tensor.detach().clone() for tensor in tensors]
    batches = [(x[rows], y[rows]) for rows in task.batches]
    shares = torch.tensor([(rows.stop - rows.start) / len(x) for rows in task.batches])
    state: dict[str, Any] = {}

    def reset() -> None:
        with torch.no_grad():
            for tensor, value in zip(tensors, start, strict=True):
                tensor.copy_(value)
        state["step"] = _step(torch, task, tensors)

    def run() -> list[float]:
        step = state["step"]
        losses = []
        for _ in range(task.epochs):
            parts = []
            for samples, target in batches:
                loss = loss_of(torch, task, forward(torch, samples, parameters, normalization, task.dropout), target)
                step(loss)
                parts.append(loss.detach())
            losses.append(float(torch.stack(parts) @ shares))
        return losses

    return Run(run, reset)


def _prediction(torch: Any, task: Task) -> Run:
    x, parameters = torch.from_numpy(task.rows), first_parameters(torch, task)
    calls = [x[rows] for rows in task.batches]

    def run() -> Any:
        outputs = []
        with torch.inference_mode():
            for _ in range(task.epochs):
                outputs = [forward(torch, samples.float(), parameters).softmax(1) for samples in calls]
        return outputs

    return Run(run, values=lambda outputs: torch.cat(outputs).double().numpy())
