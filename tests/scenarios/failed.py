"""The one way in which a scenario fails."""


class Failed(Exception):  # noqa: N818 - a scenario has failed
    """What was promised did not happen, or something else did."""
