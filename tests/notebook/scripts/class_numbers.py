"""Class numbers in the entropy of classes, softmax at the end."""
# compared: errors, probabilities

import numpy as np
from scratch import ActivationLayer, FCLayer, SoftmaxLayer, cross_entropy, cross_entropy_prime, predict, relu
from scratch import relu_prime, train

np.random.seed(9)
x_train = np.random.rand(60, 1, 4)
y_train = x_train[:, 0, :3].argmax(axis=1)
network = [FCLayer(4, 8), ActivationLayer(relu, relu_prime), FCLayer(8, 3), SoftmaxLayer(3)]
losses = {"loss": cross_entropy, "loss_prime": cross_entropy_prime}
network, errors = train(network, x_train, y_train, epochs=5, learning_rate=0.1, verbose=False, **losses)
probabilities = [predict(network, x) for x in x_train[:4]]
