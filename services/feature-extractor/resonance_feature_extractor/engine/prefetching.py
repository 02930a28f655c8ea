"""Asks the processor to fetch memory that will be read soon: users are many, and each event is of another one.

A look at memory that is in no cache takes as long as the rest of an event. Asked for some events ahead, it is there.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # it has none
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from resonance_feature_extractor.engine.compiled import inner

LINE_BYTES: Final = 64


@intrinsic
def prefetch(_context: Any, array: Any, at: Any) -> tuple[Any, Any]:
    """Fetches the memory line of the element at a place, which counts elements whatever the shape; changes nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", (place.type,), kind)
        # To be read; in all caches; data.
        builder.call(function, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@inner
def prefetch_row(array: NDArray[Any], row: int) -> None:
    """Fetches all lines of a row."""
    width = array.shape[1]
    for at in range(row * width, (row + 1) * width, LINE_BYTES // array.itemsize):
        prefetch(array, at)


@inner
def prefetch_entries(array: NDArray[np.int64], begin: int, length: int) -> None:
    """Fetches the first lines of some rows; what follows them the processor foresees."""
    width = array.shape[1]
    for at in range(begin * width, (begin + min(length, 8)) * width, LINE_BYTES // array.itemsize):
        prefetch(array, at)
