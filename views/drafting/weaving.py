"""Gives every long form of every page its draft, in the one place through which all pages go (R40).

A form in which much is typed gets a token that says which form it is, a line that says what is kept of it, a button
that keeps it, and is filled in with a draft when the address asks for one. The page that shows it does nothing for it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from html import unescape

from flask import Flask, Response, g, render_template, request
from markupsafe import Markup

from policies.draft import keeps_a_draft
from views.drafting import comparing, keeping, opening, quicker
from views.drafting.comparing import Compared, Comparison
from views.drafting.keeping import Shown
from views.drafting.markup import FormMarkup, forms_of
from views.logging import facts

log = logging.getLogger("desk.drafts")
OFF = "data-draft-off"
EDITING = ".edit_view"
AGAIN = "data-resend"
KEEPING = "drafts.keep"
MOST_BYTES = 1_000_000
"""So much may be sent to be kept at once."""
SHOWN = 3
"""So many older drafts are offered at the head of a form; the others stand among one's drafts."""
_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.DOTALL)
_TAGS = re.compile(r"<[^>]+>")
_MAIN = re.compile(r"<main\b[^>]*>")
_BUTTON = re.compile(r"</button>")


def keeps(form: FormMarkup) -> bool:
    """Whether a form of a page keeps what is typed into it."""
    return (
        form.posts
        and OFF not in form.attributes
        and AGAIN not in form.attributes
        and keeps_a_draft(form.long_texts(), form.fields())
        and not form.asks_a_secret
    )


def weave(response: Response) -> Response:
    """After each request."""
    if g.get("actor") is None or comparing.INNER in request.environ:
        return response
    sent = keeping.sent()
    kept = keeping.settle(sent, response) if sent is not None else False
    if response.mimetype != "text/html" or response.is_streamed or 300 <= response.status_code < 400:
        return response
    try:
        text = _page(response.get_data(as_text=True), sent, kept=kept)
    except Exception:  # the page is whole without it
        log.exception("page without drafts", extra={"desk": facts()})
        return response
    if text is not None:
        response.set_data(text)
    return response


def _page(text: str, sent: opening.Opened | None, *, kept: bool) -> str | None:
    """A page with drafts in its forms; None where nothing is to be added to it."""
    forms = [form for form in forms_of(text) if _has_or_had(form, sent)] if "<form" in text else []
    if forms:
        text = _woven(text, forms, sent)
    if kept and sent is not None and not any(_key(form) == opening.sent_to(sent) for form in forms):
        text = _told(text)
    return text if forms or kept else None


def _has_or_had(form: FormMarkup, sent: opening.Opened | None) -> bool:
    """Long ones, those that change a record, and the last question before a long one is carried out."""
    return (
        keeps(form)
        or _changes(form)
        or (sent is not None and form.posts and AGAIN not in form.attributes and _key(form) == opening.sent_to(sent))
    )


def _changes(form: FormMarkup) -> bool:
    """Whether a form changes a record that others may change at the same time."""
    return (
        form.posts and OFF not in form.attributes and (request.endpoint or "").endswith(EDITING) and form.fields() > 0
    )


def _key(form: FormMarkup) -> str:
    return opening.key_of(form.attributes.get("action") or request.full_path)


def _keys(forms: list[FormMarkup]) -> list[str]:
    """Which form each of them is; those that are sent to one address are told apart by what they hold unseen."""
    plain = [_key(form) for form in forms]
    found = []
    for form, key in zip(forms, plain, strict=True):
        if key and plain.count(key) > 1:
            unseen = [one.values[0] for one in form.controls if one.kind == "hidden" and one.name in TELLING]
            found.append(f"{key}#{'-'.join(unseen)}"[: opening.LONGEST])
        else:
            found.append(key)
    return found


TELLING = ("id", "item", "line", "step", "order", "act", "code", "part")
"""Hidden fields that tell forms apart which are sent to one address."""


def _woven(text: str, forms: list[FormMarkup], sent: opening.Opened | None) -> str:
    keys = _keys(forms)
    drafts = keeping.of_page(keys)
    title = _heading(text)
    parts, at = [], 0
    for form, key in zip(forms, keys, strict=True):
        if not key:
            continue
        parts += [text[at : form.start], _with_draft(form, key, title, drafts, sent)]
        at = form.start + len(form.markup)
    whole = "".join([*parts, text[at:]])
    foot = render_template("drafts/_foot.html", drafts=[one for key in keys for one in drafts.get(key, ())])
    return whole.replace("</main>", f"{foot}</main>", 1)


def _with_draft(
    form: FormMarkup, key: str, title: str, drafts: Mapping[str, list[Shown]], sent: opening.Opened | None
) -> str:
    """The form with its token; filled in where a draft is asked for."""
    every = drafts.get(key, [])
    wanted = request.args.get(opening.FIELD) if request.method == "GET" else None
    restored = next((one for one in every if str(one.id) == wanted), None)
    if restored is not None:
        own = restored.form
        markup = form.filled(restored.values)
    else:
        own = sent if sent is not None and sent.form == key else opening.new(key, opening.page_here(), title)
        markup = form.markup
    older = [one for one in every if one.form.sitting != own.sitting][:SHOWN]
    long = keeps(form)
    start = _start_of(form, restored)
    if sent is not None and sent.form == key and comparing.refused() and (both := _compared(form, own)) is not None:
        own, markup, start = opening.anew(own), both.markup, both.start
        fields: list[Compared] = both.fields
    else:
        fields = []
    head = render_template(
        "drafts/_head.html", token=opening.written(own), own=own, restored=restored, older=older if long else [],
        addresses={one.id: address_of(one) for one in older}, start=start, fields=fields,
        meanwhile=comparing.said_meanwhile() if sent is not None and sent.form == key else [],
    )  # fmt: skip
    cut = form.opening_end
    opened = markup[:cut].replace("<form", "<form data-draft", 1) if long else markup[:cut]
    return opened + head + (_with_button(markup[cut:]) if long else markup[cut:])


def _start_of(form: FormMarkup, restored: Shown | None) -> str:
    """What stood in the form when it was opened, to be laid beside it; empty where no state of a record is named."""
    if restored is not None:
        return next((value for name, value in restored.values if name == comparing.START), "")
    if request.method == "POST":
        return request.form.get(comparing.START, "")[: comparing.LONGEST]
    return comparing.packed(form.values()) if comparing.names_a_state(form) or _changes(form) else ""


def _compared(form: FormMarkup, own: opening.Opened) -> Comparison | None:
    """Both versions of a form that was refused because somebody else was quicker; None where there is no page of it."""
    try:
        quicker.tell()
        stands = comparing.as_it_stands(own.page, form.attributes.get("action", "")) if own.page else None
    except Exception:  # the form itself is there with what was typed; the comparison is a help
        log.exception("form not compared", extra={"desk": facts()})
        return None
    start = comparing.unpacked(request.form.get(comparing.START))
    return None if stands is None else comparing.compare(form, stands, start)


def _with_button(inside: str) -> str:
    """The button that keeps the form, behind the first that sends it, so that the return key still sends."""
    button = Markup(render_template("drafts/_button.html"))  # noqa: S704 (a template of ours, escaped by itself)
    bar = inside.rfind('class="actionbar"')
    found = _BUTTON.search(inside, max(bar, 0)) if bar >= 0 else None
    if found is None:
        cut = inside.rindex("</form>")
        return f'{inside[:cut]}<div class="draft-bar">{button}</div>{inside[cut:]}'
    return f"{inside[: found.end()]} {button}{inside[found.end() :]}"


def address_of(draft: Shown) -> str:
    """The page of a form, filled in with a draft; empty where the form has no page of its own."""
    page = draft.form.page
    return f"{page}{'&' if '?' in page else '?'}{opening.FIELD}={draft.id}" if page else ""


def _told(text: str) -> str:
    """A page without the form, which says where what was typed lies."""
    line = render_template("drafts/_kept.html")
    return _MAIN.sub(lambda found: found[0] + line, text, count=1)


def _heading(text: str) -> str:
    found = _HEADING.search(text)
    return " ".join(unescape(_TAGS.sub("", found[1])).split()) if found else ""


def _bound() -> None:
    """What is sent to be kept without saying how long it is, is read no further than this."""
    if request.endpoint == KEEPING and request.content_length is None:
        request.max_content_length = MOST_BYTES


def init_app(app: Flask) -> None:
    """Makes every page of the application go through here; bounds what is kept before anything reads it."""
    app.before_request(_bound)
    app.after_request(weave)
