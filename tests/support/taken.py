"""A table that was taken along as a workbook, read again."""

from __future__ import annotations

import io
from typing import Any

from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse


def rows_of(answer: TestResponse) -> list[list[Any]]:
    """The rows of the first sheet, heads included."""
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
