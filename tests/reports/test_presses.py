"""R22: many dossiers are printed side by side, and each is what it would be alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backoffice.reports.dossier import print_dossier
from backoffice.reports.presses import AHEAD, print_many
from policies.message import Message
from tests.support.dossiers import chinese_dossier, english_dossier, sayer

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

    printing = print_many(contents(), speak, workers=1)
    next(printing)
    assert len(taken) <= AHEAD + 1
    printing.close()
    assert len(taken) <= AHEAD + 1


def test_R22_what_one_of_them_raises_is_raised_here():
    with pytest.raises(ValueError, match="dossier"):
        list(print_many([english_dossier()], fail))


def test_R22_none_of_none():
    assert list(print_many([], speak)) == []
