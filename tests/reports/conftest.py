"""Tests of reports print, and read back what was printed."""

from tests.support.printing import printing, read_back

__all__ = ["printing", "read_back"]
