"""Ground floor: the rules themselves, pure Python on plain values (no framework, no clock, no I/O)."""
