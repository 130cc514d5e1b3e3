"""Keras' ``keras.initializers``."""

from fastnn.initializers.base import Initializer
from fastnn.initializers.constant import Constant
from fastnn.initializers.glorot_normal import GlorotNormal
from fastnn.initializers.glorot_uniform import GlorotUniform
from fastnn.initializers.he_normal import HeNormal
from fastnn.initializers.he_uniform import HeUniform
from fastnn.initializers.identity import Identity
from fastnn.initializers.lecun_normal import LecunNormal
from fastnn.initializers.lecun_uniform import LecunUniform
from fastnn.initializers.names import resolve
from fastnn.initializers.ones import Ones
from fastnn.initializers.orthogonal import Orthogonal
from fastnn.initializers.random_normal import RandomNormal
from fastnn.initializers.random_uniform import RandomUniform
from fastnn.initializers.truncated_normal import TruncatedNormal
from fastnn.initializers.variance_scaling import VarianceScaling
from fastnn.initializers.zeros import Zeros
from fastnn.keras.translating import attributes

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "IdentityInitializer",
    "Initializer", "LecunNormal", "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform",
    "TruncatedNormal", "VarianceScaling", "Zeros", "constant", "get", "glorot_normal", "glorot_uniform", "he_normal",
    "he_uniform", "identity", "lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal",
    "random_uniform", "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip

constant, ones, zeros = Constant, Ones, Zeros
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform
orthogonal, random_normal, random_uniform = Orthogonal, RandomNormal, RandomUniform
truncated_normal, variance_scaling = TruncatedNormal, VarianceScaling
identity = IdentityInitializer = Identity
get = resolve

__getattr__ = attributes(__name__)
