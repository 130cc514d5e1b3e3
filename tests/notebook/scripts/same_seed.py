"""The seed of NumPy repeats weights and results; two networks, one after the other."""
# compared: first, second

import numpy as np
from scratch import ActivationLayer, FCLayer, Network, mse, mse_prime, sigmoid, sigmoid_prime


def build_and_train(hidden):
    np.random.seed(10)
    net = Network()
    net.add(FCLayer(3, hidden))
    net.add(ActivationLayer(sigmoid, sigmoid_prime))
    net.add(FCLayer(hidden, 2))
    net.use(mse, mse_prime)
    data = np.random.rand(20, 1, 3)
    net.fit(data, data[:, :, :2], epochs=4, learning_rate=0.3)
    return net.predict(data)


first = build_and_train(4)
second = build_and_train(7)
again = build_and_train(4)
assert all(np.array_equal(a, b) for a, b in zip(first, again))
