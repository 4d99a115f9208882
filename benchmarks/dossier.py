"""How long a dossier takes to print, beside the renderer alone on the same HTML, stylesheet and variant.

    python -m benchmarks.dossier [RUNS]

Processor seconds, median of RUNS (default 7), warm. Aim: at most 1.15 times the renderer alone.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import weasyprint
from weasyprint.text.fonts import FontConfiguration

from backoffice.reports import pdf
from backoffice.reports.dossier import STYLESHEETS, DossierContent, dossier_html, print_dossier
from tests.support.dossiers import chinese_dossier, english_dossier, long_dossier, sayer


def main() -> None:
    """Prints one line a document."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    fonts = FontConfiguration()
    for name, content, language in (
        ("English, short", english_dossier(), "en"),
        ("Chinese, all parts", chinese_dossier(), "zh_Hans"),
        ("Chinese, 400 events", long_dossier(), "zh_Hans"),
    ):
        compare(name, content, language, fonts, runs)


def compare(name: str, content: DossierContent, language: str, fonts: FontConfiguration, runs: int) -> None:
    """Both ways in turn, so that a busy machine slows both."""
    say = sayer(language)
    html = dossier_html(content, say)

    def alone() -> None:
        document = weasyprint.HTML(string=html, base_url=str(pdf.STATIC))
        styles = [str(pdf.STATIC / name) for name in STYLESHEETS]
        document.write_pdf(font_config=fonts, stylesheets=styles, pdf_variant=pdf.VARIANT)

    pages = print_dossier(content, say).pages
    alone()
    times: dict[Callable[[], object], list[float]] = {alone: [], (ours := lambda: print_dossier(content, say)): []}
    for _ in range(runs):
        for way, taken in times.items():
            start = time.process_time()
            way()
            taken.append(time.process_time() - start)
    mine, theirs = statistics.median(times[ours]), statistics.median(times[alone])
    print(f"{name}: {pages} pages, {mine:.2f} s; the renderer alone {theirs:.2f} s; ratio {mine / theirs:.2f}")


if __name__ == "__main__":
    main()
