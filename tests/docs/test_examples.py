"""README and the pages on models, data and other software: their Python examples run, in an empty folder.

A page's blocks share their names and run in order. One that begins with ``# needs: torch`` needs a library that not
everybody has: it runs on its own after those before it that need none.
"""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("models.md", "graphs.md", "gradients.md", "coming_from_keras.md", "data.md", "interop.md", "estimators.md")
PAGES += ("distributed.md", "larger_than_memory.md", "../README.md")


def blocks_of(page):
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def needs_of(block):
    first = block.partition("\n")[0]
    return first.removeprefix("# needs: ").split(", ") if first.startswith("# needs: ") else []


NEEDY = [(page, number) for page in PAGES for number, block in enumerate(blocks_of(page)) if needs_of(block)]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A function that runs some of a page's blocks, given their numbers."""
    monkeypatch.chdir(tmp_path)

    def run_blocks(page, numbers):
        blocks, space = blocks_of(page), {}
        for number in numbers:
            # Under a name that a failure shows.
            exec(compile(blocks[number], f"docs/{page}, example {number}", "exec"), space)

    return run_blocks


@pytest.mark.parametrize("page", PAGES)
def test_examples_that_need_no_library_run(run, page):
    numbers = [number for number, block in enumerate(blocks_of(page)) if not needs_of(block)]
    assert numbers
    run(page, numbers)


# TensorFlow's, of NumPy's new arguments.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(("page", "number"), NEEDY)
def test_examples_that_need_a_library_run(run, page, number):
    blocks = blocks_of(page)
    for library in needs_of(blocks[number]):
        pytest.importorskip(library)
    run(page, [*(before for before in range(number) if not needs_of(blocks[before])), number])


def test_links_lead_to_pages():
    others = ("scaling.md", "files.md", "command_line.md", "threads.md", "architecture.md", "../CONTRIBUTING.md")
    for page in (*PAGES, *others):
        names = re.findall(r"\]\(([^)#]+)\)", (DOCS / page).read_text("utf-8"))
        folder = (DOCS / page).parent
        assert [name for name in names if not (folder / name).exists()] == []
