"""Weights set and looked at by hand, a decision surface over a grid of points."""
# compared: z, kernel

import numpy as np
from scratch import ActivationLayer, FCLayer, Network, mse, mse_prime, tanh, tanh_prime

np.random.seed(11)
layer = FCLayer(2, 3)
layer.weights = np.array([[0.5, -0.5, 0.1], [0.3, 0.8, -0.2]])
layer.bias = np.array([[0.1, 0.0, -0.1]])
net = Network()
net.add(layer)
net.add(ActivationLayer(tanh, tanh_prime))
net.add(FCLayer(3, 1))
net.use(mse, mse_prime)
X = np.reshape([[0, 0], [0, 1], [1, 0], [1, 1]], (4, 1, 2))
Y = np.reshape([[0], [1], [1], [0]], (4, 1, 1))
net.fit(X, Y, epochs=10, learning_rate=0.1)
points = []
for a in np.linspace(0, 1, 5):
    for b in np.linspace(0, 1, 5):
        z = net.predict([[[a, b]]])[0]
        points.append([a, b, float(z[0, 0])])
z = [point[2] for point in points]
kernel = net.layers[0].weights
