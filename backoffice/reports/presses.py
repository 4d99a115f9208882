"""Many dossiers at once (R22): each printed in one of a few processes, since rendering is serial within a process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context

from backoffice.reports.dossier import DossierContent, PrintedDossier, print_dossier
from policies.message import Message

Speak = Callable[[Message, str], str]
WORKERS = 2
AHEAD = 2
"""How many dossiers wait for each process: enough that none stands idle, few enough that memory stays flat."""


def print_many(contents: Iterable[DossierContent], speak: Speak, *, workers: int = WORKERS) -> Iterator[PrintedDossier]:
    """The printed dossiers in the order in which they came, each in its own language.

    ``speak`` says a message in a language; it is a function of a module, since the processes look it up by its name.
    Contents are taken as they are needed, so that a thousand dossiers hold no more than a few. Raises what printing
    one of them raised, and ``BrokenProcessPool`` when a process was killed: nothing is half printed then.
    """
    rest = iter(contents)
    # A forked process would take over locks that threads of this one hold.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: deque[Future[PrintedDossier]] = deque()
        try:
            for content in islice(rest, workers * AHEAD):
                waiting.append(pool.submit(_print_one, content, speak))
            while waiting:
                yield waiting.popleft().result()
                for content in islice(rest, 1):
                    waiting.append(pool.submit(_print_one, content, speak))
        finally:
            for one in waiting:
                one.cancel()


def _print_one(content: DossierContent, speak: Speak) -> PrintedDossier:
    return print_dossier(content, partial(_said, speak, content.language))


def _said(speak: Speak, language: str, message: Message) -> str:
    return speak(message, language)
