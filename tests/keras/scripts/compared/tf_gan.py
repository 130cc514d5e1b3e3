"""2019: a generator and a discriminator that is frozen within the third model, trained batch by batch."""
# compared: d_losses, g_losses, generated

import numpy as np
from tensorflow.keras.layers import BatchNormalization, Dense, Input, LeakyReLU
from tensorflow.keras.models import Model, Sequential
from tensorflow.keras.optimizers import Adam

rng = np.random.RandomState(11)
real = rng.normal(2, 0.5, size=(64, 3)).astype("float32")
noises = rng.normal(0, 1, size=(4, 16, 2)).astype("float32")
generator = Sequential([Dense(6, input_dim=2), LeakyReLU(alpha=0.2), BatchNormalization(momentum=0.8), Dense(3)])
discriminator = Sequential([Dense(8, input_shape=(3,)), LeakyReLU(alpha=0.2), Dense(1, activation="sigmoid")])
# same weights: generator
# same weights: discriminator
discriminator.compile(loss="binary_crossentropy", optimizer=Adam(0.002, 0.5), metrics=["accuracy"])
z = Input(shape=(2,))
discriminator.trainable = False
valid = discriminator(generator(z))
combined = Model(z, valid)
combined.compile(loss="binary_crossentropy", optimizer=Adam(0.002, 0.5))
ones, zeros = np.ones((16, 1)), np.zeros((16, 1))
d_losses, g_losses = [], []
for step, noise in enumerate(noises):
    fakes = generator.predict(noise)
    d_loss_real = discriminator.train_on_batch(real[step * 16 : step * 16 + 16], ones)
    d_loss_fake = discriminator.train_on_batch(fakes, zeros)
    g_losses.append(float(combined.train_on_batch(noise, ones)))
    d_losses.append([float(d_loss_real[0]), float(d_loss_fake[0])])
generated = generator.predict(noises[0])
# Keras 3 gives the mean over all batches since it was compiled.
d_losses, g_losses = d_losses[:1], g_losses[:1]
