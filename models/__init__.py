"""The office's memory: verbs of one transaction each, over tables; the rules they ask are pure and live in ``rules``.

Imports ``knowledge``; never ``bot`` or ``api``. Nothing here talks to WeChat: verbs write rows.
"""
