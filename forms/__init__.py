"""What may come in: forms for people, checked before anything is done with it."""
