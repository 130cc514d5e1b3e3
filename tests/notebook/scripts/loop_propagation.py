"""The same loop with forward_propagation and backward_propagation, and a function that trains and prints."""
# compared: history, last

import numpy as np
from scratch import ActivationLayer, FCLayer, mse, mse_prime, tanh, tanh_prime

np.random.seed(5)


def train_weights(layers, x_train, y_train, epochs, learning_rate):
    history = []
    for i in range(epochs):
        err = 0
        for j in range(len(x_train)):
            output = x_train[j]
            for layer in layers:
                output = layer.forward_propagation(output)
            err += mse(y_train[j], output)
            error = mse_prime(y_train[j], output)
            for layer in reversed(layers):
                error = layer.backward_propagation(error, learning_rate)
        err /= len(x_train)
        print("epoch %d/%d   error=%f" % (i + 1, epochs, err))
        history.append(err)
    return history


x = np.linspace(-1, 1, 20).reshape(20, 1, 1)
y = x**2
layers = [FCLayer(1, 6), ActivationLayer(tanh, tanh_prime), FCLayer(6, 1)]
history = train_weights(layers, x, y, 5, 0.05)
last = layers[-1].forward_propagation(np.ones((1, 6)))
