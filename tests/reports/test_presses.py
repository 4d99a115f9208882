"""R22: many dossiers are printed side by side, and each is what it would be alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from backoffice.errors import DomainError
from backoffice.reports.dossier import print_dossier
from backoffice.reports.presses import AHEAD, can_be_sent, in_processes, print_many
from policies.message import Message
from tests.support.dossiers import chinese_dossier, english_dossier, sayer
from tests.support.sources import PROJECT

pytestmark = pytest.mark.usefixtures("printing")


def speak(message: Message, language: str) -> str:
    """The words of a language, by a function that another process finds."""
    return sayer(language)(message)


def fail(message: Message, language: str) -> str:
    raise ValueError(message.key)


def test_R22_dossiers_printed_by_several_processes_come_in_order_and_are_the_same_bytes():
    numbered = [replace(english_dossier(), number=f"TS20260901-{place:04}") for place in (1, 2)]
    asked = [chinese_dossier(), *numbered]
    printed = list(print_many(asked, speak))
    assert [one.file_name for one in printed] == [print_dossier(one, sayer(one.language)).file_name for one in asked]
    assert printed[0].data == print_dossier(asked[0], sayer("zh_Hans")).data
    assert printed[1].data == print_dossier(asked[1], sayer("en")).data


def test_R22_only_a_few_are_held_at_a_time():
    taken = []

    def contents():
        for place in range(9):
            taken.append(place)
            yield english_dossier()

    printing = print_many(contents(), speak, workers=2)
    next(printing)
    assert len(taken) <= 2 * AHEAD + 1
    printing.close()
    assert len(taken) <= 2 * AHEAD + 1


def test_R22_what_one_of_them_raises_is_raised_here():
    with pytest.raises(ValueError, match="dossier"):
        list(print_many([english_dossier()], fail))


def test_R22_none_of_none():
    assert list(print_many([], speak)) == []


def struck() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_R22_a_process_that_the_system_ends_is_told_as_a_sentence():
    with pytest.raises(DomainError) as told:
        list(in_processes([partial(len, "ab"), struck, struck], workers=2))
    assert [refusal.key for refusal in told.value.refusals] == ["print.refused.killed"]


def waits() -> None:
    time.sleep(60)


def begin_and_say() -> None:
    """A program that prints and is killed: it says which processes it began."""
    printing = in_processes([os.getpid, waits, waits], workers=2)
    sys.stdout.write(f"{next(printing)}\n")
    sys.stdout.flush()
    next(printing)


def test_R40_whoever_is_killed_while_printing_leaves_no_process_behind():
    words = [sys.executable, "-c", "from tests.reports.test_presses import begin_and_say; begin_and_say()"]
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        child = int(program.stdout.readline())
        program.kill()
    end = time.monotonic() + 30
    while Path(f"/proc/{child}/stat").exists() and " Z " not in Path(f"/proc/{child}/stat").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_R22_words_that_have_no_name_elsewhere_are_not_sent_to_another_process():
    assert can_be_sent(speak)
    assert not can_be_sent(lambda message, language: message.key)
