"""The pages for customers (R1): what an office sets of them, how often somebody may come, what a customer must say.

All of it is off until an administrator switches it on. What a customer may set is what a customer knows: severity,
urgency and impact are the office's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from policies.message import Message, Name, Refusal

HOUR = timedelta(hours=1)
QUICKEST = timedelta(seconds=3)
"""No person fills a form in faster."""
FORM_HOLDS = timedelta(hours=12)
RECEIPT_SHOWN = timedelta(hours=24)
QUESTIONS_OF_ONE_ADDRESS, QUESTIONS_OF_ONE_NUMBER = 60, 20
"""How often within an hour it may be asked how a complaint goes."""
MOST_FILES = 3
MOST_FILE_BYTES = 5 * 1024 * 1024
LARGEST_POST = 17 * 1024 * 1024
MOST_FROM_ONE, MOST_OF_ALL = 1000, 100_000
LONGEST_NOTICE, LONGEST_ANNOUNCEMENT = 4000, 600
MOMENTS = ("announcement_from", "announcement_until")


@dataclass(frozen=True)
class PublicPages:
    """What the office sets. ``per_address`` and ``overall``: complaints an hour that the form takes from one address
    and from all. ``unsure_category``: where a complaint stands whose customer did not know what to choose.
    """

    form: bool = False
    progress: bool = False
    per_address: int = 20
    overall: int = 300
    unsure_category: str = ""
    notice_zh: str = ""
    notice_en: str = ""
    announcement_zh: str = ""
    announcement_en: str = ""
    announcement_from: datetime | None = None
    announcement_until: datetime | None = None

    @property
    def any_on(self) -> bool:
        """Whether a customer finds anything at all."""
        return self.form or self.progress

    def announcement(self, at: datetime) -> Name | None:
        """What is announced at this moment: an outage of the hotline, a closed hall."""
        text = Name(self.announcement_zh, self.announcement_en)
        begun = self.announcement_from is None or self.announcement_from <= at
        over = self.announcement_until is not None and self.announcement_until <= at
        return text if text.zh and begun and not over else None

    def notice(self) -> Name | None:
        """The office's own words on personal data; None for those that the desk brings."""
        return Name(self.notice_zh, self.notice_en) if self.notice_zh else None


def read(said: Mapping[str, Any] | None) -> PublicPages:
    """The settings as they are kept; what is not said is as it was at first."""
    found = {name: value for name, value in (said or {}).items() if name in PublicPages.__dataclass_fields__}
    for name in MOMENTS:
        if isinstance(found.get(name), str):
            found[name] = datetime.fromisoformat(found[name]).astimezone(UTC)
    return replace(PublicPages(), **found)


def as_data(settings: PublicPages) -> dict[str, Any]:
    """The same as plain values."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(settings).items()
    }


def check(settings: PublicPages, *, has_channel: bool) -> Iterator[Refusal]:
    """What speaks against these settings."""
    if settings.form and not has_channel:
        yield refused("no_channel", "form")
    if not 1 <= settings.per_address <= MOST_FROM_ONE:
        yield refused("between", "per_address", lowest=1, highest=MOST_FROM_ONE)
    if not 1 <= settings.overall <= MOST_OF_ALL:
        yield refused("between", "overall", lowest=1, highest=MOST_OF_ALL)
    elif settings.overall < settings.per_address:
        yield refused("less_than_one", "overall")
    for name, longest in (("notice", LONGEST_NOTICE), ("announcement", LONGEST_ANNOUNCEMENT)):
        texts = {f"{name}_{code}": str(getattr(settings, f"{name}_{code}")) for code in ("zh", "en")}
        if any(texts.values()):
            yield from (refused("both_languages", field) for field, text in texts.items() if not text.strip())
        yield from (refused("too_long", field, n=longest) for field, text in texts.items() if len(text) > longest)
    begin, end = settings.announcement_from, settings.announcement_until
    if begin is not None and end is not None and end <= begin:
        yield refused("until_before_from", "announcement_until")


def refused(reason: str, field: str, **params: object) -> Refusal:
    """Why the settings are not kept, at its field."""
    return Refusal(f"public_pages.refused.{reason}", params, field, 422)


def hour_wait(most: int, tries: Iterable[datetime], at: datetime) -> datetime | None:
    """When the next one is let in, None for at once: no more than ``most`` within an hour."""
    counted = sorted(one for one in tries if at - one < HOUR)
    return None if len(counted) < most else counted[-most] + HOUR


def minutes_until(until: datetime, at: datetime) -> int:
    """How many minutes to wait, as a customer is told: never none."""
    return max(1, ceil((until - at) / timedelta(minutes=1)))


def refuse_pace(made: datetime | None, at: datetime, *, trapped: bool) -> Refusal | None:
    """Why a form is not taken for what a person filled in: it is nobody's, too old, too quick, or holds what only
    a program fills in.
    """
    if made is None or at - made > FORM_HOLDS or made > at:
        return Refusal("public.refused.old_form", status=422)
    if trapped:
        return Refusal("public.refused.trapped", status=422)
    if at - made < QUICKEST:
        return Refusal("public.refused.quick", status=422)
    return None


def refuse_sent(texts: Mapping[str, str], *, consents: bool, files: int) -> list[Refusal]:
    """What a customer must say: what it is about, what happened, name and phone, and that they agree."""
    needed = ("category", "what", "customer_name", "contact_phone")
    found = [
        Refusal("public.refused.missing", {"field": Message(f"public.field.{code}")}, code, 422)
        for code in needed
        if not str(texts.get(code) or "").strip()
    ]
    if not consents:
        found.append(Refusal("public.refused.consent", field="consent", status=422))
    if files > MOST_FILES:
        found.append(Refusal("public.refused.many_files", {"n": MOST_FILES}, "files", 422))
    return found
