"""What alarms on labelled recordings are worth: SKAB's F1, false-alarm and missed-alarm rates, its NAB score, events found and their delay. The same measures as the benchmark's scorer."""
import csv, glob, os
from datetime import datetime
import numpy as np
from card import CHANNELS, COMMISSIONING_ROWS

WINDOW_S = 60
FREE = "anomaly-free"


class Series:
    """One recording: values [rows, 8], and of the rows after commissioning: labels, times in seconds, change points."""

    def __init__(self, folder, path):
        with open(path) as file:
            header, *rows = list(csv.reader(file, delimiter=";"))
        self.name = os.path.relpath(path, folder)
        self.x = np.array([[float(v) for v in row[1 : 1 + CHANNELS]] for row in rows])
        column = lambda name: np.array([float(row[header.index(name)]) for row in rows[COMMISSIONING_ROWS:]]) if name in header else np.zeros(len(rows) - COMMISSIONING_ROWS)
        self.anomaly = column("anomaly") == 1
        self.changes = np.where(column("changepoint") == 1)[0]
        self.at = np.array([datetime.strptime(row[0], "%Y-%m-%d %H:%M:%S").timestamp() for row in rows[COMMISSIONING_ROWS:]])


def series_of(folder):
    """Labelled ones in the order of their names, and the long one without anomalies."""
    every = [Series(folder, path) for path in sorted(glob.glob(os.path.join(folder, "**", "*.csv"), recursive=True))]
    return [s for s in every if FREE not in s.name], next(s for s in every if FREE in s.name)


def counts(series, alarm):
    """`alarm`: of the rows after commissioning. TP, FP, FN, TN, NAB's sum, change points, event found, delay in rows (NaN where not found)."""
    y = series.anomaly
    tp, fp, fn = int((alarm & y).sum()), int((alarm & ~y).sum()), int((~alarm & y).sum())
    edges = np.where(alarm[1:] != alarm[:-1])[0] + 1
    edges = np.r_[0, edges] if alarm[0] else edges
    told, nab, wrong = series.at[edges.astype(int)], 0.0, 0
    windows = [[series.at[i], series.at[i] + WINDOW_S] for i in series.changes]
    for a, b in zip(windows, windows[1:]):
        b[0] = max(b[0], a[1])
    for i, (start, end) in enumerate(windows):
        inside = told[(told >= start) & (told <= end)]
        if len(inside):
            step = min(int((inside[0] - start) / (end - start) * 1000), 999) if end > start else 999
            nab += 1.11 / 2 * -np.tanh(-np.pi / 2 + np.pi * step / 999) / np.tanh(np.pi / 2) + 0.89 / 2
        else:
            nab -= 1
        until = windows[i + 1][0] if i + 1 < len(windows) else np.inf
        wrong += int(((told > end) & (told < until)).sum())
    wrong += int((told < windows[0][0]).sum()) if windows else len(told)
    found, begun = np.where(alarm & y)[0], np.where(y)[0]
    delay = float(found[0] - begun[0]) if len(found) else np.nan
    return np.array([tp, fp, fn, len(y) - tp - fp - fn, nab - 0.11 * wrong, len(windows), len(found) > 0, delay], float)


def figures(rows):
    """Of several series: rates in per cent, NAB 0 to 100."""
    rows = np.atleast_2d(rows)
    tp, fp, fn, tn, nab, changes, found = rows[:, :7].sum(0)
    delays = rows[:, 7][~np.isnan(rows[:, 7])]
    return {
        "f1": tp / max(tp + (fp + fn) / 2, 1e-9), "far": 100 * fp / max(fp + tn, 1), "mar": 100 * fn / max(tp + fn, 1),
        "nab": 100 * (nab + changes) / (2 * changes) if changes else 0.0, "found": 100 * found / len(rows), "delay": float(np.median(delays)) if len(delays) else np.nan,
    }


def intervals(rows, draws=2000, seed=0):
    """95 % of draws of as many series."""
    rng = np.random.default_rng(seed)
    drawn = [figures(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(draws)]
    return {k: tuple(np.round(np.nanquantile([d[k] for d in drawn], [0.025, 0.975]), 3)) for k in drawn[0]}


def false_runs(alarm):
    """On a recording without anomalies: rising edges and the longest alarm in rows."""
    on = np.r_[False, alarm, False].astype(int)
    rise, fall = np.where(np.diff(on) == 1)[0], np.where(np.diff(on) == -1)[0]
    return len(rise), int((fall - rise).max()) if len(rise) else 0


def worth(f):
    """What settings are chosen by, without a look at the series they are tried on: F1, less what is beyond the targets."""
    return f["f1"] - 0.01 * max(0, f["far"] - 6) - 0.01 * max(0, f["mar"] - 20) - 0.006 * max(0, 37 - f["nab"]) - 0.004 * (100 - f["found"])
