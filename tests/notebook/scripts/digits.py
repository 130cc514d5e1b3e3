"""Digits as (1, 784) rows of floats, labels as rows of zeros and ones."""
# compared: right, out

import numpy as np
from data import x_test, x_train, y_test, y_train
from scratch import ActivationLayer, FCLayer, Network, mse, mse_prime, tanh, tanh_prime, to_categorical

np.random.seed(2)
x_train = x_train.reshape(x_train.shape[0], 1, 28 * 28)
x_train = x_train.astype("float32")
x_train /= 255
y_train = to_categorical(y_train)
x_test = x_test.reshape(x_test.shape[0], 1, 28 * 28)
x_test = x_test.astype("float32")
x_test /= 255
y_test = to_categorical(y_test, 10)
net = Network()
net.add(FCLayer(28 * 28, 30))
net.add(ActivationLayer(tanh, tanh_prime))
net.add(FCLayer(30, 20))
net.add(ActivationLayer(tanh, tanh_prime))
net.add(FCLayer(20, 10))
net.add(ActivationLayer(tanh, tanh_prime))
net.use(mse, mse_prime)
net.fit(x_train[0:100], y_train[0:100], epochs=3, learning_rate=0.1)
out = net.predict(x_test[0:5])
right = [int(np.argmax(one)) for one in out]
print("predicted values :", right)
print("true values :", np.argmax(y_test[0:5], axis=1))
