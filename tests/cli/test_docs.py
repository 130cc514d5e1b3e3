"""The page on the command: all its examples run."""

import re
import shlex
from pathlib import Path

import pytest

from fastnn.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "command_line.md"


def test_the_examples_of_the_page_run(tmp_path, monkeypatch, capsys, players):
    pytest.importorskip("onnx")
    players()
    players("new-players.csv", rows=5)
    monkeypatch.chdir(tmp_path)
    examples = re.findall("^fastnn .*$", "\n".join(re.findall("```sh\n(.*?)```", PAGE.read_text("utf-8"), re.S)), re.M)
    assert len(examples) == 10
    for example in examples:
        assert main(shlex.split(example)[1:]) == 0, (example, capsys.readouterr().err)
    names = {"players.safetensors", "positions.safetensors", "positions.csv", "players.onnx", "salary.c"}
    assert names <= {path.name for path in tmp_path.iterdir()}
