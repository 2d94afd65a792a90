"""How much one request may hold. Bodies are bounded before; these bound what is made of them."""

ATTRIBUTES = 10_000
"""Attributes of a span, of an event, of a resource. What is above is left out, and counted."""

ENTRIES = 10_000
"""Events of a span, and links of a span."""

DEPTH = 32
"""Lists and objects within one another, in a value. Official parsers read no more: their 100
messages are 32 levels of objects."""

TOO_DEEP = f"(nested more than {DEPTH} levels deep)"
"""Stands for a list or an object that is deeper down."""

PARTS = 1 << 19
"""Resources, scopes, spans and what else is looked at one by one in a request. An empty span takes
2 bytes as it is sent, and 200 when it is read."""

FAR = 1 << 62
"""Nanoseconds: the year 2116. Later times do not fit the index."""
