"""Who is told when somebody is absent (R13): the stand-in, the stand-in's stand-in, and in the end somebody always.

An absent person's messages go to whoever stands in. Where that one is absent too, on to theirs; where a chain ends
with nobody, with somebody who has left, or runs in a circle, to the head of the absent person's department or the one
above it; then to the complaints managers; then to the administrators. Nothing is told to nobody while the office has
anyone. A stand-in gets the *messages*: what they may do is what their own permissions say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Standing:
    """The office at one moment; ids of staff.

    ``absent``: who is away now → who stands in (None: nobody was named). ``heads``: a person → heads of their
    department and of those above it, the nearest first. ``managers`` (the complaints managers) and ``last`` (the
    administrators): to whom things go where all else fails.
    """

    in_service: Collection[int]
    absent: Mapping[int, int | None] = field(default_factory=dict)
    heads: Mapping[int, Sequence[int]] = field(default_factory=dict)
    managers: Sequence[int] = ()
    last: Sequence[int] = ()

    def is_present(self, person: int) -> bool:
        """Whether somebody works here and is not away."""
        return person in self.in_service and person not in self.absent


def present(people: Iterable[int], office: Standing) -> tuple[int, ...]:
    """Whom a message for these people reaches, each once, in order of id; empty only for nobody at all.

    Nobody absent is among them while anyone who could be told instead is there. Were all of those away, the people
    themselves are told, and find it when they are back.
    """
    found: set[int] = set()
    for person in people:
        found.update(_for(person, office))
    return tuple(sorted(found))


def _for(person: int, office: Standing) -> tuple[int, ...]:
    if office.is_present(person):
        return (person,)
    seen: set[int] = set()
    reached = _along(person, office, seen)
    if reached is not None:
        return (reached,)
    for head in office.heads.get(person, ()):
        reached = _along(head, office, seen)
        if reached is not None:
            return (reached,)
    for several in (office.managers, office.last):
        there = tuple(one for one in several if office.is_present(one))
        if there:
            return there
    return _whoever(person, office)


def _along(person: int, office: Standing, seen: set[int]) -> int | None:
    """The first who is there along a chain of stand-ins; None where it ends or comes to somebody seen before."""
    following: int | None = person
    while following is not None and following not in seen:
        if office.is_present(following):
            return following
        seen.add(following)
        following = office.absent.get(following) if following in office.in_service else None
    return None


def _whoever(person: int, office: Standing) -> tuple[int, ...]:
    """Everybody who could be told is away: the person finds it on coming back, or for one who left, the others do."""
    if person in office.in_service:
        return (person,)
    nearest = [(head,) for head in office.heads.get(person, ())]
    for several in (*nearest, office.managers, office.last, sorted(office.in_service)):
        there = tuple(one for one in several if one in office.in_service)
        if there:
            return there
    return ()
