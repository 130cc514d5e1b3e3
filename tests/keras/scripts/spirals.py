"""Two moons with everything: rates that decay, penalties, normalisation, checkpoints and early stopping."""

import numpy as np
from keras import backend as K
from keras import regularizers
from keras.callbacks import EarlyStopping, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau
from keras.layers.advanced_activations import LeakyReLU
from keras.layers.core import Activation, Dense, Dropout
from keras.layers.normalization import BatchNormalization
from keras.models import Sequential, load_model
from keras.optimizers import SGD, Adam

np.random.seed(1)
angle = np.random.uniform(0, np.pi, 300)
label = np.random.randint(0, 2, 300)
X = np.stack([np.cos(angle) + label * 0.9, np.sin(angle) * (1 - 2 * label)], axis=1)
X += np.random.normal(scale=0.1, size=X.shape)

K.clear_session()
model = Sequential()
model.add(Dense(32, input_dim=2, W_regularizer=regularizers.l2(1e-4)))
model.add(BatchNormalization(axis=-1))
model.add(LeakyReLU(alpha=0.1))
model.add(Dropout(0.1, seed=3))
model.add(
    Dense(
        16,
        kernel_initializer="RandomNormal",
        bias_initializer="zeros",
        kernel_regularizer=regularizers.l1_l2(l1=1e-5, l2=1e-5),
    )
)
model.add(Activation("relu"))
model.add(Dense(1))
model.add(Activation("sigmoid"))

sgd = SGD(lr=0.1, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss="binary_crossentropy", optimizer=sgd, metrics=["accuracy"])
filepath = "weights-improvement-{epoch:02d}-{val_acc:.2f}.hdf5"
checkpoint = ModelCheckpoint(filepath, monitor="val_acc", verbose=0, save_best_only=True, mode="max")
stopping = EarlyStopping(monitor="val_loss", patience=20)
history = model.fit(
    X, label, validation_split=0.33, epochs=60, batch_size=10, callbacks=[checkpoint, stopping], verbose=0
)
penalty = sum(float(one) for one in model.losses)

model.compile(
    loss="binary_crossentropy",
    optimizer=Adam(lr=0.01, beta_1=0.9, beta_2=0.999, epsilon=None, decay=0.0),
    metrics=["acc"],
)
plateau = ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=5, epsilon=1e-3, min_lr=1e-5)
best = ModelCheckpoint("best_model.h5", monitor="val_acc", save_best_only=True)
history_2 = model.fit(X, label, validation_split=0.33, epochs=10, callbacks=[best, plateau], verbose=0)
schedule = LearningRateScheduler(lambda epoch: 0.01 * 0.9**epoch)
model.fit(X, label, epochs=5, callbacks=[schedule], verbose=0)
best_model = load_model("best_model.h5")
labels = best_model.predict_classes(X)
