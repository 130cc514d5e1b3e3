"""The loop over samples and layers written out, with forward and backward."""
# compared: errors, weights

import numpy as np
from scratch import ActivationLayer, FCLayer, mse, mse_prime, sigmoid, sigmoid_prime

np.random.seed(4)
X = np.random.rand(30, 1, 4)
Y = (X.sum(axis=2, keepdims=True) > 2).astype(float)
network = [FCLayer(4, 5), ActivationLayer(sigmoid, sigmoid_prime), FCLayer(5, 1)]
network.append(ActivationLayer(sigmoid, sigmoid_prime))
errors = []
for epoch in range(6):
    error = 0
    for x, y in zip(X, Y):
        output = x
        for layer in network:
            output = layer.forward(output)
        error += mse(y, output)
        grad = mse_prime(y, output)
        for layer in reversed(network):
            grad = layer.backward(grad, 0.5)
    errors.append(error / len(X))
weights = [network[0].weights, network[2].bias]
