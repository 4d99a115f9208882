"""Drafts of forms (R40): every long form of a page keeps what is typed into it, without the page doing anything."""
