"""2016 to 2019: names in CamelCase and small letters, constraints, noise of width 0, seeds, permuted pixels."""
# compared: end, norms

import numpy as np
from keras import backend as K
from keras.constraints import maxnorm
from keras.initializers import RandomUniform
from keras.layers import BatchNormalization, Dense, Dropout, GaussianNoise
from keras.models import Sequential
from keras.optimizers import Adagrad

K.clear_session()
np.random.seed(3)
X = np.random.rand(40, 5)
y = np.random.randint(0, 2, 40)
model = Sequential()
model.add(GaussianNoise(0.0, input_shape=(5,)))
start = RandomUniform(minval=-0.05, maxval=0.05, seed=None)
model.add(Dense(8, kernel_initializer=start, kernel_constraint=maxnorm(1.0)))
model.add(BatchNormalization(axis=-1, epsilon=1e-5))
model.add(Dropout(0.0, seed=1))
model.add(Dense(1, kernel_initializer="RandomNormal", bias_initializer="Zeros", activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer=Adagrad(lr=0.1), metrics=["accuracy"])
# same weights: model
model.fit(X, y, epochs=4, batch_size=8, verbose=0, shuffle=False)
end = model.predict(X)
norms = np.linalg.norm(model.layers[1].get_weights()[0], axis=0)
