"""Very many complaints at once, for benchmarks and tests: ``fill`` puts them into an office with their lives."""

from benchmarks.many.filling import Filled, fill
from benchmarks.many.words import COMMON, RARE

__all__ = ["COMMON", "RARE", "Filled", "fill"]
