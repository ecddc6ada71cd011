"""Write the pages of docs/reference from the code. ``--check`` fails when one is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from torchwire.config import Config
from torchwire.module_api import ModuleSpec, Parameter
from torchwire.registry import Registry

FOLDER = Path(__file__).parent / "reference"

SETTINGS_INTRODUCTION = """# Settings

Made from the code by `make types`. Each setting is a `TORCHWIRE_*` variable, or a key in `torchwire.toml` in the home
folder; flags of `torchwire serve` win over variables, variables over the file. Several folders are separated as in
`PATH`, several names by commas. The home folder is `--home`, else `TORCHWIRE_HOME`, else the platform's data folder.

| key | variable | default | meaning |
|---|---|---|---|
"""

INTRODUCTION = """# Modules

Made from the modules' own declarations by `make types`; the same text is in the designer's palette and panel.
"""


def settings_page() -> str:
    """Every setting with its default."""
    lines = []
    for name, field in Config.model_fields.items():
        if name == "home":
            continue
        default = "" if field.default in (None, ()) else f"`{str(field.default).lower()}`"
        lines.append(f"| `{name}` | `TORCHWIRE_{name.upper()}` | {default} | {field.description} |\n")
    return SETTINGS_INTRODUCTION + "".join(lines)


def modules_page(specs: list[ModuleSpec]) -> str:
    """Every module with its ports and parameters."""
    ordered = sorted(specs, key=lambda spec: (spec.category, spec.title))
    parts = [INTRODUCTION]
    for category, members in groupby(ordered, key=lambda spec: spec.category):
        parts.append(f"## {category}\n")
        parts.extend("\n".join(section(spec)) + "\n" for spec in members)
    return "\n".join(parts)


def section(spec: ModuleSpec) -> Iterator[str]:
    """One module: what it does, its ports, its parameters."""
    yield f"### {spec.title}\n"
    yield f"`{spec.id}`, version {spec.version}\n"
    yield f"{spec.help}\n"
    for port in spec.inputs:
        optional = ", optional" if port.optional else ""
        yield f"- In **{port.label}** (`{port.id}`): {' or '.join(t.id for t in port.types)}{optional}. {port.help}"
    for out in spec.outputs:
        yield f"- Out **{out.label}** (`{out.id}`): {out.type.id}. {out.help}"
    if spec.parameters:
        yield "\n| parameter | id | value | default | meaning |\n|---|---|---|---|---|"
        for parameter in spec.parameters:
            yield row(parameter)


def row(parameter: Parameter) -> str:
    """One line of the table of parameters."""
    default = (
        "required"
        if parameter.required
        else f"`{str(parameter.default).lower() if parameter.kind == 'flag' else parameter.default}`"
    )
    shown = "; ".join(f"{key} is {str(value).lower()}" for key, value in parameter.shown_when.items())
    meaning = parameter.help + (f" Shown when {shown}." if shown else "")
    cells = [parameter.label, f"`{parameter.id}`", values(parameter), default, meaning]
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def values(parameter: Parameter) -> str:
    """The values that a parameter takes, in words."""
    if parameter.options:
        return ", ".join(f"`{option}`" for option in parameter.options)
    if parameter.kind in ("integer", "number"):
        noun = "whole number" if parameter.kind == "integer" else "number"
        low = (
            ""
            if parameter.minimum is None
            else f"{' >' if parameter.exclusive_minimum else ' >='} {parameter.minimum:g}"
        )
        high = "" if parameter.maximum is None else f"{',' if low else ''} <= {parameter.maximum:g}"
        return noun + low + high
    return {"flag": "on or off", "text": "text", "dataset": "data set"}[parameter.kind]


def main() -> int:
    """Write the pages, or compare them."""
    pages = {"modules.md": modules_page(Registry.installed().specs()), "settings.md": settings_page()}
    stale = [name for name, text in pages.items() if not _holds(FOLDER / name, text)]
    if "--check" not in sys.argv:
        for name in stale:
            (FOLDER / name).write_text(pages[name])
        return 0
    for name in stale:
        sys.stderr.write(f"docs/reference/{name} is stale: run `make types`.\n")
    return 1 if stale else 0


def _holds(page: Path, text: str) -> bool:
    return page.exists() and page.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
