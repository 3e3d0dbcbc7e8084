"""Hash functions of byte strings: FarmHash Fingerprint64, MurmurHash64A, SipHash.

Sources: G. Pike, FarmHash (the fingerprint function for strings, fixed for ever); A. Appleby,
MurmurHash2, 64-bit version A; J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF"
(2012), with 2 rounds for each word and 4 at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

MASK = 2**64 - 1
K0 = 0xC3A5C85C97CB3127
K1 = 0xB492B66FBE98F273
K2 = 0x9AE16A3B2F90404F


def _rotate(x: int, by: int) -> int:
    """To the right."""
    return ((x >> by) | (x << (64 - by))) & MASK if by else x


def _word(s: bytes, at: int) -> int:
    return int.from_bytes(s[at : at + 8], "little")


def _half_word(s: bytes, at: int) -> int:
    return int.from_bytes(s[at : at + 4], "little")


def _shift_mix(x: int) -> int:
    return x ^ (x >> 47)


def _mix(u: int, v: int, factor: int) -> int:
    a = ((u ^ v) * factor) & MASK
    a ^= a >> 47
    b = ((v ^ a) * factor) & MASK
    b ^= b >> 47
    return (b * factor) & MASK


def _up_to_16(s: bytes) -> int:
    n = len(s)
    if n >= 8:
        factor = K2 + n * 2
        a = (_word(s, 0) + K2) & MASK
        b = _word(s, n - 8)
        c = (_rotate(b, 37) * factor + a) & MASK
        d = ((_rotate(a, 25) + b) * factor) & MASK
        return _mix(c, d, factor)
    if n >= 4:
        factor = K2 + n * 2
        return _mix(n + (_half_word(s, 0) << 3), _half_word(s, n - 4), factor)
    if n > 0:
        y = s[0] + (s[n >> 1] << 8)
        z = n + (s[n - 1] << 2)
        return (_shift_mix((y * K2 ^ z * K0) & MASK) * K2) & MASK
    return K2


def _up_to_32(s: bytes) -> int:
    n = len(s)
    factor = K2 + n * 2
    a = (_word(s, 0) * K1) & MASK
    b = _word(s, 8)
    c = (_word(s, n - 8) * factor) & MASK
    d = (_word(s, n - 16) * K2) & MASK
    return _mix(
        (_rotate((a + b) & MASK, 43) + _rotate(c, 30) + d) & MASK,
        (a + _rotate((b + K2) & MASK, 18) + c) & MASK,
        factor,
    )


def _up_to_64(s: bytes) -> int:
    n = len(s)
    factor = K2 + n * 2
    a = (_word(s, 0) * K2) & MASK
    b = _word(s, 8)
    c = (_word(s, n - 8) * factor) & MASK
    d = (_word(s, n - 16) * K2) & MASK
    y = (_rotate((a + b) & MASK, 43) + _rotate(c, 30) + d) & MASK
    z = _mix(y, (a + _rotate((b + K2) & MASK, 18) + c) & MASK, factor)
    e = (_word(s, 16) * factor) & MASK
    f = _word(s, 24)
    g = ((y + _word(s, n - 32)) * factor) & MASK
    h = ((z + _word(s, n - 24)) * factor) & MASK
    return _mix(
        (_rotate((e + f) & MASK, 43) + _rotate(g, 30) + h) & MASK,
        (e + _rotate((f + a) & MASK, 18) + g) & MASK,
        factor,
    )


def _weak_pair(s: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """A quick hash of 32 bytes with two seeds."""
    w, x, y, z = (_word(s, at + i) for i in (0, 8, 16, 24))
    a = (a + w) & MASK
    b = _rotate((b + a + z) & MASK, 21)
    c = a
    a = (a + x + y) & MASK
    b = (b + _rotate(a, 44)) & MASK
    return (a + z) & MASK, (b + c) & MASK


def fingerprint64(s: bytes) -> int:
    """FarmHash's Fingerprint64."""
    n = len(s)
    if n <= 16:
        return _up_to_16(s)
    if n <= 32:
        return _up_to_32(s)
    if n <= 64:
        return _up_to_64(s)
    x = seed = 81
    y = (seed * K1 + 113) & MASK
    z = (_shift_mix((y * K2 + 113) & MASK) * K2) & MASK
    v = (0, 0)
    w = (0, 0)
    x = (x * K2 + _word(s, 0)) & MASK
    end = (n - 1) // 64 * 64
    last = n - 64
    at = 0
    while at != end:
        x = (_rotate((x + y + v[0] + _word(s, at + 8)) & MASK, 37) * K1) & MASK
        y = (_rotate((y + v[1] + _word(s, at + 48)) & MASK, 42) * K1) & MASK
        x ^= w[1]
        y = (y + v[0] + _word(s, at + 40)) & MASK
        z = (_rotate((z + w[0]) & MASK, 33) * K1) & MASK
        v = _weak_pair(s, at, (v[1] * K1) & MASK, (x + w[0]) & MASK)
        w = _weak_pair(s, at + 32, (z + w[1]) & MASK, (y + _word(s, at + 16)) & MASK)
        z, x = x, z
        at += 64
    factor = K1 + ((z & 0xFF) << 1)
    at = last
    w = ((w[0] + ((n - 1) & 63)) & MASK, w[1])
    v = ((v[0] + w[0]) & MASK, v[1])
    w = ((w[0] + v[0]) & MASK, w[1])
    x = (_rotate((x + y + v[0] + _word(s, at + 8)) & MASK, 37) * factor) & MASK
    y = (_rotate((y + v[1] + _word(s, at + 48)) & MASK, 42) * factor) & MASK
    x ^= (w[1] * 9) & MASK
    y = (y + v[0] * 9 + _word(s, at + 40)) & MASK
    z = (_rotate((z + w[0]) & MASK, 33) * factor) & MASK
    v = _weak_pair(s, at, (v[1] * factor) & MASK, (x + w[0]) & MASK)
    w = _weak_pair(s, at + 32, (z + w[1]) & MASK, (y + _word(s, at + 16)) & MASK)
    z, x = x, z
    return _mix(
        (_mix(v[0], w[0], factor) + _shift_mix(y) * K0 + z) & MASK,
        (_mix(v[1], w[1], factor) + x) & MASK,
        factor,
    )


def murmur64(s: bytes, seed: int = 0xDECAFCAFFE) -> int:
    """MurmurHash64A; the seed is that of TensorFlow."""
    factor = 0xC6A4A7935BD1E995
    n = len(s)
    h = (seed ^ (n * factor)) & MASK
    whole = n // 8 * 8
    for at in range(0, whole, 8):
        k = (_word(s, at) * factor) & MASK
        k = (_shift_mix(k) * factor) & MASK
        h = ((h ^ k) * factor) & MASK
    if n & 7:
        h = ((h ^ int.from_bytes(s[whole:], "little")) * factor) & MASK
    h = (_shift_mix(h) * factor) & MASK
    return _shift_mix(h)


def _sip_round(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    v0 = (v0 + v1) & MASK
    v1 = _rotate(v1, 51) ^ v0
    v0 = _rotate(v0, 32)
    v2 = (v2 + v3) & MASK
    v3 = _rotate(v3, 48) ^ v2
    v0 = (v0 + v3) & MASK
    v3 = _rotate(v3, 43) ^ v0
    v2 = (v2 + v1) & MASK
    v1 = _rotate(v1, 47) ^ v2
    return v0, v1, _rotate(v2, 32), v3


def sip_hash(key: Sequence[int], s: bytes) -> int:
    """SipHash-2-4 with a key of two 64-bit words."""
    k0, k1 = key[0] & MASK, key[1] & MASK
    state = (
        k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573,
    )  # fmt: skip
    whole = len(s) // 8 * 8
    words = [_word(s, at) for at in range(0, whole, 8)]
    words.append(int.from_bytes(s[whole:], "little") | (len(s) & 0xFF) << 56)
    for word in words:
        v0, v1, v2, v3 = state
        state = _sip_round(*_sip_round(v0, v1, v2, v3 ^ word))
        state = (state[0] ^ word, *state[1:])
    v0, v1, v2, v3 = state
    state = (v0, v1, v2 ^ 0xFF, v3)
    for _ in range(4):
        state = _sip_round(*state)
    v0, v1, v2, v3 = state
    return v0 ^ v1 ^ v2 ^ v3
