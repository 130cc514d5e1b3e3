"""The torch-compiled peer: one function for a whole step, gradient and optimizer included, through torch.compile."""

from typing import Any

from benchmarks.jobs import Task
from benchmarks.jobs.base import BETA_1, BETA_2, EPSILON, RHO
from benchmarks.peers import Run
from benchmarks.peers.torch import first_parameters, forward, imported, loss_of, targets, version

__all__ = ["setup", "version"]


def setup(task: Task) -> Run:
    torch = imported(task)
    x, y = torch.from_numpy(task.rows), targets(torch, task)
    first = [tensor for layer in first_parameters(torch, task) for tensor in layer]
    tensors = [tensor.clone() for tensor in first]
    slots = [[torch.zeros_like(tensor) for tensor in first] for _ in range(2)]
    batches = [(x[rows], y[rows]) for rows in task.batches]
    shares = torch.tensor([(rows.stop - rows.start) / len(x) for rows in task.batches])
    # In a tensor, because a Python number would be compiled into the step; in float64, because they are near 1.
    powers = torch.ones(2, dtype=torch.float64)
    betas = torch.tensor([BETA_1, BETA_2], dtype=torch.float64)

    def loss(parameters: list[Any], samples: Any, target: Any) -> Any:
        layers = list(zip(parameters[::2], parameters[1::2], strict=True))
        return loss_of(torch, task, forward(torch, samples, layers), target)

    def step(samples: Any, target: Any) -> Any:
        gradients, value = torch.func.grad_and_value(loss)(tensors, samples, target)
        powers.mul_(betas)
        for w, g, m, v in zip(tensors, gradients, *slots, strict=True):
            if task.optimizer == "sgd":
                w.sub_(task.learning_rate * g)
            elif task.optimizer == "rmsprop":
                v.mul_(RHO).add_((1 - RHO) * g * g)
                w.sub_(task.learning_rate * g / (v.sqrt() + EPSILON))
            else:
                m.mul_(BETA_1).add_((1 - BETA_1) * g)
                v.mul_(BETA_2).add_((1 - BETA_2) * g * g)
                w.sub_(task.learning_rate * (m / (1 - powers[0])) / ((v / (1 - powers[1])).sqrt() + EPSILON))
        return value

    # The last batch is smaller: without dynamic=False its shape would make the step general, and slower. The mode tries
    # matrix products of its own making; on a wide network a step is then a fifth faster.
    compiled = torch.compile(step, fullgraph=True, dynamic=False, mode="max-autotune-no-cudagraphs")

    def reset() -> None:
        powers.fill_(1)
        for tensor, start in zip(tensors, first, strict=True):
            tensor.copy_(start)
        for state in slots:
            for tensor in state:
                tensor.zero_()

    def run() -> list[float]:
        losses = []
        with torch.no_grad():
            for _ in range(task.epochs):
                parts = [compiled(samples, target) for samples, target in batches]
                losses.append(float(torch.stack(parts) @ shares))
        return losses

    return Run(run, reset)
