"""A list of layers, and the two functions that run it; pictures of 28 by 28 flattened by a layer."""
# compared: errors, prediction

import numpy as np
from data import x_train, y_train
from scratch import ActivationLayer, FCLayer, FlattenLayer, SoftmaxLayer, mse, mse_prime, predict, train
from scratch import relu, relu_prime, to_categorical

np.random.seed(3)
network = [
    FlattenLayer((28, 28)),
    FCLayer(28 * 28, 16),
    ActivationLayer(relu, relu_prime),
    FCLayer(16, 10),
    SoftmaxLayer(10),
]
x, y = x_train[:80].astype(float) / 255, to_categorical(y_train[:80], 10)
network, errors = train(network, x, y, epochs=4, learning_rate=0.1, loss=mse, loss_prime=mse_prime, verbose=False)
prediction = predict(network, x[0])
