"""Capabilities, one a file, named verb_noun. An action changes one thing and claims nothing: checks verify."""
