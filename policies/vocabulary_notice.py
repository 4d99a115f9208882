"""The closed sets of known-fault notices and of answers to suggestions of many (R8)."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class NoticeKind(StrEnum):
    """What many customers say at once: that something is broken, or what they would like to have (R8)."""

    KNOWN_FAULT = "known_fault"
    SUGGESTION = "suggestion"


@unique
class NoticeState(StrEnum):
    """Whether intake still answers from it; a lifted one is being told, or was told, to everybody linked (R8)."""

    PUBLISHED = "published"
    LIFTED = "lifted"


@unique
class LinkState(StrEnum):
    """What the customer of a linked complaint knows: nothing yet, told by message, to be called, told by a call.

    ``left_out``: there is nobody to tell any more, since the personal data are erased (R39).
    """

    LINKED = "linked"
    TOLD = "told"
    TO_CALL = "to_call"
    CALLED = "called"
    LEFT_OUT = "left_out"


@unique
class CallReason(StrEnum):
    """Why a message cannot tell a customer, so that somebody calls (R8)."""

    WISHED = "wished"
    NO_ADDRESS = "no_address"
    NO_TEXT = "no_text"
    FAILED = "failed"
