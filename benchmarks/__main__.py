"""The command: ``python -m benchmarks`` measures, prints tables, and writes JSON and a plot for every job and study."""

import argparse
import importlib
import json
import pathlib
import sys
import typing
from collections.abc import Callable

from benchmarks.barrier import with_barrier
from benchmarks.import_time import NAME as IMPORT
from benchmarks.import_time import run_import
from benchmarks.jobs import JOBS
from benchmarks.peers import PEERS
from benchmarks.report import SUMMARY, markdown_summary, markdown_table, text_summary, text_table, with_tables
from benchmarks.results import JobResult, load_result, load_results
from benchmarks.runner import MismatchError, run_job
from benchmarks.studies import STUDIES, Study, save_study

RESULTS = pathlib.Path(__file__).resolve().parent / "results"
COMPARISONS = (*JOBS, IMPORT)
Progress = Callable[[str], None]


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    everything = [*COMPARISONS, *STUDIES]
    p.add_argument("--jobs", nargs="+", choices=everything, default=everything, help="what to measure (default: all)")
    p.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), help="peers to measure (default: all)")
    p.add_argument("--rounds", type=_positive, help="counted rounds of each peer (default: 7; with --quick 1)")
    p.add_argument(
        "--quick",
        action="store_true",
        help="few epochs and one thread, to see that it works; writes only with --output",
    )
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
            return _readme(readme, options.output or RESULTS, write=options.update_readme is not None)
        return _measure(options)
    except (MismatchError, RuntimeError, ValueError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _measure(options: argparse.Namespace) -> int:
    output = options.output if options.quick else options.output or RESULTS
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    measured: dict[str, JobResult] = {}
    for name in options.jobs:
        progress = _progress(name)
        if name in STUDIES:
            # A study may build on what this run measured, or on what the folder has.
            stored = load_results(output, JOBS) if output is not None else list(measured.values())
            study = typing.cast(Study, importlib.import_module(f"benchmarks.studies.{name}"))
            content = study.measure(options.quick, progress, stored)
            print(f"{name}: {study.describe(content)}\n")
            if output is not None:
                save_study(study, content, output, name, plot=not options.no_plot)
        elif (result := _compare(name, options, progress)) is not None:
            measured[name] = result
            print(f"{text_table(result)}\n")
            if output is not None:
                result.save(output / f"{name}.json")
                if not options.no_plot:
                    from benchmarks.plot import save_plot

                    save_plot(result, output / f"{name}.png")
    if len(measured) > 1:
        print(text_summary(list(measured.values())))
    if measured and output is not None and not options.no_plot:
        from benchmarks.plot import save_summary

        save_summary(load_results(output, COMPARISONS), output / f"{SUMMARY}.png")
    return 0


def _compare(name: str, options: argparse.Namespace, progress: Progress) -> JobResult | None:
    rounds = options.rounds or (1 if options.quick else 7)
    if name == IMPORT:
        return run_import(options.peers, rounds, progress)
    job = JOBS[name]
    if job.missing is not None:
        progress(f"left out: {job.missing}")
        return None
    if options.quick:
        return run_job(job, options.peers, rounds, job.quick_epochs, progress, threads=(1,))
    return with_barrier(job, lambda: run_job(job, options.peers, rounds, job.epochs, progress), progress)


def _progress(name: str) -> Progress:
    return lambda line: print(f"{name}: {line}", file=sys.stderr)


def _readme(path: pathlib.Path, results: pathlib.Path, *, write: bool) -> int:
    def table_of(name: str) -> str:
        if name == SUMMARY:
            return markdown_summary(load_results(results, COMPARISONS))
        if name in STUDIES:
            if not (results / f"{name}.json").is_file():
                return f"Not measured yet: `python -m benchmarks --jobs {name}`."
            content = json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
            shown: str = importlib.import_module(f"benchmarks.studies.{name}").markdown(content)
            return shown
        return markdown_table(load_result(results / f"{name}.json"))

    text = path.read_text(encoding="utf-8")
    updated = with_tables(text, table_of)
    if write:
        path.write_text(updated, encoding="utf-8")
        return 0
    if updated != text:
        print(f"error: {path.name} does not show the results: run --update-readme {path.name}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
