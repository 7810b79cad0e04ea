"""Engineering units as OPC UA names them: UNECE Recommendation 20 codes, folded into a number (Part 8, 5.6.4.3)."""

from asyncua import ua

_URI = "http://www.opcfoundation.org/UA/units/un/cefact"
_CODES = {
    "%": "P1", "°C": "CEL", "K": "KEL", "kW": "KWT", "W": "WTT", "MW": "MAW", "kWh": "KWH", "MWh": "MWH", "kPa": "KPA", "MPa": "MPA",
    "Pa": "PAL", "bar": "BAR", "m": "MTR", "mm": "MMT", "cm": "CMT", "mL": "MLT", "L": "LTR", "m³": "MTQ", "m³/h": "MQH", "s": "SEC",
    "min": "MIN", "h": "HUR", "Hz": "HTZ", "N·m": "NU", "kg": "KGM", "t": "TNE", "kg/s": "KGS", "t/h": "E18", "rpm": "RPM",
    "r/min": "RPM", "V": "VLT", "A": "AMP", "m/s²": "MSK", "mm/s": "C16", "cm³/s": "2M", "V/cm": "D47",
}  # fmt: skip


def engineering_unit(unit: str) -> ua.EUInformation:
    """A signal's unit. One that the recommendation doesn't know (bottle/min) has id -1 and our own name."""
    code = _CODES.get(unit)
    number = sum(ord(letter) << (8 * place) for place, letter in enumerate(reversed(code))) if code else -1
    name = ua.LocalizedText(unit, "en")
    return ua.EUInformation(_URI if code else "urn:shixun:units", number, name, name)
