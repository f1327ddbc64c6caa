"""``python -m api`` is the ``qiantai`` command."""

from api.commands import main

if __name__ == "__main__":
    main()
