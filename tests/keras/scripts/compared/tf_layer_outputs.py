"""2019: what each layer gives, as a model of a model's outputs; weights by the layers' places."""
# compared: activations, kernels, biases

import numpy as np
from tensorflow import keras
from tensorflow.keras.layers import Dense, Input, LeakyReLU

x = np.random.RandomState(1).rand(10, 4).astype("float32")
inputs = Input(shape=(4,))
h = Dense(5, name="first")(inputs)
h = LeakyReLU(alpha=0.1)(h)
outputs = Dense(2, activation="softmax", name="last")(h)
model = keras.models.Model(inputs, outputs)
# same weights: model
layer_outputs = [layer.output for layer in model.layers[1:]]
activation_model = keras.models.Model(inputs=model.input, outputs=layer_outputs)
activations = activation_model.predict(x)
kernels = model.layers[1].get_weights()[0]
biases = model.get_layer("last").get_weights()[1]
weights, bias = model.layers[3].get_weights()
assert len(model.layers) == 4
intermediate = keras.Model(inputs=model.inputs, outputs=model.get_layer("first").output)
for layer in model.layers:
    print(layer.name, len(layer.get_weights()))
