"""A single neuron learns to tell two groups of points apart: five epochs of the perceptron rule."""

from fastnn.neuron import predict, ten_rows, train_weights

x, y = ten_rows()
weights = train_weights(x, y, l_rate=0.1, n_epoch=5)
print(weights)
for row, expected in zip(x, y, strict=True):
    print(f"expected={expected:.0f}, predicted={predict(row, weights):.0f}")
