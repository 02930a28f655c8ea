"""Learning by many small matrix products is done on one thread.

BLAS shares a product among threads that wait for one another by spinning. Of products that take microseconds that gains
nothing, and where other processes have the cores it costs everything: beside three of them on two cores a training of
the recurrent model took 178 s on two threads and 15 s on one. Sums on one thread are also the same however many cores a
machine has, and so are models.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import threadpool_limits

P = ParamSpec("P")
T = TypeVar("T")


def on_one_thread(function: Callable[P, T]) -> Callable[P, T]:
    """The function, with BLAS on one thread while it runs; other threads of the process are limited meanwhile, too."""

    @wraps(function)
    def limited(*args: P.args, **kwargs: P.kwargs) -> T:
        with threadpool_limits(limits=1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
