"""The base class of all modules and the decorator that registers one."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from torchwire.data_types.facts import Facts
from torchwire.errors import TorchwireError
from torchwire.module_api.context import Context
from torchwire.module_api.foresight import Estimate, Known, Remark
from torchwire.module_api.parameters import Parameter
from torchwire.module_api.ports import InputPort, OutputPort

Outputs = Mapping[str, Path]
"""What ``run`` returns: the folder that holds each output, by port id. Each lies under ``ctx.folder``."""


@dataclasses.dataclass(frozen=True)
class ModuleSpec:
    """What a module declares: all that palette, form, validation and plan need, without running anything."""

    id: str
    title: str
    category: str
    version: int
    help: str
    inputs: tuple[InputPort, ...]
    outputs: tuple[OutputPort, ...]
    parameters: tuple[Parameter, ...]
    cacheable: bool = True
    distributed: bool = False
    libraries: tuple[str, ...] = ()
    extendable: tuple[str, ...] = ()
    memory: int | None = None
    internal: bool = False
    rehearsed: bool = False

    def input(self, port_id: str) -> InputPort | None:
        """The input of that id, if there is one."""
        return next((port for port in self.inputs if port.id == port_id), None)

    def output(self, port_id: str) -> OutputPort | None:
        """The output of that id, if there is one."""
        return next((port for port in self.outputs if port.id == port_id), None)

    def parameter(self, parameter_id: str) -> Parameter | None:
        """The parameter of that id, if there is one."""
        return next((parameter for parameter in self.parameters if parameter.id == parameter_id), None)

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The value of every parameter: the given one, else the default (``None`` where there is none)."""
        return {p.id: given.get(p.id, None if p.required else p.default) for p in self.parameters}

    def check(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[TorchwireError]]:
        """Return the checked values of the parameters that apply, and every fault found in them."""
        values, checked, faults = self.values(given), {}, []
        for parameter in self.parameters:
            if not parameter.is_shown(values):
                continue
            try:
                checked[parameter.id] = parameter.check(values[parameter.id])
            except TorchwireError as fault:
                faults.append(fault)
        return checked, faults

    def as_json(self) -> dict[str, Any]:
        """The declaration as ``GET modules`` returns it."""
        return {
            "id": self.id,
            "title": self.title,
            "category": self.category,
            "version": self.version,
            "help": self.help,
            "distributed": self.distributed,
            "inputs": [port.as_json() for port in self.inputs],
            "outputs": [port.as_json() for port in self.outputs],
            "parameters": [parameter.as_json() for parameter in self.parameters],
        }


class Module:
    """One kind of step. A subclass declares ports and parameters as class attributes and implements ``run``."""

    spec: ClassVar[ModuleSpec]

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Set every parameter from ``values``, which have been checked; those that don't apply get their default."""
        for parameter in self.spec.parameters:
            setattr(self, parameter.id, values.get(parameter.id, None if parameter.required else parameter.default))

    def run(self, ctx: Context) -> Outputs:
        """Do the work and return the folder of each output. Raises TorchwireError for what the user can mend."""
        raise NotImplementedError

    def why_not_continue(self, before: Mapping[str, Any]) -> str | None:
        """Why work done with the values ``before`` can't be gone on with; None when the outcome is exactly the same.

        Asked when nothing but ``extendable`` parameters differ. The reason completes "starts from the beginning: ...".
        """
        return None

    def foresee(self, known: Known) -> Mapping[str, Facts]:
        """What can be said of the outputs without running, by port. Asked on every edit: pure, quick, without torch.

        Parameters have been checked; one that is required and not given yet is None. Inputs may be unknown.
        """
        return {}

    def remarks(self, known: Known) -> Iterable[Remark]:
        """What to tell the user about the node before it runs. Asked like ``foresee``."""
        return ()

    def rehearse(self, known: Known, device: str, threads: int) -> Estimate | None:
        """Do a little of the work on made-up data, in a process of its own; None when there is nothing to rehearse.

        Only asked of modules that say ``rehearsed``. Raises TorchwireError when the work could not be done at all.
        """
        return None


M = TypeVar("M", bound=type[Module])


def module(
    id: str,
    *,
    title: str,
    category: str,
    version: int = 1,
    cacheable: bool = True,
    distributed: bool = False,
    libraries: tuple[str, ...] = (),
    extendable: tuple[str, ...] = (),
    memory: int | None = None,
    internal: bool = False,
    rehearsed: bool = False,
) -> Callable[[M], M]:
    """Register a Module subclass under ``id``.

    ``cacheable=False`` makes it run every time (its output may still be unchanged, which stops the wave there);
    ``distributed=True`` lets it use several processes (``Context.run_ranks``) and all cores; ``libraries`` are the
    distributions whose versions belong to its cache key. A module that names torch or torchvision there starts in a
    process that has imported both; any other one starts in a small process that has not, even while torch is still
    being loaded. ``extendable`` names the parameters that only say how far to go, so that a module that keeps
    checkpoints may go on from where a run with other values of them ended. ``memory`` is about how many bytes it
    takes, for the time before that was measured. An ``internal`` one is no part of pipelines: the engine runs it by
    itself when results are looked at. ``rehearsed`` says that ``rehearse`` tells how long a node would take.
    """

    def register(cls: M) -> M:
        declared = {name: value for name, value in vars(cls).items() if not name.startswith("_")}
        cls.spec = ModuleSpec(
            id=id,
            title=title,
            category=category,
            version=version,
            help=inspect.getdoc(cls) or "",
            inputs=tuple(_named(name, v) for name, v in declared.items() if isinstance(v, InputPort)),
            outputs=tuple(_named(name, v) for name, v in declared.items() if isinstance(v, OutputPort)),
            parameters=tuple(_named(name, v) for name, v in declared.items() if isinstance(v, Parameter)),
            cacheable=cacheable,
            distributed=distributed,
            libraries=libraries,
            extendable=extendable,
            memory=memory,
            internal=internal,
            rehearsed=rehearsed,
        )
        return cls

    return register


P = TypeVar("P", InputPort, OutputPort, Parameter)


def _named(name: str, declaration: P) -> P:
    label = declaration.label or name.replace("_", " ").capitalize()
    return dataclasses.replace(declaration, id=name, label=label)
