"""How many dossiers two processes print a minute, beside the renderer alone in two processes on the same HTML.

    python -m benchmarks.presses [DOSSIERS]

An invented dossier of all parts, in copies that differ in their number.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context

from backoffice.reports import pdf
from backoffice.reports.dossier import STYLESHEETS, DossierContent, dossier_html, print_dossier
from backoffice.reports.presses import WORKERS, print_many
from policies.message import Message
from tests.support.dossiers import chinese_dossier, sayer

ROUNDS = 3


def main() -> int:
    """Prints one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dossiers", nargs="?", type=int, default=60)
    asked = parser.parse_args()
    contents = [replace(chinese_dossier(), number=f"TS20260901-{place:04}") for place in range(asked.dossiers)]
    pages = print_dossier(contents[0], sayer("zh_Hans")).pages
    ours, alone = [], []
    for _ in range(ROUNDS):
        alone.append(_timed(_alone, contents))
        ours.append(_timed(_pooled, contents))
    mine, theirs = (60 * len(contents) / statistics.median(taken) for taken in (ours, alone))
    print(f"| {len(contents)} dossiers of {pages} pages, {WORKERS} processes | dossiers a minute | ratio of time |")
    print("| --- | ---: | ---: |")
    print(f"| the renderer alone | {theirs:.0f} | 1.00 |")
    print(f"| printed as the desk prints | {mine:.0f} | {theirs / mine:.2f} |")
    return 0


def _timed(print_all: object, contents: Sequence[DossierContent]) -> float:
    began = time.monotonic()
    print_all(contents)  # type: ignore[operator]
    return time.monotonic() - began


def _pooled(contents: Sequence[DossierContent]) -> None:
    for _printed in print_many(contents, speak):
        pass


def _alone(contents: Sequence[DossierContent]) -> None:
    pages = [dossier_html(content, sayer(content.language)) for content in contents]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        for _document in pool.map(render_alone, pages):
            pass


def render_alone(html: str) -> int:
    """The same page by the renderer and nothing else, with one font configuration for the process, as is its best."""
    import weasyprint

    styles = [str(pdf.STATIC / name) for name in STYLESHEETS]
    page = weasyprint.HTML(string=html, base_url=str(pdf.STATIC))
    return len(page.write_pdf(font_config=_fonts(), stylesheets=styles, pdf_variant=pdf.VARIANT))


@cache
def _fonts() -> object:
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


def speak(message: Message, language: str) -> str:
    """The words of a language, by a function that another process finds."""
    return sayer(language)(message)


if __name__ == "__main__":
    sys.exit(main())
