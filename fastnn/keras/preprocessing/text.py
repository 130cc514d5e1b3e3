"""Keras' ``keras.preprocessing.text``."""

from fastnn.keras.preprocessing import tokenizer
from fastnn.keras.preprocessing.tokenizer import text_to_word_sequence
from fastnn.keras.translating import Translated, attributes

__all__ = ["Tokenizer", "text_to_word_sequence"]

Tokenizer = Translated(tokenizer.Tokenizer, "text")

__getattr__ = attributes(__name__)
