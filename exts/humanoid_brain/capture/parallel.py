# SPDX-License-Identifier: Apache-2.0
"""Work on a stream of items in threads, in order and with bounded memory: codecs and hashes free Python's lock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from humanoid_brain import machine

Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered_map(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """Results in the order of the items; at most two items per thread are under way.

    Args:
        function: Work on one item.
        items: Read as needed.
        workers: Threads; None: one per core.
    """
    count = workers or machine.cores()
    with ThreadPoolExecutor(count) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= 2 * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
