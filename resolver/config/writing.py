"""Write a configuration as text that `parse` reads, without what is as it is anyway."""

from collections.abc import Iterator

from resolver.config.declared import Table, declared
from resolver.config.tables import Config


def written(config: Config) -> str:
    """Write the settings that differ from their defaults, a line each."""
    tables = declared().values()
    lines = [
        f"{table.name}.{line}"
        for table in tables
        if not table.many
        for line in _settings(table, getattr(config, table.name))
    ]
    for table in tables:
        if table.many:
            for one in getattr(config, table.name):
                lines += ["", f"[[{table.name}]]", *_settings(table, one)]
    return "".join(f"{line}\n" for line in lines)


def _settings(table: Table, values: object) -> Iterator[str]:
    for setting in table.settings.values():
        value = getattr(values, setting.name)
        if setting.required or value != setting.default:
            yield f"{setting.name} = {setting.kind.write(value)}"
