"""Pages on which the inspected see their results and appeal, and on which appeals are decided (R29)."""
