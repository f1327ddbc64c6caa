"""The ``qiantai`` command (命令行): exit code 0 done, 1 a check failed, 2 wrong usage; errors on stderr."""

from __future__ import annotations

import click

from api.cli import bookings, callbacks, catalogue, house, language, misses, tickets


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qiantai", message="%(version)s")
def main() -> None:
    """前台 Qiantai: 乡镇政务服务前台。"""


main.add_command(house.serve)
main.add_command(house.migrate)
main.add_command(house.doctor)
main.add_command(language.match)
main.add_command(language.evaluate)
main.add_command(catalogue.group)
main.add_command(misses.group)
main.add_command(callbacks.group)
main.add_command(bookings.group)
main.add_command(bookings.agents_group)
main.add_command(tickets.group)
