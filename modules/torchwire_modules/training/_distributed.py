"""Several processes that compute one thing: who takes part, and the little that they say to each other."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import psutil
import torch
import torch.distributed as dist
from torch import Tensor, nn

from torchwire.module_api import Context

PATIENCE = timedelta(minutes=30)
"""How long a process waits for the others to come to the same point, for one of them may be downloading weights."""
BUCKET = 8 << 20
"""Bytes of gradients that are summed at once, while further ones are computed."""
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


@dataclass(frozen=True)
class World:
    """All processes of a node, seen from one. With one process nothing is said, and nothing costs time."""

    rank: int = 0
    size: int = 1

    def sum(self, tensor: Tensor) -> Tensor:
        """Replace ``tensor`` by the sum of what all have; the same bits in each process."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def sum_later(self, tensor: Tensor) -> Callable[[], Tensor]:
        """The same, begun now; what comes back waits for it. All processes must ask for their sums in one order."""
        work = dist.all_reduce(tensor, async_op=True) if self.size > 1 else None

        def wait() -> Tensor:
            if work is not None:
                work.wait()
            return tensor

        return wait

    def total(self, value: float, device: str) -> float:
        """The sum of what all have."""
        return value if self.size == 1 else float(self.sum(torch.tensor(value, device=device)))

    def share(self, tensors: Iterable[Tensor]) -> None:
        """Replace ``tensors`` by those of rank 0."""
        if self.size > 1:
            for tensor in tensors:
                whole = tensor.detach().contiguous()
                dist.broadcast(whole, 0)
                tensor.detach().copy_(whole)

    def part(self, of: Sequence[int]) -> Sequence[int]:
        """This process's part: they follow one another and differ in length by one at most."""
        least, more = divmod(len(of), self.size)
        start = self.rank * least + min(self.rank, more)
        return of[start : start + least + (self.rank < more)]


ALONE = World()


@contextmanager
def joined(ctx: Context) -> Iterator[World]:
    """Within it the processes of ``ctx.run_ranks`` can speak to each other: gloo on a CPU, nccl on GPUs.

    They meet at a file of the attempt and listen on this machine's loopback address alone, at ports that are free;
    or, where they run on several machines, at the address that whoever started them has put into the settings.
    """
    if ctx.processes == 1 or dist.is_initialized():  # whoever started the processes may have joined them
        yield World(ctx.rank, ctx.processes)
        return
    backend, before = "gloo", os.environ.get("GLOO_SOCKET_IFNAME")
    if ctx.device.startswith("cuda"):
        torch.cuda.set_device(ctx.device)
        backend = "nccl"
    meeting = ctx.settings.get("meeting")
    if meeting is None:
        os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = LOOPBACK
        place = ctx.scratch.parent if ctx.rank else ctx.scratch
        meeting = f"file://{place / 'meeting'}"
    elif (interface := _interface_towards(meeting)) is not None:
        os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = interface
    dist.init_process_group(backend, meeting, PATIENCE, world_size=ctx.processes, rank=ctx.rank)
    try:
        yield World(ctx.rank, ctx.processes)
        dist.destroy_process_group()
    finally:
        if before is not None:
            os.environ["GLOO_SOCKET_IFNAME"] = before


def _interface_towards(meeting: str) -> str | None:
    """The network interface from which ``tcp://host:port`` is reached.

    Left to itself gloo takes the one of this machine's name, which on many is a loopback address.
    """
    place = urlsplit(meeting)
    try:
        (family, kind, _, _, address), *_ = socket.getaddrinfo(place.hostname, place.port, type=socket.SOCK_DGRAM)
        with socket.socket(family, kind) as probe:
            probe.connect(address)  # sends nothing
            own = probe.getsockname()[0]
    except OSError:
        return None
    found = psutil.net_if_addrs().items()
    return next((name for name, addresses in found if any(one.address == own for one in addresses)), None)


@dataclass
class _Bucket:
    """Gradients that are summed together. ``views`` has for each parameter its part of ``flat``, laid out alike."""

    flat: Tensor
    views: dict[nn.Parameter, Tensor]
    missing: int = 0
    work: dist.Work | None = None


class GradientSum:
    """Sums the gradients of all processes while they are computed, as DistributedDataParallel does.

    Which gradients are summed together never changes, so that the order of additions does not either: training that is
    gone on with comes to the same bits, however many processes there are.
    """

    def __init__(self, world: World, parameters: Iterable[nn.Parameter]) -> None:
        self._buckets: list[_Bucket] = []
        self._next = 0
        if world.size == 1:
            return
        group: list[nn.Parameter] = []
        for parameter in reversed([one for one in parameters if one.requires_grad]):  # the last ones are ready first
            if group and (_bytes([*group, parameter]) > BUCKET or group[0].dtype != parameter.dtype):
                self._add(group)
                group = []
            group.append(parameter)
        if group:
            self._add(group)

    def wait(self) -> None:
        """Put the sums in the place of the gradients."""
        for bucket in self._buckets:
            if bucket.work is None:  # some parameter took no part
                raise RuntimeError("not all parameters have a gradient")
            bucket.work.wait()
            for parameter, view in bucket.views.items():
                parameter.grad = view
            bucket.missing, bucket.work = len(bucket.views), None
        self._next = 0

    def _add(self, group: list[nn.Parameter]) -> None:
        flat = torch.zeros(sum(one.numel() for one in group), dtype=group[0].dtype, device=group[0].device)
        bucket, start = _Bucket(flat, {}, len(group)), 0
        for one in group:
            bucket.views[one] = flat[start : start + one.numel()].as_strided(one.shape, one.stride(), start)
            start += one.numel()
            one.register_post_accumulate_grad_hook(self._taker(bucket))  # type: ignore[no-untyped-call]
        self._buckets.append(bucket)

    def _taker(self, bucket: _Bucket) -> Callable[[Tensor], None]:
        def take(parameter: Tensor) -> None:
            bucket.views[parameter].copy_(parameter.grad)  # type: ignore[index, arg-type]
            bucket.missing -= 1
            while self._next < len(self._buckets) and not self._buckets[self._next].missing:
                ready = self._buckets[self._next]  # in the same order in each process
                ready.work = dist.all_reduce(ready.flat, async_op=True)
                self._next += 1

        return take


def _bytes(parameters: Sequence[nn.Parameter]) -> int:
    return sum(one.numel() * one.element_size() for one in parameters)
