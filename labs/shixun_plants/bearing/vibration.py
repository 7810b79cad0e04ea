"""What an accelerometer on the bearing's housing hears, and what a monitor makes of it. Needs numpy; the rest of the kind doesn't.

The signal is that of McFadden and Smith, "Model for the vibration produced by a single point defect in a rolling element bearing",
*J. Sound Vib.* 96(1), 1984, with the balls' slip after Randall and Antoni (*Mech. Syst. Signal Process.* 25, 2011): impulses at
the fault's period, each 1 +- `slip` times as long as the kinematics say, ring a resonance; the load zone and the cage modulate them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shixun_plants.bearing.core import Params, State
from shixun_plants.bearing.geometry import Place

RATE = 12_000  # Hz, as at CWRU's drive end
BAND = (2000.0, 4000.0)  # Hz, where housings ring
LIMIT = 500.0  # m/s2, the sensor's range
_RINGING = 0.010  # s; after it an impulse of the lowest resonance has fallen below 1/500
_NEAR = 0.01  # of a frequency: how far from it a line still counts as its

Samples = NDArray[np.floating]


class Features(NamedTuple):
    """Of one second: RMS and peak in m/s2, kurtosis, crest factor, and the envelope's lines at the fault frequencies in m/s2."""

    rms: float
    peak: float
    kurtosis: float
    crest: float
    bpfo: float
    bpfi: float
    ball: float
    ftf: float


def waveform(params: Params, state: State, seed: int, seconds: float = 1.0) -> Samples:
    """Acceleration in m/s2, `RATE` samples a second, at the stand's present speed, load and severity: the same for the same seed."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE)
    shaft = state.speed / 60.0
    times = np.arange(count) / RATE
    sensed = rng.normal(0.0, 0.05 + params.noise * shaft / 30.0, count)
    sensed += params.unbalance * (shaft / 30.0) ** 2 * np.sin(2 * np.pi * (shaft * times + rng.random()))
    if shaft > 0.5:
        _add_impulses(sensed, params, state, shaft, rng)
    return np.clip(sensed, -LIMIT, LIMIT)


def _add_impulses(sensed: Samples, params: Params, state: State, shaft: float, rng: np.random.Generator) -> None:
    """The fault's impulses, added in place."""
    place, resonance, severity = state.bearing
    orders = params.geometry.orders
    frequency = shaft * orders[place]
    seconds = len(sensed) / RATE
    most = int(seconds * frequency / (1.0 - params.slip)) + 3
    periods = (1.0 + rng.uniform(-params.slip, params.slip, most)) / frequency
    strikes = np.cumsum(periods) - periods[0] * (1.0 + rng.random()) - _RINGING
    strikes = strikes[strikes < seconds]
    # What modulates: the fault of the inner race passes the load zone with the shaft, those of ball and cage with the cage.
    turns = {Place.OUTER: 0.0, Place.INNER: shaft}.get(place, shaft * orders.ftf)
    depth = 0.0 if place is Place.OUTER else 0.5
    sizes = 1.0 + depth * np.cos(2 * np.pi * (turns * strikes + rng.random()))
    sizes *= params.amplitude * severity * (shaft / 30.0) ** 2 * (0.5 + 0.5 * state.load)

    first = np.ceil(strikes * RATE).astype(np.int64)
    index = first[:, None] + np.arange(round(_RINGING * RATE))
    since = index / RATE - strikes[:, None]
    omega = 2 * np.pi * resonance
    rings = sizes[:, None] * np.exp(-params.damping * omega * since) * np.sin(omega * since)
    inside = (index >= 0) & (index < len(sensed))
    sensed += np.bincount(index[inside], rings[inside], len(sensed))


def envelope_spectrum(sensed: Samples, rate: float = RATE, band: tuple[float, float] = BAND) -> tuple[Samples, Samples]:
    """Frequencies in Hz and amplitudes of the envelope of what lies within `band` (Hilbert demodulation)."""
    count = len(sensed)
    spectrum = np.fft.fft(sensed)
    frequencies = np.fft.fftfreq(count, 1.0 / rate)
    spectrum[(frequencies < band[0]) | (frequencies > band[1])] = 0.0
    envelope = np.abs(np.fft.ifft(2.0 * spectrum))
    amplitudes = np.abs(np.fft.rfft(envelope - envelope.mean())) * 2.0 / count
    return np.fft.rfftfreq(count, 1.0 / rate), amplitudes


def features(params: Params, sensed: Samples, speed: float) -> Features:
    """What a monitor shows of a waveform taken at `speed` rpm."""
    centred = sensed - sensed.mean()
    square = centred * centred
    power = float(square.mean())
    rms, peak = power**0.5, float(np.abs(centred).max())
    frequencies, amplitudes = envelope_spectrum(sensed)
    resolution = float(frequencies[1])

    def line(order: float) -> float:
        wanted = order * speed / 60.0
        if wanted < 3.0 * resolution:
            return 0.0
        near = np.abs(frequencies - wanted) <= max(_NEAR * wanted, resolution)
        return float(amplitudes[near].max())

    return Features(
        rms, peak, float((square * square).mean()) / power**2, peak / rms, *map(line, params.geometry.orders)
    )
