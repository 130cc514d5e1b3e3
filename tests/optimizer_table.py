"""The optimisers that tests of the engine, of files and of peers share, with numbers other than their defaults."""

from fastnn import optimizers

# An optimiser divides by the root of the squares it has seen: where gradients are near zero that turns roundings into
# whole steps. An epsilon of 1e-3 and a small rate keep comparisons well-conditioned, also in float32.
STEADY = {
    "sgd": optimizers.SGD(0.02),
    "sgd with decay": optimizers.SGD(0.02, weight_decay=0.5),
    "momentum": optimizers.SGD(0.02, momentum=0.9),
    "nesterov": optimizers.SGD(0.02, momentum=0.7, nesterov=True),
    "momentum with the rate": optimizers.SGD(0.02, momentum=0.9, rate_in_velocity=True),
    "nesterov with the rate": optimizers.SGD(0.02, 0.7, True, weight_decay=0.5, rate_in_velocity=True),
    "rmsprop": optimizers.RMSprop(1e-3, epsilon=1e-3),
    "rmsprop with momentum": optimizers.RMSprop(1e-3, 0.8, 0.7, 1e-3),
    "rmsprop with epsilon inside": optimizers.RMSprop(1e-3, 0.8, 0.7, 1e-3, epsilon_inside=True),
    "centered rmsprop": optimizers.RMSprop(1e-3, 0.8, epsilon=1e-3, centered=True),
    "centered rmsprop with momentum": optimizers.RMSprop(1e-3, 0.8, 0.7, 1e-3, True),
    "adam": optimizers.Adam(1e-3, 0.8, 0.95, 1e-3),
    "amsgrad": optimizers.Adam(1e-3, 0.8, 0.9, 1e-3, amsgrad=True),
    "adam with epsilon hat": optimizers.Adam(1e-3, 0.8, 0.95, 1e-3, epsilon_hat=True),
    "adamw": optimizers.AdamW(1e-3, 0.5, epsilon=1e-3),
    "nadam": optimizers.Nadam(1e-3, 0.8, 0.95, 1e-3, momentum_decay=0.1),
    "adagrad": optimizers.Adagrad(1e-3, 0.0, 1e-3),
    "adagrad with epsilon inside": optimizers.Adagrad(1e-3, 0.0, 1e-3, epsilon_inside=True),
    "adamax": optimizers.Adamax(1e-3, 0.8, 0.9, 1e-3),
    "adadelta": optimizers.Adadelta(0.1, 0.9, 1e-3),
    "lion": optimizers.Lion(1e-3, 0.8, 0.95),
}

# Of ours, PyTorch's from the module and the weights, or None; and Keras' from the module, or None. Keras has epsilon in
# another place than PyTorch where its own is next to nothing here.
PEERS = {
    "SGD": (
        optimizers.SGD(0.05),
        lambda torch, w: torch.optim.SGD(w, 0.05),
        lambda keras: keras.optimizers.SGD(0.05),
    ),
    "momentum": (
        optimizers.SGD(0.02, 0.9),
        lambda torch, w: torch.optim.SGD(w, 0.02, momentum=0.9),
        lambda keras: keras.optimizers.SGD(0.02, 0.9),
    ),
    "Nesterov": (
        optimizers.SGD(0.02, 0.8, nesterov=True),
        lambda torch, w: torch.optim.SGD(w, 0.02, momentum=0.8, nesterov=True),
        lambda keras: keras.optimizers.SGD(0.02, 0.8, nesterov=True),
    ),
    "weight decay": (
        optimizers.SGD(0.05, weight_decay=0.1),
        lambda torch, w: torch.optim.SGD(w, 0.05, weight_decay=0.1),
        lambda keras: keras.optimizers.SGD(0.05, weight_decay=0.1),
    ),
    "Nesterov and weight decay": (
        optimizers.SGD(0.02, 0.8, nesterov=True, weight_decay=0.1),
        lambda torch, w: torch.optim.SGD(w, 0.02, momentum=0.8, nesterov=True, weight_decay=0.1),
        None,
    ),
    "Keras' momentum of a rate that decays": (
        optimizers.SGD(optimizers.schedules.InverseTimeDecay(0.05, 1, 0.3), 0.8, rate_in_velocity=True),
        None,
        lambda keras: keras.optimizers.SGD(keras.optimizers.schedules.InverseTimeDecay(0.05, 1, 0.3), 0.8),
    ),
    "Keras' Nesterov and decay": (
        optimizers.SGD(0.02, 0.8, nesterov=True, weight_decay=0.1, rate_in_velocity=True),
        None,
        lambda keras: keras.optimizers.SGD(0.02, 0.8, nesterov=True, weight_decay=0.1),
    ),
    "Adagrad with epsilon inside": (
        optimizers.Adagrad(0.05, 0.0, 1e-2, epsilon_inside=True),
        None,
        lambda keras: keras.optimizers.Adagrad(0.05, 0.0, 1e-2),
    ),
    "RMSprop with epsilon inside": (
        optimizers.RMSprop(0.003, 0.9, 0.8, 1e-2, epsilon_inside=True),
        None,
        lambda keras: keras.optimizers.RMSprop(0.003, 0.9, 0.8, 1e-2),
    ),
    "Adagrad": (
        optimizers.Adagrad(0.05),
        lambda torch, w: torch.optim.Adagrad(w, 0.05, initial_accumulator_value=0.1, eps=1e-7),
        None,
    ),
    "Adagrad from zero": (
        optimizers.Adagrad(0.05, initial_accumulator_value=0.0, epsilon=1e-3),
        lambda torch, w: torch.optim.Adagrad(w, 0.05, eps=1e-3),
        None,
    ),
    "Adagrad with decay": (
        optimizers.Adagrad(0.05, epsilon=1e-13, weight_decay=0.3),
        None,
        lambda keras: keras.optimizers.Adagrad(0.05, epsilon=1e-13, weight_decay=0.3),
    ),
    "RMSprop": (
        optimizers.RMSprop(0.003),
        lambda torch, w: torch.optim.RMSprop(w, 0.003, alpha=0.9, eps=1e-7),
        None,
    ),
    "RMSprop of another rho": (
        optimizers.RMSprop(0.003, rho=0.7, epsilon=1e-2),
        lambda torch, w: torch.optim.RMSprop(w, 0.003, alpha=0.7, eps=1e-2),
        None,
    ),
    "RMSprop with decay": (
        optimizers.RMSprop(0.003, epsilon=1e-13, weight_decay=0.3),
        None,
        lambda keras: keras.optimizers.RMSprop(0.003, epsilon=1e-13, weight_decay=0.3),
    ),
    "RMSprop with momentum": (
        optimizers.RMSprop(0.003, 0.9, 0.8, 1e-13),
        lambda torch, w: torch.optim.RMSprop(w, 0.003, alpha=0.9, eps=1e-13, momentum=0.8),
        lambda keras: keras.optimizers.RMSprop(0.003, 0.9, 0.8, 1e-13),
    ),
    "RMSprop, centered": (
        optimizers.RMSprop(0.003, epsilon=1e-20, centered=True),
        lambda torch, w: torch.optim.RMSprop(w, 0.003, alpha=0.9, eps=1e-20, centered=True),
        None,
    ),
    "RMSprop, centered, of other numbers": (
        optimizers.RMSprop(0.003, 0.7, 0.8, 1e-2, True, weight_decay=0.3),
        None,
        lambda keras: keras.optimizers.RMSprop(0.003, 0.7, 0.8, 1e-2, True, weight_decay=0.3),
    ),
    "Adam": (optimizers.Adam(0.003), lambda torch, w: torch.optim.Adam(w, 0.003, eps=1e-7), None),
    "Adam of other numbers": (
        optimizers.Adam(0.003, 0.7, 0.95, 1e-2),
        lambda torch, w: torch.optim.Adam(w, 0.003, (0.7, 0.95), 1e-2),
        None,
    ),
    "Adam with epsilon hat": (
        optimizers.Adam(0.003, 0.7, 0.95, 1e-2, epsilon_hat=True),
        None,
        lambda keras: keras.optimizers.Adam(0.003, 0.7, 0.95, 1e-2),
    ),
    "Adam with decay": (
        optimizers.Adam(0.003, epsilon=1e-13, weight_decay=0.3),
        lambda torch, w: torch.optim.AdamW(w, 0.003, eps=1e-13, weight_decay=0.3),
        lambda keras: keras.optimizers.Adam(0.003, epsilon=1e-13, weight_decay=0.3),
    ),
    "AMSGrad": (
        optimizers.Adam(0.003, 0.9, 0.7, 1e-13, amsgrad=True),
        lambda torch, w: torch.optim.Adam(w, 0.003, (0.9, 0.7), 1e-13, amsgrad=True),
        lambda keras: keras.optimizers.Adam(0.003, 0.9, 0.7, 1e-13, amsgrad=True),
    ),
    "AMSGrad and AdamW": (
        optimizers.AdamW(0.003, 0.3, 0.9, 0.7, 1e-13, True),
        lambda torch, w: torch.optim.AdamW(w, 0.003, (0.9, 0.7), 1e-13, 0.3, amsgrad=True),
        lambda keras: keras.optimizers.AdamW(0.003, 0.3, 0.9, 0.7, 1e-13, True),
    ),
    "AdamW": (
        optimizers.AdamW(0.003),
        lambda torch, w: torch.optim.AdamW(w, 0.003, eps=1e-7, weight_decay=0.004),
        None,
    ),
    "AdamW of much decay": (
        optimizers.AdamW(0.003, weight_decay=2.0, epsilon=1e-13),
        lambda torch, w: torch.optim.AdamW(w, 0.003, eps=1e-13, weight_decay=2.0),
        lambda keras: keras.optimizers.AdamW(0.003, weight_decay=2.0, epsilon=1e-13),
    ),
    "Nadam": (
        optimizers.Nadam(0.003),
        lambda torch, w: torch.optim.NAdam(w, 0.003, eps=1e-7, momentum_decay=0.004),
        None,
    ),
    "Nadam of other numbers": (
        optimizers.Nadam(0.003, 0.7, 0.95, 1e-2, momentum_decay=0.3),
        lambda torch, w: torch.optim.NAdam(w, 0.003, (0.7, 0.95), 1e-2, momentum_decay=0.3),
        None,
    ),
    "Nadam with decay": (
        optimizers.Nadam(0.003, momentum_decay=1.0, weight_decay=0.3),
        lambda torch, w: torch.optim.NAdam(
            w, 0.003, eps=1e-7, momentum_decay=1.0, weight_decay=0.3, decoupled_weight_decay=True
        ),
        lambda keras: keras.optimizers.Nadam(0.003, weight_decay=0.3),
    ),
    "Adamax": (
        optimizers.Adamax(0.003, epsilon=1e-13),
        lambda torch, w: torch.optim.Adamax(w, 0.003, eps=1e-13),
        lambda keras: keras.optimizers.Adamax(0.003, epsilon=1e-13),
    ),
    "Adamax of other numbers": (
        optimizers.Adamax(0.003, 0.7, 0.9, 1e-2, weight_decay=0.3),
        None,
        lambda keras: keras.optimizers.Adamax(0.003, 0.7, 0.9, 1e-2, weight_decay=0.3),
    ),
    "Adadelta": (
        optimizers.Adadelta(0.1),
        lambda torch, w: torch.optim.Adadelta(w, 0.1, 0.95, 1e-7),
        None,
    ),
    "Adadelta of other numbers": (
        optimizers.Adadelta(0.3, 0.8, 1e-2, weight_decay=0.1),
        None,
        lambda keras: keras.optimizers.Adadelta(0.3, 0.8, 1e-2, weight_decay=0.1),
    ),
    "Lion": (optimizers.Lion(0.003), None, lambda keras: keras.optimizers.Lion(0.003)),
    "Lion of other numbers": (
        optimizers.Lion(0.003, 0.5, 0.8, weight_decay=0.3),
        None,
        lambda keras: keras.optimizers.Lion(0.003, 0.5, 0.8, weight_decay=0.3),
    ),
}
