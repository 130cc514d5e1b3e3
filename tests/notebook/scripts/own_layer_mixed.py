"""A layer of one's own between those of the library, derived from its base class."""
# compared: out, scale

import numpy as np
from scratch import ActivationLayer, FCLayer, Layer, Network, mse, mse_prime, tanh, tanh_prime

np.random.seed(6)


class ScaleLayer(Layer):
    def __init__(self, size):
        super().__init__()
        self.scale = np.ones((1, size))

    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = self.input * self.scale
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        input_error = output_error * self.scale
        self.scale = self.scale - learning_rate * output_error * self.input
        return input_error


x = np.random.rand(25, 1, 3)
y = np.tanh(x @ np.array([[1.0], [-1.0], [0.5]]))
middle = ScaleLayer(4)
net = Network()
net.add(FCLayer(3, 4))
net.add(middle)
net.add(ActivationLayer(tanh, tanh_prime))
net.add(FCLayer(4, 1))
net.use(mse, mse_prime)
net.fit(x, y, epochs=8, learning_rate=0.1)
out = net.predict(x)
scale = middle.scale
