"""What both estimators share: the network that grows with what comes, its steps, and what they raise."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river.base import Estimator

from fastnn.checking.scalars import whole_number_or_none
from fastnn.models import Sequential
from fastnn.river.features import check_numbers
from fastnn.river.frames import read_frame, read_weights, values_of
from fastnn.river.network import Network, Parameters

__all__ = ["BaseMLP"]


class BaseMLP(Estimator):  # type: ignore[misc]
    """A network behind river's protocol; use a subclass."""

    _network: Network | None
    _parameters: Parameters

    def _start(self, output_activation: str, loss: Any) -> None:
        """Check the parameters; all else waits for the first dict."""
        seed = whole_number_or_none(self.seed, "seed", at_least=0)
        self._network = None
        self._rng = np.random.default_rng(seed)
        self._target_name: Any = None
        self._parameters = Parameters.of(self, output_activation, loss)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and "_parameters" in vars(self) and name in self._get_params():
            raise AttributeError(f"{name} cannot be changed: make another by clone({{{name!r}: {value!r}}})")
        super().__setattr__(name, value)

    @property
    def model(self) -> Sequential | None:
        """The network: None before anything was learnt, and another one after each new feature and class."""
        return None if self._network is None else self._network.model

    @property
    def feature_names(self) -> list[Hashable]:
        """The names of the features that came so far, in the order of the network's inputs."""
        return [] if self._network is None else list(self._network.features.names)

    def _grown(self, names: Sequence[Hashable], classes: Sequence[Hashable]) -> Network:
        """The network, with an input for each of these names and an output for each of these classes."""
        network = self._network
        if network is None or not network.knows(names, classes):
            network = self._network = Network(self._parameters, self._rng, names, classes, network)
        return network

    def _first_row(self, x: Mapping[Hashable, Any], classes: Sequence[Hashable]) -> tuple[Network, NDArray[Any]]:
        """The network and the row of a dict in which something is new; nothing has changed where it is refused."""
        check_numbers(x, self._parameters.dtype)
        network = self._grown(list(x), classes)
        row = network.features.row(x, known_only=True)
        assert row is not None
        return network, row

    def _learn(self, network: Network, row: NDArray[Any], target: NDArray[Any], w: float, x: Any, y: Any) -> None:
        """Take a step on one row; x and y are those of the user, for messages."""
        try:
            network.model.train_on_batch(row, target, None if w == 1 else [w])
        except ValueError:
            check_numbers(x, self._parameters.dtype)
            self._check_target(y)
            raise

    def _check_target(self, y: Any) -> None:
        """Raise for a target that cannot be learnt from."""

    def _learn_frame(self, X: Any, y: Any, w: Any) -> None:
        """Take a step on each `batch_size` rows of a frame, in their order."""
        names, values = read_frame(X, self._parameters.dtype)
        targets, weights = values_of(y), read_weights(w, len(values))
        if len(targets) != len(values):
            raise ValueError(f"y must have as many values as X has rows, {len(values)}, but it has {len(targets)}")
        for target in targets:
            self._check_target(target)
        self._target_name = getattr(y, "name", None)
        size = self._parameters.batch_size
        rows: NDArray[Any] | None = None
        for start in range(0, len(targets), size):
            batch = slice(start, start + size)
            network = self._grown(names, self._classes_among(targets[batch]))
            if rows is None:
                rows = network.features.rows(names, values)
            given = self._targets_of(network, targets[batch])
            network.model.train_on_batch(rows[batch], given, None if weights is None else weights[batch])

    def _classes_among(self, targets: list[Any]) -> list[Any]:
        """The classes that a list of targets names."""
        return []

    def _targets_of(self, network: Network, targets: list[Any]) -> NDArray[Any]:
        """A list of targets as the engine reads them."""
        raise NotImplementedError

    def _outputs(self, network: Network, x: Mapping[Hashable, Any]) -> NDArray[Any]:
        """The outputs for one dict, whose new features are left out; shape (1, outputs)."""
        try:
            outputs: NDArray[Any] = network.model.predict(network.features.row(x, known_only=True))
        except ValueError:
            check_numbers(x, self._parameters.dtype)
            raise
        return outputs

    def _outputs_of_frame(self, network: Network, X: Any) -> NDArray[Any]:
        """The outputs for each row of a frame; shape (samples, outputs)."""
        outputs: NDArray[Any] = network.model.predict(network.features.rows(*read_frame(X, self._parameters.dtype)))
        return outputs
