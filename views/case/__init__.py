"""The page of a complaint and the forms of its actions."""
