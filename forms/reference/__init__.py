"""Forms of the office's own data: they read what was typed; the services say whether it may stand, field by field."""
