"""Is a network worth it? Salaries of 263 baseball players, by four models on the same folds.

The data are Hitters of "An Introduction to Statistical Learning": ``pip install --no-deps ISLP==0.6.0`` brings them as
a file, ISLP/data/Hitters.csv, or pass its path. Needs scikit-learn and, for the picture, matplotlib.
"""

import argparse
import csv
import warnings
from importlib import metadata

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso, LinearRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn.sklearn import MLPRegressor

# Letters of the three variables that are no numbers, as 0 and 1.
LETTERS = {"A": 0.0, "N": 1.0, "E": 0.0, "W": 1.0}


def find_data():
    """The file in the package ISLP, which is not imported."""
    try:
        files = metadata.files("ISLP") or []
    except metadata.PackageNotFoundError:
        raise SystemExit("the data are missing: pip install --no-deps ISLP==0.6.0, or pass the path") from None
    return next(file for file in files if file.name == "Hitters.csv").locate()


def load(path):
    """Variables, shape (263, 19), and salaries in thousands of dollars; players without one are left out."""
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Salary"] not in ("", "NA")]
    names = [name for name in rows[0] if name != "Salary"]
    x = np.array([[LETTERS[row[name]] if row[name] in LETTERS else float(row[name]) for name in names] for row in rows])
    return x, np.array([float(row["Salary"]) for row in rows])


def models():
    """Each with the parameters that an inner cross-validation chooses from."""

    def prepared(regressor):
        scaled = TransformedTargetRegressor(regressor, transformer=StandardScaler())
        return make_pipeline(StandardScaler(), scaled)

    network = {"activation": "relu", "max_iter": 300, "learning_rate_init": 0.003, "random_state": 0}
    inside = "transformedtargetregressor__regressor__"
    return {
        "linear regression": (prepared(LinearRegression()), {}),
        "lasso": (prepared(Lasso(max_iter=10**5)), {inside + "alpha": np.logspace(-3, 0, 13)}),
        "network of 64 units": (
            prepared(MLPRegressor(hidden_layer_sizes=64, dropout=0.4, **network)),
            {inside + "alpha": [0.0001, 1.0, 10.0]},
        ),
        "ensemble of small networks": (
            prepared(MLPRegressor(hidden_layer_sizes=6, n_members=8, **network)),
            {inside + "alpha": [1.0, 10.0, 30.0]},
        ),
    }


def count_parameters(fitted):
    """Numbers that a pipeline has learnt, without those of scaling."""
    regressor = fitted[-1].regressor_
    if isinstance(regressor, MLPRegressor):
        return sum(model.count_params() for model in regressor.models_)
    return int(np.count_nonzero(regressor.coef_)) + 1


def judge(x, y, outer, inner):
    """For each model its mean absolute errors, one a fold, and its mean number of parameters."""
    found = {}
    for name, (model, grid) in models().items():
        errors, counts = [], []
        for train, test in KFold(outer, shuffle=True, random_state=0).split(x):
            search = GridSearchCV(model, grid, cv=inner, scoring="neg_mean_absolute_error").fit(x[train], y[train])
            errors.append(np.abs(search.predict(x[test]) - y[test]).mean())
            counts.append(count_parameters(search.best_estimator_))
        found[name] = np.array(errors), float(np.mean(counts))
    return found


def plot(found, path):
    from matplotlib.figure import Figure

    axes = Figure(figsize=(8, 3), layout="constrained").subplots()
    for place, (errors, _) in enumerate(found.values()):
        axes.plot(errors, np.full(len(errors), place), "o", color="tab:blue", alpha=0.4)
        axes.plot(errors.mean(), place, "|", color="black", markersize=25)
    axes.set_yticks(range(len(found)), list(found))
    axes.invert_yaxis()
    axes.set_xlabel("mean absolute error of each fold, and their mean, in thousands of dollars")
    axes.figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", help="Hitters.csv")
    parser.add_argument("--folds", type=int, default=10, help="outer folds (default 10)")
    parser.add_argument("--plot", metavar="FILE", help="draw the errors into this file")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # the networks have a fixed number of epochs
    x, y = load(options.path or find_data())
    print(f"{len(x)} players, {x.shape[1]} variables; the median is wrong by {np.abs(y - np.median(y)).mean():.0f}")
    found = judge(x, y, options.folds, inner=5)
    first = next(iter(found.values()))[0]
    print(f"{'':28}{'error':>8}{'spread':>8}{'less than the first':>22}{'parameters':>12}")
    for name, (errors, parameters) in found.items():
        gain = first - errors
        sure = gain.std(ddof=1) / np.sqrt(len(gain))
        numbers = f"{errors.mean():8.0f}{errors.std(ddof=1):8.0f}{gain.mean():16.0f} ± {sure:<3.0f}"
        print(f"{name:28}{numbers}{parameters:12,.0f}")
    if options.plot:
        plot(found, options.plot)


if __name__ == "__main__":
    main()
