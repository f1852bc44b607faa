"""May we say it?  Who may ask, and what is answered here without asking anyone."""
