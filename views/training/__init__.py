"""Pages of training (R34): the plan, sessions, what is due, people and their files, papers, one's own."""

from views.training import orders, own, papers, people, plan, sessions
from views.training.room import blueprint

__all__ = ["blueprint", "orders", "own", "papers", "people", "plan", "sessions"]
