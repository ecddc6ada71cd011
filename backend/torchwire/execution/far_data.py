"""Data sets that stay where they are, and nodes on machines that don't see them: said before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from torchwire.errors import Fault, TargetUnavailableError, TorchwireError
from torchwire.execution.beyond import RemoteTarget
from torchwire.execution.targets import Target
from torchwire.graph.document import Node
from torchwire.graph.validate import Modules, Validation

Resolve = Callable[[str], Mapping[str, Any]]


def faults_of_far_data(
    validation: Validation, modules: Modules, targets: Mapping[str, Target], resolve: Resolve
) -> list[Fault]:
    """The nodes that would read a folder or archive by its path on machines that don't have it.

    Those are the nodes that it is given to, and those that are wired to them: a reference goes over the wire.
    """
    pipeline = validation.pipeline
    if pipeline is None:
        return []
    far = {
        node.id: target
        for node in pipeline.nodes
        if isinstance(target := targets.get(node.compute_target or pipeline.default_compute_target), RemoteTarget)
    }
    if not far:
        return []
    faults = []
    for node in pipeline.nodes:
        readers = [node.id, *(wire.target[0] for wire in pipeline.wires if wire.source[0] == node.id)]
        if not any(reader in far for reader in readers):
            continue
        for value, path in _by_path(node, modules, validation.parameters.get(node.id, {}), resolve):
            for reader in dict.fromkeys(readers):
                if reader in far and not far[reader].sees(path):
                    faults.append(Fault.of(_error(value, far[reader], reader)))
    return faults


def travels(found: Mapping[str, Any]) -> bool:
    """Whether a data set is brought to where it is read: an uploaded archive is, whatever lies elsewhere is not."""
    return bool(found.get("digest")) and Path(found["path"]).is_file()


def _by_path(
    node: Node, modules: Modules, parameters: Mapping[str, Any], resolve: Resolve
) -> Iterator[tuple[str, Path]]:
    module = modules.find(node.module)
    for parameter in module.spec.parameters if module is not None else ():
        value = parameters.get(parameter.id)
        if parameter.kind != "dataset" or not value:
            continue
        try:
            found = resolve(value)
        except TorchwireError:  # that is another fault
            continue
        if not travels(found):
            yield value, Path(found["path"])


def _error(value: str, target: RemoteTarget, reader: str) -> TorchwireError:
    return TargetUnavailableError(
        f"The node reads '{value}', which stays on this computer: the machines of '{target.id}' don't see it.",
        hint=(
            "Upload it as an archive, which is brought there; or run this node on this computer; or, where the folder "
            "is mounted under the same path on every machine, name it in the target's option 'shared_folders'."
        ),
        node=reader,
    )
