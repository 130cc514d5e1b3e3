"""Exclusive or, samples as (1, 2) rows."""
# compared: out, errors

import numpy as np
from scratch import ActivationLayer, FCLayer, Network, mse, mse_prime, tanh, tanh_prime

np.random.seed(1)
x_train = np.array([[[0, 0]], [[0, 1]], [[1, 0]], [[1, 1]]])
y_train = np.array([[[0]], [[1]], [[1]], [[0]]])
net = Network()
net.add(FCLayer(2, 3))
net.add(ActivationLayer(tanh, tanh_prime))
net.add(FCLayer(3, 1))
net.add(ActivationLayer(tanh, tanh_prime))
net.use(mse, mse_prime)
net.fit(x_train, y_train, epochs=50, learning_rate=0.1)
out = net.predict(x_train)
print(out)
errors = net.errors
