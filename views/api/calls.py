"""All calls of the JSON API: importing this adds their addresses."""

from __future__ import annotations

from views.api import actions, blueprint, complaints, description, drafts, lists

__all__ = ["actions", "blueprint", "complaints", "description", "drafts", "lists"]
