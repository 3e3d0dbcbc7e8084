"""`tf.cast` between booleans, integers and floats, as NumPy converts them on x86.

What C leaves undefined, a float beyond the range of an integer, becomes what x86's conversion to 32
or 64 bits gives, the least integer, cut to the bits that there are.
"""

from __future__ import annotations

from tapeflow.engine.backends.llvm.text import Val, vector_type
from tapeflow.engine.backends.llvm.vector_math.operations import (
    NARROW,
    Operations,
    Unsupported,
    supported,
)
from tapeflow.engine.core.dtypes import (
    DType,
    float16,
    float32,
    float64,
    int32,
    int64,
    uint64,
)


def round_to(b: Operations, x: Val, dtype: DType) -> Val:
    """A float32 rounded to a 16-bit float's precision and range; it stays a float32."""
    if dtype not in NARROW:
        return x
    return b.code.from_memory(b.code.to_memory(x, dtype), dtype, x.lanes)


def cast(b: Operations, x: Val, dtype: DType) -> Val:
    """Conversion; a 16-bit float is a float32 with a value that the narrow dtype has."""
    if not supported(dtype) or not supported(x.dtype):
        raise Unsupported(f"a cast from {x.dtype.name} to {dtype.name}")
    if x.dtype is dtype:
        return x
    if dtype.is_bool:
        return b.ne(x, b.const(0, x))
    if dtype.is_floating:
        if dtype is float16 and x.dtype is float64:
            x = _rounded_to_odd(b, x)
        return round_to(b, _to_float(b, x, float64 if dtype is float64 else float32), dtype)
    if x.dtype.is_floating:
        return _float_to_whole(b, x, dtype)
    if x.dtype.is_bool:
        return b.converted("zext", x, dtype)
    if dtype.size == x.dtype.size:
        return Val(x.text, dtype, x.lanes)
    if dtype.size < x.dtype.size:
        return b.converted("trunc", x, dtype)
    return b.converted("zext" if x.dtype.is_unsigned else "sext", x, dtype)


def bitcast(b: Operations, x: Val, dtype: DType) -> Val:
    """The same bits as another dtype of the same size, 32 or 64 bits."""
    kind = vector_type(dtype, x.lanes)
    if vector_type(x.dtype, x.lanes) == kind:
        return Val(x.text, dtype, x.lanes)
    return Val(b.code.op(f"bitcast {x.type} {x.text} to {kind}"), dtype, x.lanes)


def _to_float(b: Operations, x: Val, dtype: DType) -> Val:
    if x.dtype is dtype:
        return x
    if x.dtype.is_floating:
        return b.converted("fpext" if dtype is float64 else "fptrunc", x, dtype)
    signed = not (x.dtype.is_unsigned or x.dtype.is_bool)
    return b.converted("sitofp" if signed else "uitofp", x, dtype)


def _rounded_to_odd(b: Operations, x: Val) -> Val:
    """The float32 next to x that is nearer to 0, with its last bit set unless it equals x.

    Rounding that once more, to fewer bits, gives what rounding x itself gives.
    """
    near = b.converted("fptrunc", x, float32)
    back = b.converted("fpext", near, float64)
    bits = b.bits_of(near)
    one, none = b.const(1, bits), b.const(0, bits)
    further = b.gt(b.abs(back), b.abs(x))
    odd = b.or_(b.sub(bits, b.select(further, one, none)), one)
    # Infinities and NaN stay: what is beyond float32 is beyond float16 as well.
    inexact = b.lt(b.abs(b.sub(back, x)), b.const(float("inf"), x))
    inexact = b.and_(inexact, b.ne(back, x))
    return b.float_of(b.select(inexact, odd, bits))


def _float_to_whole(b: Operations, x: Val, dtype: DType) -> Val:
    if dtype is uint64:
        # The upper half of the range is taken down first.
        limit = b.const(2.0**63, x)
        upper = b.ge(x, limit)
        whole = _to_signed(b, b.select(upper, b.sub(x, limit), x), int64)
        top = b.const(-1 << 63, whole)
        whole = b.xor(whole, b.select(upper, top, b.const(0, whole)))
        return Val(whole.text, dtype, x.lanes)
    # 32 bits of x86's 64 where the numbers have no sign.
    wide = int64 if dtype.size == 8 or (dtype.size == 4 and dtype.is_unsigned) else int32
    whole = _to_signed(b, x, wide)
    if wide.size == dtype.size:
        return Val(whole.text, dtype, x.lanes)
    return b.converted("trunc", whole, dtype)


def _to_signed(b: Operations, x: Val, dtype: DType) -> Val:
    limit = b.const(2.0 ** (8 * dtype.size - 1), x)
    whole = b.converted("fptosi", x, dtype)
    # LLVM says nothing of the result out of range: it must not be used.
    return b.select(b.lt(b.abs(x), limit), whole, b.const(-1 << (8 * dtype.size - 1), whole))
