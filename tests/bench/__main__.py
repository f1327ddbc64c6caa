"""Run the benchmarks and print ratios beside their targets."""

from __future__ import annotations

import argparse
import os
import platform

from tests.bench import booking, door, matching, start

ALL = {"start": start, "matching": matching, "booking": booking, "door": door}


def main() -> None:
    parser = argparse.ArgumentParser(description="paired ratios of the product against bare yardsticks")
    parser.add_argument("name", nargs="?", choices=list(ALL), help="one benchmark; all without")
    parser.add_argument("--turns", type=int, default=3, help="turns per yardstick; the median is printed")
    chosen = parser.parse_args()
    print(f"machine: {platform.node()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, module in ALL.items():
        if chosen.name in (None, name):
            print(f"\n== {name}")
            module.run(chosen.turns)


if __name__ == "__main__":
    main()
