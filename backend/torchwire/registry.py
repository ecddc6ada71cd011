"""Finds the modules that are installed, by the entry-point group ``torchwire.modules``.

An entry point names a package; every module in it that carries ``@module`` is registered. The built-in modules come
in by the same door as a third party's. Importing them must not import torch: code that needs it at the top of a file
goes in files and packages whose name begins with an underscore, which are not searched (``training/_loop.py``).
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from types import ModuleType

from torchwire.errors import PipelineError
from torchwire.module_api import Module, ModuleSpec

GROUP = "torchwire.modules"


class Registry:
    """The modules that a pipeline may use, by id."""

    def __init__(self, classes: dict[str, type[Module]], packages: Sequence[str] = ()) -> None:
        self._classes = classes
        self.packages = tuple(packages)

    @classmethod
    def installed(cls) -> Registry:
        """Collect the modules of every installed entry point."""
        return cls.of([point.value for point in entry_points(group=GROUP)])

    @classmethod
    def of(cls, packages: Sequence[str]) -> Registry:
        """Collect the modules of the named packages. Where two share an id, the first one has it."""
        classes: dict[str, type[Module]] = {}
        for package in packages:
            for found in modules_in(importlib.import_module(package)):
                classes.setdefault(found.spec.id, found)
        return cls(classes, packages)

    def specs(self) -> list[ModuleSpec]:
        """Every module's declaration, in the order of registration; internal ones are not told of."""
        return [cls.spec for cls in self._classes.values() if not cls.spec.internal]

    def find(self, module_id: str) -> type[Module] | None:
        """The class of a module that pipelines may use, or None."""
        found = self._classes.get(module_id)
        return None if found is None or found.spec.internal else found

    def get(self, module_id: str) -> type[Module]:
        """The class of a module, internal or not. Raises PipelineError that names the nearest match."""
        found = self._classes.get(module_id)
        if found is None:
            known = [spec.id for spec in self.specs()]
            raise PipelineError(f"There is no module '{module_id}'.", hint=nearest(module_id, known))
        return found


def nearest(wrong: str, known: Iterator[str] | dict[str, object] | list[str] | dict[str, type[Module]]) -> str | None:
    """A sentence that offers the known name closest to ``wrong``, or lists a few."""
    names = list(known)
    close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    return "Known: " + ", ".join(sorted(names)[:12]) + "." if names else None


def modules_in(package: ModuleType) -> Iterator[type[Module]]:
    """Yield every class with ``@module`` that is defined in ``package`` or below it, private files left out."""
    for _, member in inspect.getmembers(package, inspect.isclass):
        if issubclass(member, Module) and "spec" in vars(member) and member.__module__ == package.__name__:
            yield member
    for info in pkgutil.iter_modules(getattr(package, "__path__", []), package.__name__ + "."):
        if not info.name.rpartition(".")[2].startswith("_"):
            yield from modules_in(importlib.import_module(info.name))
