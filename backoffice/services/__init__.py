"""Commands: load, let a rule decide, change, append the event; the caller commits once."""
