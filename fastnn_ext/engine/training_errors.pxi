# What is not finite, and where.


class NonFiniteError(FloatingPointError):
    """A loss that is NaN or infinite: carries the ``batch`` and the ``operation`` where it first showed."""

    def __init__(self, batch, operation):
        super().__init__(f"the loss of batch {batch} is not finite, from operation {operation}")
        self.batch = batch
        self.operation = operation


class NonFiniteWeightsError(FloatingPointError):
    """Weights that are NaN or infinite after an epoch or a batch: carries their ``operation``."""

    def __init__(self, operation):
        super().__init__(f"the weights of operation {operation} are not finite")
        self.operation = operation


class NonFiniteGradientsError(FloatingPointError):
    """A gradient that is NaN or infinite: carries its ``operation``, or -1 for one with respect to the inputs."""

    def __init__(self, operation):
        super().__init__(f"the gradient of operation {operation} is not finite")
        self.operation = operation
