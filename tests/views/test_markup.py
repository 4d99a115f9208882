"""The forms of a page as their markup says them: what a browser would send, and the same form filled in (R40)."""

from __future__ import annotations

import pytest

from views.drafting.markup import forms_of

PAGE = """<h1>x</h1><form method="get"><input name="q" value="1"></form>
<form class="a" method="post" action="/x?a=1&amp;b=2">
<input type="hidden" name="csrf_token" value="t"><input name="line" type="text" value="a &amp; b">
<textarea class="c" name="story" rows="3">
old &lt;b&gt;</textarea>
<select name="one"><option value="">-</option><option selected value="x">X</option><option>Y &amp; Z</option></select>
<select name="many" multiple><option value="1" selected>1</option><option value="2">2</option></select>
<input type="checkbox" name="tick" value="y" checked><input type="radio" name="r" value="a"><input checked name="r" type="radio" value="b">
<input type="file" name="file"><input name="row" value="1"><input name="row" value="2"><button name="go" value="1">go</button>
</form>"""


@pytest.fixture
def form():
    return list(forms_of(PAGE))[1]


def test_R40_a_form_is_read_as_a_browser_would_send_it(form):
    assert form.attributes == {"class": "a", "method": "post", "action": "/x?a=1&b=2"}
    assert form.values() == {
        "csrf_token": ["t"], "line": ["a & b"], "story": ["old <b>"], "one": ["x"], "many": ["1"], "tick": ["y"],
        "r": ["b"], "row": ["1", "2"],
    }  # fmt: skip
    assert (form.long_texts(), form.fields(), form.posts) == (1, 7, True)


def test_R40_a_form_is_filled_in_with_what_was_typed(form):
    typed = [("line", '"><script>'), ("story", "\nnew\n</textarea><i>"), ("one", "Y & Z"), ("many", "2"), ("r", "a"),
             ("row", "3"), ("row", "4"), ("unknown", "x"), ("file", "c:/x")]  # fmt: skip
    filled = next(forms_of(form.filled(typed)))
    assert filled.values() == {
        "csrf_token": ["t"], "line": ['"><script>'], "story": ["\nnew\n</textarea><i>"], "one": ["Y & Z"], "many": ["2"],
        "r": ["a"], "row": ["3", "4"],
    }  # fmt: skip
    assert "<script>" not in filled.markup
    assert "<i>" not in filled.markup


def test_R40_what_was_not_typed_stays_as_it_is_and_ticks_go(form):
    filled = next(forms_of(form.filled([])))
    assert filled.values() == {key: one for key, one in form.values().items() if key not in ("tick", "r")}
