"""What this machine has, what a node takes of it, and what it says when it has to wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from torchwire.execution.beyond import RemoteTarget
from torchwire.execution.scheduler import Lack, Needs
from torchwire.execution.targets import THIS_COMPUTER, Load, Target
from torchwire.graph.plan import Step
from torchwire.graph.validate import gpus_from
from torchwire.storage.artifacts import Artifacts

PLACE = THIS_COMPUTER
MEMORY = "memory"
MIB, GIB = 1 << 20, 1 << 30
PARTS = 1000
"""Beyond this computer a node may take a part of a GPU; they are counted in thousandths."""
UNKNOWN_MEMORY = 256 * MIB
"""Expected of a node about which nothing is known."""
MOST_KNOWN = 10_000


def capacities(targets: Iterable[Target], memory: int) -> dict[str, dict[str, int]]:
    """What there is in each place: on this computer, and at each target beyond it."""
    found = list(targets)
    here = [target for target in found if not isinstance(target, RemoteTarget)]
    there = [target for target in found if isinstance(target, RemoteTarget)]
    return {PLACE: capacity(here, memory)} | {target.place: _beyond(target) for target in there}


def _beyond(target: RemoteTarget) -> dict[str, int]:
    memory = (target.memory_bytes or 0,) * bool(target.machines)
    return {
        _all_cores(target): target.cores,
        _all_gpus(target): int(target.most_gpus() * PARTS),
        MEMORY: sum(memory),
    }


def capacity(targets: Iterable[Target], memory: int) -> dict[str, int]:
    """What there is here. Light nodes and heavy ones count their cores apart.

    So a data set can be read while a model is trained: light nodes mostly wait for files. Two of them at least may
    run at once. A GPU runs one node at a time, and memory is the same for all.
    """
    found = {MEMORY: memory}
    for target in targets:
        if target.kind == "gpu":
            found[_gpu(target.id)] = 1
        else:
            found |= {_cores(target, heavy=False): max(2, target.cores), _cores(target, heavy=True): target.cores}
    return found


def lane(target: Target, heavy: bool) -> str:
    """Where a node waits: with those that need the same of the target."""
    return _gpu(target.id) if target.kind == "gpu" else _cores(target, heavy=heavy)


def needs(target: Target, heavy: bool, memory: int, processes: int = 1, machines: int = 1) -> Needs:
    """What a node takes while it runs. A heavy one takes all cores of a CPU, and a GPU for each of its processes.

    Beyond this computer it takes what its target gives to each process.
    """
    if isinstance(target, RemoteTarget):
        share = target.share(heavy, machines, processes)
        gpus = ((_all_gpus(target), round(share.gpus * share.processes * PARTS)),) * bool(share.gpus)
        return (_all_cores(target), share.cores * share.processes), *gpus, (MEMORY, memory)
    if target.kind == "gpu":
        further = gpus_from(target.id, processes)[1:]
        return (_gpu(target.id), 1), *((_gpu(gpu), 1) for gpu in further), (MEMORY, memory)
    return (lane(target, heavy), target.cores if heavy else 1), (MEMORY, memory)


def waits_for(lack: Lack, target: Target) -> str:
    """What lacks, in words."""
    if lack.promised:
        return "waits for its turn: what is free is kept for a larger node that waits longer"
    if lack.resource == MEMORY:
        return f"waits for {in_words(lack.needed)} of memory; {in_words(lack.free)} are free"
    if isinstance(target, RemoteTarget):
        unit, count, free = (
            ("GPU", lack.needed / PARTS, lack.free / PARTS)
            if lack.resource == _all_gpus(target)
            else ("core", lack.needed, lack.free)
        )
        return f"waits for {count:g} {unit}{'s' * (count != 1)} of {target.title}; {free:g} are free"
    if target.kind == "gpu":
        return f"waits for the GPU of {target.title}"
    return f"waits for {'a free core on' if lack.needed == 1 else 'all cores of'} {target.title}"


def loads(
    targets: Mapping[str, Target],
    running: Iterable[tuple[str, bool, int, Mapping[str, int]]],
    waiting: Mapping[str, int],
) -> dict[str, Load]:
    """What is taken of each target. ``running`` has (target, heavy, memory, needs) of each node, ``waiting`` counts by
    lane.

    Memory is shared by all targets of this computer and shown with its CPU; a GPU that runs something is taken whole.
    """
    taken = list(running)
    nodes = Counter(name for name, *_ in taken)
    cores = Counter(dict.fromkeys(targets, 0))
    memory: Counter[str] = Counter()
    for name, heavy, reserved, needed in taken:
        target = targets.get(name)
        memory[target.place if target else PLACE] += reserved
        if isinstance(target, RemoteTarget):
            cores[name] += needed.get(_all_cores(target), 0)
        elif target is not None:
            cores[name] += target.cores if heavy else 1
    return {
        name: Load(
            nodes[name],
            cores[name],
            (target.memory_bytes or 0) * (nodes[name] > 0) if target.kind == "gpu" else memory[target.place],
            sum(waiting.get(one, 0) for one in {lane(target, heavy=True), lane(target, heavy=False)}),
        )
        for name, target in targets.items()
    }


def in_words(size: int) -> str:
    """A number of bytes, for people."""
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / MIB:.0f} MiB"


class MemoryForecast:
    """Foresees how much memory a node will take. Asks the database once for each node, and learns from then on."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._known: dict[
            tuple[str, str | None], int | None
        ] = {}  # by module and node; no node: of the module anywhere

    def expect(self, step: Step) -> int:
        """What the node took last, else its module anywhere, else what the module says, else a little.

        Rounded up to four significant bits, so that few different demands exist.
        """
        module = step.spec.id
        anywhere = self._last(module, None)
        known = self._last(module, step.node.id) if anywhere else None
        guess = (step.spec.memory or UNKNOWN_MEMORY) * step.node.resources.process_count_per_node
        return round_up(known or anywhere or guess)

    def learn(self, module: str, node: str, memory: int | None) -> None:
        """Take note of what a node has just taken."""
        if memory:
            self._known |= {(module, node): memory, (module, None): memory}

    def _last(self, module: str, node: str | None) -> int | None:
        if (module, node) not in self._known:
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            self._known[module, node] = self._artifacts.memory_peak(module, node)
        return self._known[module, node]


def round_up(size: int) -> int:
    """The next number with four significant bits, at least 64 MiB."""
    step = 1 << max(0, max(size, 64 * MIB).bit_length() - 4)
    return -(-max(size, 64 * MIB) // step) * step


def _cores(target: Target, *, heavy: bool) -> str:
    return f"{target.id} {'heavy' if heavy else 'light'}"


def _gpu(target: str) -> str:
    return f"{target} gpu"


def _all_cores(target: Target) -> str:
    return f"{target.id} cores"


def _all_gpus(target: Target) -> str:
    return f"{target.id} gpus"
