"""Reads: what pages, papers and commands look up; nothing here changes anything."""
