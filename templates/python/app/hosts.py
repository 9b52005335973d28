"""The names under which the service answers."""

import re

# Names of the loopback, which a browser resolves itself.
_LOOPBACK = re.compile(r"localhost|([\w-]+\.)+localhost|127\.0\.0\.1|\[::1\]")


def is_served(host: str, allowed: tuple[str, ...] | None) -> bool:
    """A page whose name leads to this machine must not read its answers. None: any name."""
    name = re.sub(r":[0-9]*$", "", host.lower())
    return allowed is None or _LOOPBACK.fullmatch(name) is not None or name in allowed
