"""Both languages are complete: the same keys, no text missing, every text that is asked for is there."""

import re
from enum import StrEnum

import pytest

from policies import vocabulary
from policies.vocabulary import label_key
from tests.support.catalogue import FORMS, LANGUAGES, PLACE, entries, places, rooms, texts, uses

ROOMS = sorted({room for language in LANGUAGES for room in rooms(language)})
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+")
FREE = {"n", "year", "month", "month_name", "day", "weekday"}  # a plural's number and a date are said as each does


def test_both_languages_have_the_same_rooms():
    assert set(rooms("zh_Hans")) == set(rooms("en"))


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_of_a_room_have_the_same_keys(room):
    assert entries("zh_Hans", room).keys() == entries("en", room).keys()


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_a_room_is_missing_or_left_in_doubt(language, room):
    source = rooms(language)[room].read_text(encoding="utf-8")
    assert re.findall(r"^#,.*\bfuzzy\b", source, re.MULTILINE) == []
    assert re.findall(r"^#~", source, re.MULTILINE) == []
    faults = [key for key, forms in entries(language, room).items()
              if not all(text.strip() for text in forms) or len(forms) not in {1, FORMS[language]}]  # fmt: skip
    assert faults == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_text_has_the_same_places_to_fill_in_both_languages(room):
    chinese, english = entries("zh_Hans", room), entries("en", room)
    faults = [key for key in chinese.keys() & english.keys()
              if (places(chinese[key]) ^ places(english[key])) - FREE]  # fmt: skip
    assert faults == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_percent_sign_is_a_place_or_is_doubled(language):
    faults = [key for key, forms in texts(language).items()
              if any("%" in PLACE.sub("", text).replace("%%", "") for text in forms)]  # fmt: skip
    assert faults == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_is_symbolic_and_stands_in_one_room_only(language):
    seen = {}
    for room in rooms(language):
        for key in entries(language, room):
            assert KEY.fullmatch(key), key
            assert seen.setdefault(key, room) == room, f"{key} stands in {seen[key]} and in {room}"


def test_the_english_texts_hold_no_chinese():
    chinese = re.compile(r"[\u3400-\u9fff]")
    # The name of a language is written in that language, and the seal bears the office's character.
    apart = ("language.", "label.language.", "layout.language.", "layout.seal")
    assert [
        key for key, forms in texts("en").items() if chinese.search("".join(forms)) and not key.startswith(apart)
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_asked_for_is_there(language):
    known = texts(language)
    assert [f"{use.where}: {use.key}" for use in uses() if use.key not in known] == []


def test_every_text_gets_what_it_has_places_for():
    known = texts("zh_Hans")
    faults = []
    for use in uses():
        if use.given is not None and use.key in known:
            # The reader of a file puts its name into every refusal that comes up from its parts.
            given = use.given | ({"file"} if use.key.startswith("import.file.") else set())
            faults += [f"{use.where}: {use.key} lacks {place}" for place in sorted(places(known[use.key]) - given)]
    assert faults == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_every_closed_set_has_a_label(language):
    sets = [kind for kind in vars(vocabulary).values() if isinstance(kind, type) and StrEnum in kind.__bases__]
    assert len(sets) > 10
    assert [label_key(value) for kind in sets for value in kind if label_key(value) not in texts(language)] == []
