"""Write docs/reference/modules.md from the modules' declarations. ``--check`` fails when the page is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from torchwire.module_api import ModuleSpec, Parameter
from torchwire.registry import Registry

PAGE = Path(__file__).parent / "reference" / "modules.md"

INTRODUCTION = """# Modules

Made from the modules' own declarations by `make types`; the same text is in the designer's palette and panel.
"""


def page(specs: list[ModuleSpec]) -> str:
    """The whole page."""
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
    """Write the page, or compare it."""
    text = page(Registry.installed().specs())
    if "--check" not in sys.argv:
        PAGE.write_text(text)
        return 0
    if PAGE.exists() and PAGE.read_text() == text:
        return 0
    sys.stderr.write(f"{PAGE} is stale: run `make types`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
