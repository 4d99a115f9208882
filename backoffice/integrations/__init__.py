"""The outside world: files, tables that come in, messages that go out."""
