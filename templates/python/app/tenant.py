"""The number that names a tenant."""

import re

# Numbers above it are not exact in every language that the platform's services are written in.
MAX_TENANT = 2**53 - 1


def parse_tenant(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,15}", text) and int(text) <= MAX_TENANT else None
