"""Ways in and out: tables that are read, mappings of foreign columns, mail and files. Primitives only, no tables of ours."""
