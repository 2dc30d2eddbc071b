"""Behaviour of what is decided: the promises of the core, told as stories and tables."""
