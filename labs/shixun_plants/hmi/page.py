"""The screen's page, drawn on the server."""

from html import escape
from typing import Any

from shixun_plants.hmi.texts import translator
from shixun_plants.plants import Plant


def render(plant: Plant, snapshot: dict[str, Any], lang: str, *, faults_menu: bool) -> str:
    """The whole page in "zh" or "en"."""
    _ = translator(lang)
    rows = "".join(
        f"<tr><td>{signal.tag}</td><td>{escape(getattr(signal, lang))}</td>"
        f"<td>{snapshot['values'][signal.tag]}</td><td>{_(signal.unit)}</td></tr>"
        for signal in plant.signals
        if signal.kind != "command"
    )
    return (
        f"<!doctype html><html lang={lang}><meta charset=utf-8><title>{_('Bottling line')}</title><table>{rows}</table>"
    )
