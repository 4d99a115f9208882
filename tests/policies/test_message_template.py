"""R5, R8, R13, R16, R21: a text is saved only when every place in it is known and can be filled on its occasion."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from policies.message_template import OCCASIONS, TemplateFacts, check, filled, occasion_of, refuse_retire
from policies.sms_length import measure
from tests.support.sources import PROJECT

OFFICE = yaml.safe_load((PROJECT / "backoffice/office/messages.yaml").read_text(encoding="utf-8"))
KNOWN = {row["code"]: row["sample"] for row in OFFICE["placeholders"]}
GOOD = TemplateFacts(
    "ack_new", "受理", "Accepted", "ack", "sms", "", "", "{complaint_number}已受理", "{complaint_number} is accepted"
)


def facts_of(row):
    subject = row.get("subject", {"zh": "", "en": ""})
    return TemplateFacts(
        row["code"], row["name"]["zh"], row["name"]["en"], occasion_of(row["code"]), row["channel"],
        subject["zh"], subject["en"], row["body"]["zh"], row["body"]["en"],
    )  # fmt: skip


def why(**changes):
    return [(refusal.key, refusal.field) for refusal in check(replace(GOOD, **changes), KNOWN)]


@pytest.mark.parametrize("row", OFFICE["templates"], ids=lambda row: row["code"])
def test_R5_every_text_of_the_default_office_keeps_the_rules(row):
    facts = facts_of(row)
    assert list(check(facts, KNOWN)) == []
    assert facts.places == sorted(row["placeholders"])
    assert OCCASIONS[facts.occasion].kind == row["kind"]
    assert (OCCASIONS[facts.occasion].audience == "customer") is (row["audience"] == "customer")


@pytest.mark.parametrize(
    "row", [row for row in OFFICE["templates"] if row["channel"] == "sms"], ids=lambda r: r["code"]
)
def test_R5_with_the_samples_every_sms_of_the_default_office_goes_in_one_part(row):
    for language in ("zh", "en"):
        text = filled(row["body"][language], {code: sample[language] for code, sample in KNOWN.items()})
        assert measure(text).fits
        assert measure(text).characters <= {"zh": 70, "en": 160}[language]


REFUSED = [
    ({"body_zh": "您好{custmer_name}"}, "template.refused.unknown_place", "body_zh"),
    ({"body_en": "see {survey_link}"}, "template.refused.place_not_here", "body_en"),
    ({"body_zh": "您好{customer_name"}, "template.refused.braces", "body_zh"),
    ({"body_zh": "您好}"}, "template.refused.braces", "body_zh"),
    ({"body_zh": "{{customer_name}}"}, "template.refused.braces", "body_zh"),
    ({"body_zh": "{Customer Name}"}, "template.refused.braces", "body_zh"),
    ({"body_zh": "{}"}, "template.refused.braces", "body_zh"),
    ({"body_en": " \n"}, "template.refused.language_missing", "body_en"),
    ({"body_zh": ""}, "template.refused.language_missing", "body_zh"),
    ({"channel": "email", "subject_zh": "受理"}, "template.refused.subject_missing", "subject_en"),
    (
        {"channel": "email", "subject_zh": "受理", "subject_en": "{reason}"},
        "template.refused.place_not_here",
        "subject_en",
    ),
    ({"channel": "in_app"}, "template.refused.way", "channel"),
    ({"occasion": "birthday"}, "template.refused.occasion", "occasion"),
    ({"name_en": " "}, "template.refused.empty", "name_en"),
    ({"body_zh": "长" * 4001}, "template.refused.long", "body_zh"),
]


@pytest.mark.parametrize(("changes", "key", "field"), REFUSED)
def test_R5_a_text_that_could_not_be_sent_whole_is_refused_at_its_field(changes, key, field):
    assert why(**changes) == [(key, field)]


def test_R5_an_unknown_place_is_named_with_those_that_there_are():
    (refusal,) = check(replace(GOOD, body_zh="{no_such}"), KNOWN)
    assert refusal.params["place"] == "no_such"
    assert "complaint_number" in refusal.params["known"]
    assert "survey_link" not in refusal.params["known"]


def test_R26_the_last_text_that_tells_staff_something_stays():
    assert refuse_retire("warn_owner", 0) is not None
    assert refuse_retire("warn_owner", 1) is None
    assert refuse_retire("ack", 0) is None
