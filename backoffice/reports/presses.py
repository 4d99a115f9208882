"""Many papers at once (R22, R33): each printed in one of a few processes, since rendering is serial within a process.

The processes end with the order, and their memory with them; they end too when the process that began them is killed.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import TypeVar

from backoffice.errors import DomainError
from backoffice.reports.dossier import DossierContent, PrintedDossier, print_dossier
from backoffice.reports.paper import Say
from policies.message import Message, Refusal

Made = TypeVar("Made")
Speak = Callable[[Message, str], str]
WORKERS = min(2, os.cpu_count() or 1)
AHEAD = 2
"""How many papers wait for each process: enough that none stands idle, few enough that memory stays flat."""


def print_many(contents: Iterable[DossierContent], speak: Speak, *, workers: int = WORKERS) -> Iterator[PrintedDossier]:
    """The printed dossiers in the order in which they came, each in its own language.

    ``speak`` says a message in a language; it is a function of a module, since the processes look it up by its name.
    """
    return in_processes((partial(_print_one, content, speak) for content in contents), workers=workers)


def in_processes(orders: Iterable[Callable[[], Made]], *, workers: int = WORKERS) -> Generator[Made, None, None]:
    """What each order gives, in their order. An order is a function of a module with what it takes (``partial``).

    Orders are taken as they are needed, so that a thousand papers hold no more than a few; with one worker they are
    done here. Raises what an order raised, and ``DomainError`` (409) when a process was killed: nothing is half made.
    """
    if workers < 2:
        yield from (order() for order in orders)
        return
    rest = iter(orders)
    # A forked process would take over locks that threads of this one hold.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)
    waiting: deque[Future[Made]] = deque()
    try:
        for order in islice(rest, workers * AHEAD):
            waiting.append(pool.submit(order))
        while waiting:
            yield waiting.popleft().result()
            for order in islice(rest, 1):
                waiting.append(pool.submit(order))
    except BrokenProcessPool:
        raise DomainError(Refusal("print.refused.killed", status=409)) from None
    finally:
        pool.shutdown(cancel_futures=True)


def can_be_sent(speak: Speak) -> bool:
    """Whether another process finds these words by their name; those that a caller made up for itself it does not."""
    return "<" not in getattr(speak, "__qualname__", "<")


def saying(speak: Speak, language: str) -> Say:
    """The words of one language, for another process too."""
    return partial(_said, speak, language)


def _print_one(content: DossierContent, speak: Speak) -> PrintedDossier:
    return print_dossier(content, saying(speak, content.language))


def _said(speak: Speak, language: str, message: Message) -> str:
    return speak(message, language)


def _end_with_parent() -> None:
    """A killed parent closes nothing that its processes wait for; they would stay for ever."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
