"""The closed sets of intake scripts (R7): how a question is answered, and what a script may come to."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class QuestionKind(StrEnum):
    """How a question is answered: by choosing, or in words of which the nearest answer is chosen."""

    CHOICE = "choice"
    TEXT = "text"


@unique
class ScriptEnd(StrEnum):
    """What a way through a script suggests: each stands for an act of the intake (``policies.script.SUGGESTS``)."""

    SOLVE_AT_FIRST_CONTACT = "solve_at_first_contact"
    DISPATCH = "dispatch"
    LINK_NOTICE = "link_notice"
    NOT_ESTABLISHED = "not_established"
    ESCALATE_IMPORTANT = "escalate_important"
    ESCALATE_MAJOR = "escalate_major"
    REFER_OUT = "refer_out"
