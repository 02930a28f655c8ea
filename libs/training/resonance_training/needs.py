"""What learning needs at least. Apart from the learners, whose scikit-learn takes seconds to import."""

from __future__ import annotations

from typing import Final

LOAD_MINUTES: Final = 360
"""Consecutive minutes that the load is learned from; below, blocks are too short for what is learned from them to
hold."""

BEHAVIOUR_USERS: Final = 50
"""Users that kinds of users are learned from."""

BEHAVIOUR_ROWS: Final = 20
"""Rows of a user from which their median says what they ordinarily do."""
