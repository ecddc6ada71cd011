"""The command line. ``run`` drives the same engine as the server, in the terminal."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchwire.errors import InvalidPipeline, PipelineError, TorchwireError

if TYPE_CHECKING:
    from torchwire.headless import Workplace

COMPLETED, FAILED, INVALID, CANCELLED = 0, 1, 2, 130
"""Exit codes."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except TorchwireError as error:
        _tell(error, as_json=getattr(options, "json", False))
        return INVALID
    except KeyboardInterrupt:
        return CANCELLED
    except BrokenPipeError:  # whoever read our output has had enough
        sys.stderr.close()
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="torchwire", description="Draw, submit and watch vision pipelines.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(command=command)
        return added

    serve = add("serve", _serve, "Start the designer and open it in the browser.")
    serve.add_argument("--host", help="The address to listen on (127.0.0.1).")
    serve.add_argument("--port", type=int, help="The port to listen on (8321).")
    serve.add_argument("--no-open", action="store_true", help="Do not open the browser.")
    run = add("run", _run, "Run a pipeline here, without a server.")
    run.add_argument("pipeline", type=Path, metavar="PIPELINE.json")
    run.add_argument("--target", metavar="NAME", help="The compute target of nodes that do not name their own.")
    run.add_argument(
        "--set", action="append", default=[], metavar="NODE.PARAM=VALUE", help="Change a parameter; may be repeated."
    )
    run.add_argument(
        "--until", action="append", metavar="NODE", help="Run to here: this node and what it needs; may be repeated."
    )
    run.add_argument(
        "--only",
        action="append",
        metavar="NODE",
        help="Run this node alone, from earlier results; may be repeated.",
    )
    check = add("validate", _validate, "Find what is wrong with a pipeline, without running it.")
    check.add_argument("pipeline", type=Path, metavar="PIPELINE.json")
    modules = add("modules", _modules, "List the modules.")
    targets = add("targets", _targets, "List the compute targets: this computer's, and those that are set up.")
    runs = add("runs", _runs, "List the newest runs.")
    runs.add_argument("--limit", type=int, default=20, help="How many (20).")
    storage = add("storage", _storage, "Show what takes how much room on the disk.")
    collect = storage.add_subparsers(metavar="COMMAND").add_parser(
        "collect", help="Remove what nobody needs.", description="Remove what nobody needs. No server may be running."
    )
    collect.set_defaults(command=_collect)
    collect.add_argument("--dry-run", action="store_true", help="Only say what would go, and what it would cost.")
    collect.add_argument(
        "--down-to", metavar="SIZE", help="How much may stay, as in 20GB: the budget unless told, else nothing."
    )
    add("version", _version, "Print the version.")
    for known in (serve, run, check, targets, runs, storage):
        known.add_argument("--home", type=Path, metavar="DIR", help="Where all state lives.")
    for known in (run, check, modules, targets, runs, storage):
        known.add_argument("--json", action="store_true", help="Print JSON.")
    # What was given before COMMAND must not be undone by a default after it.
    collect.add_argument("--home", type=Path, metavar="DIR", help="Where all state lives.", default=argparse.SUPPRESS)
    collect.add_argument("--json", action="store_true", help="Print JSON.", default=argparse.SUPPRESS)
    return parser


def _serve(options: argparse.Namespace) -> int:
    from torchwire.config import load_config
    from torchwire.server import serve

    opens = False if options.no_open else None
    serve(load_config(home=options.home, host=options.host, port=options.port, open_browser=opens))
    return COMPLETED


def _run(options: argparse.Namespace) -> int:
    from torchwire.headless import run_pipeline

    place = _workplace(options)
    try:
        document = place.prepare(_read(options.pipeline), options.set, options.target)
        status = run_pipeline(place, document, as_json=options.json, until=options.until, only=options.only)
        return {"completed": COMPLETED, "cancelled": CANCELLED}.get(status, FAILED)
    finally:
        place.close()


def _validate(options: argparse.Namespace) -> int:
    place = _workplace(options)
    try:
        place.open()
        place.engine.set_remote(place.roster.configured())
        faults = place.engine.validate(place.with_absolute_paths(_read(options.pipeline))).faults
    finally:
        place.close()
    if options.json:
        _print_json({"valid": not faults, "faults": [fault.as_json() for fault in faults]})
    elif faults:
        _tell(InvalidPipeline(faults), as_json=False)
    else:
        print(f"{options.pipeline} is valid.")
    return INVALID if faults else COMPLETED


def _modules(options: argparse.Namespace) -> int:
    from torchwire.registry import Registry

    specs = Registry.installed().specs()
    if options.json:
        _print_json({"modules": [spec.as_json() for spec in specs]})
    else:
        _print_table(
            ("module", "title", "category", "what it does"),
            [(spec.id, spec.title, spec.category, spec.help.partition("\n")[0]) for spec in specs],
        )
    return COMPLETED


def _targets(options: argparse.Namespace) -> int:
    place = _workplace(options)
    try:
        targets = place.targets()
    finally:
        place.close()
    if options.json:
        _print_json({"targets": targets})
    else:
        rows = [
            (t["id"], t["title"], t["kind"], str(t["cores"]), _gigabytes(t["memory_bytes"]), _standing(t))
            for t in targets
        ]
        _print_table(("target", "title", "kind", "cores", "memory", ""), rows)
    return COMPLETED


def _runs(options: argparse.Namespace) -> int:
    place = _workplace(options)
    try:
        place.database.migrate()
        runs = place.database.runs.list(max(1, options.limit))
    finally:
        place.close()
    if options.json:
        _print_json({"runs": runs})
    else:
        rows = [
            (run["id"], run["name"], run["status"], "" if run["seconds"] is None else f"{run['seconds']:.1f} s")
            for run in runs
        ]
        _print_table(("run", "name", "status", "took"), rows)
    return COMPLETED


def _storage(options: argparse.Namespace) -> int:
    place = _workplace(options)
    try:
        place.database.migrate()
        collector = place.engine.collector
        shown, runs = collector.overview(), collector.runs(20)["runs"]
    finally:
        place.close()
    if options.json:
        _print_json(shown | {"runs": runs})
        return COMPLETED
    _print_table(("kind", "room"), [(kind, _room(size)) for kind, size in shown["used"].items()])
    budget = "no budget" if shown["budget"] is None else f"a budget of {_room(shown['budget'])}"
    print(f"{_room(shown['collectable'])} can be freed; {_room(shown['disk']['free'])} are free; {budget}.")
    if runs:
        rows = [
            (run["id"], run["name"], "pinned" if run["pinned"] else "", _room(run["size"]), _room(run["size_alone"]))
            for run in runs
        ]
        _print_table(("run", "name", "", "room", "freed by deleting it"), rows)
    return COMPLETED


def _collect(options: argparse.Namespace) -> int:
    from torchwire.config import parse_size

    down_to = None if options.down_to is None else parse_size(options.down_to)
    place = _workplace(options)
    try:
        with place.engine.alone():
            done = place.engine.collector.collect(dry_run=options.dry_run, down_to=down_to)
    finally:
        place.close()
    if options.json:
        _print_json(done)
        return COMPLETED
    rows = [
        (found["digest"][:12], found["node"] or "", found["module"] or "", _room(found["size"]), _time(found))
        for found in done["artifacts"]
    ]
    if rows:
        _print_table(("artifact", "node", "module", "size", "to make again"), rows)
    verb = "would be" if options.dry_run else "were"
    print(
        f"{len(rows)} artifacts and {done['checkpoints']} checkpoints {verb} removed: {_room(done['freed'])}; "
        f"making it all again takes {done['seconds_to_recompute']:.0f} s."
    )
    return COMPLETED


def _version(_: argparse.Namespace) -> int:
    from torchwire import __version__

    print(__version__)
    return COMPLETED


def _workplace(options: argparse.Namespace) -> Workplace:
    from torchwire.headless import Workplace

    return Workplace(options.home)


def _read(path: Path) -> Any:
    """The document in a file. Raises PipelineError when there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PipelineError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise PipelineError(f"{path} is not JSON: {error}.", hint="Export the pipeline again.") from error
    except RecursionError as error:
        raise PipelineError(f"{path} is nested too deeply.") from error


def _tell(error: TorchwireError, *, as_json: bool) -> None:
    faults = [fault.as_json() for fault in error.faults] if isinstance(error, InvalidPipeline) else [error.as_json()]
    if as_json:
        _print_json({"error": error.as_json(), "faults": faults})
        return
    for fault in faults:
        where = f" [{fault['node']}]" if "node" in fault else ""
        hint = f"\n    {fault['hint']}" if "hint" in fault else ""
        print(f"{fault['name']} {fault['code']}{where}: {fault['message']}{hint}", file=sys.stderr)


def _print_json(record: dict[str, Any]) -> None:
    print(json.dumps(record), flush=True)


def _print_table(header: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)


def _gigabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e9:.1f} GB"


def _standing(target: dict[str, Any]) -> str:
    if not target["available"]:
        return str(target["why"])
    machines = len([one for one in target.get("machines", ()) if one["alive"]])
    return f"{machines} machine{'s' * (machines != 1)}" if "remote" in target else ""


def _room(size: int) -> str:
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _time(found: dict[str, Any]) -> str:
    seconds = found["seconds_to_recompute"]
    return "not known" if seconds is None else f"{seconds:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
