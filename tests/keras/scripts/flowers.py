"""Flowers by cross-validation: scikit-learn's tools around a function that makes a model."""

from keras.layers import Dense
from keras.models import Sequential
from keras.utils import np_utils
from keras.wrappers.scikit_learn import KerasClassifier
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.preprocessing import LabelEncoder

X, Y = load_iris(return_X_y=True)
encoder = LabelEncoder()
encoded_Y = encoder.fit_transform(Y)
dummy_y = np_utils.to_categorical(encoded_Y)


def baseline_model(optimizer="adam", init="glorot_uniform"):
    model = Sequential()
    model.add(Dense(8, input_dim=4, kernel_initializer=init, activation="relu"))
    model.add(Dense(3, kernel_initializer=init, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


estimator = KerasClassifier(build_fn=baseline_model, epochs=100, batch_size=5, verbose=0)
kfold = KFold(n_splits=3, shuffle=True, random_state=7)
results = cross_val_score(estimator, X, Y, cv=kfold)
print("Accuracy: %.2f%% (%.2f%%)" % (results.mean() * 100, results.std() * 100))

param_grid = dict(optimizer=["rmsprop", "adam"], init=["normal", "uniform"], epochs=[5])
grid = GridSearchCV(estimator=KerasClassifier(build_fn=baseline_model, verbose=0), param_grid=param_grid, cv=2)
grid_result = grid.fit(X, Y)
print("Best: %f using %s" % (grid_result.best_score_, grid_result.best_params_))
for params, mean in zip(grid_result.cv_results_["params"], grid_result.cv_results_["mean_test_score"]):
    print("%f with: %r" % (mean, params))
