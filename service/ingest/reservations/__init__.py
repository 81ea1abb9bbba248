"""Reservations of rights as the world writes them: readers of what was fetched, a signal a file, and the crosswalk of their words."""
