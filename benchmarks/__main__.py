"""The command: ``python -m benchmarks`` measures, prints a table, and writes JSON and a plot for every job."""

import argparse
import pathlib
import sys

from benchmarks.jobs import JOBS
from benchmarks.peers import PEERS
from benchmarks.report import text_table, with_table
from benchmarks.results import load_result
from benchmarks.runner import LossMismatchError, run_job

RESULTS = pathlib.Path(__file__).resolve().parent / "results"


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    p.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS), help="jobs to measure (default: all)")
    p.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), help="peers to measure (default: all)")
    p.add_argument("--rounds", type=_positive, help="counted rounds of each peer (default: 7; with --quick 1)")
    p.add_argument("--quick", action="store_true", help="few epochs, to see that it works; writes only with --output")
    p.add_argument("--output", type=pathlib.Path, metavar="DIR", help="folder of results (default: benchmarks/results)")
    p.add_argument("--no-plot", action="store_true", help="write no PNG")
    readme = p.add_mutually_exclusive_group()
    readme.add_argument(
        "--check-readme", type=pathlib.Path, metavar="FILE", help="measure nothing; fail if FILE is not the results'"
    )
    readme.add_argument(
        "--update-readme", type=pathlib.Path, metavar="FILE", help="measure nothing; write the results' tables to FILE"
    )
    return p


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, but it is {number}")
    return number


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    readme = options.check_readme or options.update_readme
    try:
        if readme is not None:
            return _readme(readme, options.jobs, options.output or RESULTS, write=options.update_readme is not None)
        return _measure(options)
    except (LossMismatchError, RuntimeError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _measure(options: argparse.Namespace) -> int:
    output = options.output if options.quick else options.output or RESULTS
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    for name in options.jobs:
        job = JOBS[name]
        result = run_job(
            job,
            options.peers,
            rounds=options.rounds or (1 if options.quick else 7),
            epochs=job.quick_epochs if options.quick else job.epochs,
            progress=lambda line, name=name: print(f"{name}: {line}", file=sys.stderr),  # type: ignore[misc]
        )
        print(text_table(result))
        if output is not None:
            result.save(output / f"{name}.json")
            if not options.no_plot:
                from benchmarks.plot import save_plot

                save_plot(result, output / f"{name}.png")
    return 0


def _readme(path: pathlib.Path, jobs: list[str], results: pathlib.Path, *, write: bool) -> int:
    text = path.read_text(encoding="utf-8")
    updated = text
    for name in jobs:
        updated = with_table(updated, load_result(results / f"{name}.json"))
    if write:
        path.write_text(updated, encoding="utf-8")
        return 0
    if updated != text:
        print(f"error: {path.name} does not show the results: run --update-readme {path.name}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
