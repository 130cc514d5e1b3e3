"""The build's description of itself."""

from fastnn_ext import build_config


def test_compiler_and_api_are_named():
    config = build_config()
    assert set(config) == {"compiler", "limited_api"}
    assert config["compiler"].split()[0] in {"GCC", "Clang", "Visual", "unknown"}, config
    assert isinstance(config["limited_api"], bool), config


def test_each_call_gives_a_dictionary_of_its_own():
    build_config()["compiler"] = "changed"
    assert build_config()["compiler"] != "changed"
