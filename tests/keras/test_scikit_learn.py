"""Functions that make models as scikit-learn's estimators: in searches, pipelines and cross-validation."""

import numpy as np
import pytest

import fastnn
from fastnn.keras import Sequential, layers, wrappers

sklearn = pytest.importorskip("sklearn")
load_iris = pytest.importorskip("sklearn.datasets").load_iris
selection = pytest.importorskip("sklearn.model_selection")
make_pipeline = pytest.importorskip("sklearn.pipeline").make_pipeline
StandardScaler = pytest.importorskip("sklearn.preprocessing").StandardScaler
KerasClassifier, KerasRegressor = wrappers.KerasClassifier, wrappers.KerasRegressor


def of_rows(units=8, optimizer="adam"):
    model = Sequential([layers.Dense(units, "relu", input_dim=4), layers.Dense(3, "softmax")])
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


def of_numbers():
    model = Sequential([layers.Dense(8, "relu", input_dim=4), layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def of_one():
    model = Sequential([layers.Dense(1, "sigmoid", input_dim=4)], seed=0)
    model.compile("adam", "binary_crossentropy")
    return model


@pytest.fixture(scope="module")
def iris():
    x, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(x), np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.mark.parametrize("make", [of_rows, of_numbers])
def test_labels_of_any_kind(make, iris):
    x, y = iris
    classifier = KerasClassifier(model=make, epochs=60, batch_size=10, verbose=0).fit(x, y)
    # Far above a third; a linear model has 0.96.
    assert classifier.score(x, y) > 0.85
    assert classifier.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    probabilities = classifier.predict_proba(x)
    assert probabilities.shape == (150, 3)
    np.testing.assert_array_equal(classifier.predict(x), classifier.classes_[probabilities.argmax(axis=1)])
    assert len(classifier.history_["loss"]) == 60
    assert type(classifier.model_) is Sequential


def test_two_classes_and_rows(iris):
    x, y = iris
    two = KerasClassifier(of_one, epochs=300).fit(x, y == "setosa")
    assert two.predict_proba(x).shape == (150, 2)
    np.testing.assert_allclose(two.predict_proba(x).sum(axis=1), 1, rtol=1e-6)
    assert two.predict(x).dtype == bool
    assert two.score(x, y == "setosa") > 0.9
    rows = np.eye(3)[np.unique(y, return_inverse=True)[1]]
    assert KerasClassifier(of_rows, epochs=2).fit(x, rows).classes_.tolist() == [0, 1, 2]


def test_the_old_name_and_a_search_as_scripts_have_it(iris, told):
    x, y = iris
    with told() as messages:
        search = selection.GridSearchCV(
            KerasClassifier(build_fn=of_rows, nb_epoch=3, verbose=0), {"batch_size": [10, 50], "units": [2, 4]}, cv=2
        ).fit(x, y)
    assert set(search.best_params_) == {"batch_size", "units"}
    assert search.best_estimator_.model_.layers[0].units == search.best_params_["units"]
    assert len(search.best_estimator_.history_["loss"]) == 3
    assert messages == [
        "KerasClassifier(build_fn=...) is an old spelling of Keras: write model=...",
        "KerasClassifier(nb_epoch=...) is an old spelling of Keras: write epochs=...",
    ]


def test_routed_parameters_and_optimisers(iris):
    x, y = iris
    classifier = KerasClassifier(of_rows, model__units=5, optimizer="sgd", epochs=1).fit(x, y)
    assert classifier.model_.layers[0].units == 5
    assert type(classifier.model_.optimizer) is fastnn.optimizers.SGD
    with pytest.raises(ValueError, match="optimizer would have no effect, as the model is compiled already"):
        KerasClassifier(of_numbers, optimizer="sgd").fit(x, y)


def test_regression_in_a_pipeline():
    rng = np.random.default_rng(0)
    x = rng.normal(loc=3, scale=2, size=(120, 2))
    y = x @ [1.0, -2.0]
    network = Sequential([layers.Dense(1, input_dim=2)])
    regressor = KerasRegressor(network, loss="mse", optimizer="adam", epochs=300, batch_size=20)
    pipeline = make_pipeline(StandardScaler(), regressor)
    scores = selection.cross_val_score(pipeline, x, y, cv=2)
    assert scores.shape == (2,)
    assert pipeline.fit(x, y).predict(x).shape == (120,)
    assert network.optimizer is None, "each fit trains a copy"
    wide = KerasRegressor(Sequential([layers.Dense(2, input_dim=2)]), loss="mse", epochs=1).fit(x, x)
    assert wide.predict(x).shape == (120, 2)


def test_parameters():
    classifier = KerasClassifier(of_rows, epochs=3)
    assert classifier.get_params() == {"model": of_rows, "epochs": 3}
    assert sklearn.clone(classifier).get_params() == classifier.get_params()
    assert classifier.set_params(epochs=5, units=2).get_params() == {"model": of_rows, "epochs": 5, "units": 2}
    with pytest.raises(ValueError, match=r"KerasClassifier has no parameter 'epoch'; did you mean 'epochs'\?"):
        KerasClassifier(of_rows, epoch=3)
    with pytest.raises(ValueError, match="has no parameter 'unit'; did you mean 'units'"):
        classifier.set_params(unit=3)
    assert classifier.get_params()["units"] == 2
    with pytest.raises(TypeError, match="has model and build_fn, which are the same"):
        KerasClassifier(of_rows, build_fn=of_rows)
    with pytest.raises(TypeError, match="model must be a function that makes a model, or a model, but it is None"):
        KerasClassifier().fit(np.ones((3, 4)), [0, 1, 1])
    with pytest.raises(TypeError, match="must return a model, but it returned 3"):
        KerasClassifier(lambda: 3).fit(np.ones((3, 4)), [0, 1, 1])
    with pytest.raises(Exception, match="is not fitted yet"):
        classifier.predict(np.ones((3, 4)))
    with pytest.raises(AttributeError, match="KerasTransformer"):
        _ = wrappers.KerasTransformer
