"""The voice: understands a turn, answers it, and speaks WeChat's protocol. Imports ``models`` and ``knowledge``."""
