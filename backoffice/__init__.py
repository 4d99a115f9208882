"""What is done and kept: tables, queries, papers, commands and jobs. Knows nothing of HTTP."""
