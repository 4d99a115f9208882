"""The intake script in the original record of a dossier (R7, R22): what was asked, answered, and what it meant."""

from __future__ import annotations

from backoffice.reports.blocks import Block, Column, Grid, Subheading, Text
from backoffice.services.core.script_ways import way_of
from backoffice.services.dossier.source import Source, label, value
from policies.message import Message


def asked(source: Source) -> tuple[Block, ...]:
    """The way that the answers took, with the version of the script and its end; nothing where none was asked."""
    blocks: list[Block] = []
    for row in source.holdings.script_ways:
        script, way = way_of(source.case, row)
        rows = tuple(
            (
                value(step.question.ask),
                value(step.answer.answer),
                source.veil.text(step.note),
                value(step.answer.means),
            )
            for step in way.steps
        )
        if not rows:
            continue
        end: Text = label(row.end) or Message("dossier.form.script_open")
        told = {"script": value(script.name), "version": script.version, "end": end}
        blocks += [Subheading(Message("dossier.form.script", told)), Grid(_columns(), rows)]
    return tuple(blocks)


def _columns() -> tuple[Column, ...]:
    return (
        Column(Message("dossier.field.script_question"), 32),
        Column(Message("dossier.field.script_answer"), 19),
        Column(Message("dossier.field.script_note"), 26),
        Column(Message("dossier.field.script_means"), 23),
    )
