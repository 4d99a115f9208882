"""Questions to the tables, each bounded: lists, counts, searches. They read and never write."""
