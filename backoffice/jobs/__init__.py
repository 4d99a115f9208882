"""Timed and queued work, and whole plays of the services; each calls a service."""
