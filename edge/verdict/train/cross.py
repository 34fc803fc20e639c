"""
Nested cross-validation by series: five folds, five shuffles. What a model learns of the fleet, and its limit and delays, come from the four
fifths; the last fifth is scored with them. All models meet the same folds. Prints a table and writes folds.json: settings and counts of each
series in each shuffle.

  /usr/bin/python3 cross.py --data DIR [--models fleet,pca,…] [--shuffles 5] [--scores DIR] [--out folds.json]
"""
import argparse, json, os
import numpy as np
import torch
import autoencoder, baseline, cusum, ensemble, fleet, gru, lstm, pca, shift, spot, trees
from card import CHANNELS, COMMISSIONING_ROWS, standardise
from interpret import run
from measure import counts, false_runs, figures, intervals, series_of, worth

SHUFFLES, FOLDS = 5, 5
QUANTILE, FLOOR_MIN = 0.95, 0.25
OFF_SCORE = 0.44
LIMITS = [0.5, 0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0]
DELAYS = [(on, off) for on in (0, 5, 10, 20) for off in (0, 10, 20)]


def folds(shuffle, n):
    order = np.random.default_rng(100 + shuffle).permutation(n)
    return [sorted(order[i::FOLDS].tolist()) for i in range(FOLDS)]


def scores(model, series, watch=("score",)):
    """As in the product: the first 400 rows say mean and scale, the graph runs over them with a floor of 1, the floor is what its level reached. Rows after them, by series."""
    rows = max(len(s.x) for s in series)
    x = np.stack([np.concatenate([s.x, np.repeat(s.x[-1:], rows - len(s.x), 0)]) for s in series], 1)
    first = x[:COMMISSIONING_ROWS]
    mean = first.mean(0)
    scale = np.maximum(np.maximum(first.std(0), np.abs(mean) * 0.02), 1e-6)
    learnt, states = run(model, first, mean, scale, np.ones_like(mean), watch=("level",))
    floor = np.maximum(np.quantile(learnt["level"], QUANTILE, axis=0), FLOOR_MIN)
    out, _ = run(model, x[COMMISSIONING_ROWS:], mean, scale, floor, states, watch)
    return [{k: v[: len(s.x) - COMMISSIONING_ROWS, i] for k, v in out.items()} for i, s in enumerate(series)]


def judged(score, on_rows, off_rows, limit=1.0):
    """As judge.ts does, a row a second; `limit` moves the threshold as it would move the graph's."""
    ratio = score / np.maximum(1 - score, 1e-6) / limit
    high, low = ratio >= 1 - 1e-6, ratio < OFF_SCORE / (1 - OFF_SCORE)
    state, since, calm, out = 0, 0, -1, np.zeros(len(score), bool)
    for i in range(len(score)):
        if state == 0 and high[i]:
            state, since, calm = (1, i, -1) if on_rows else (2, i, -1)
        elif state == 1:
            state = 0 if low[i] else 2 if high[i] and i - since >= on_rows else 1
        elif state == 2:
            calm = (i if calm < 0 else calm) if low[i] else -1
            if calm >= 0 and i - calm >= off_rows:
                state = 0
        out[i] = state == 2
    return out


def choose(series, scored, limits=LIMITS, delays=DELAYS):
    """Limit and delays that are worth most on these."""
    best = None
    for limit in limits:
        for on, off in delays:
            value = worth(figures(np.array([counts(s, judged(one["score"], on, off, limit)) for s, one in zip(series, scored)])))
            if best is None or value > best[0]:
                best = (value, {"limit": limit, "on": on, "off": off})
    return best[1]


def learn_net(module, graph):
    def make(rows):
        z = torch.tensor(np.stack([np.clip(standardise(x), -gru.CLIP, gru.CLIP) - gru.references(np.clip(standardise(x), -gru.CLIP, gru.CLIP)) for x in rows]), dtype=torch.float32)
        return graph(module(z)[0])
    return make


# Each from the commissioning rows of the series it may learn from.
MAKERS = {
    "baseline": lambda rows: baseline.model,
    "fleet": lambda rows: fleet.build(fleet.floors([standardise(x) for x in rows]), {**fleet.SETTINGS, "limit": 1.0}),
    "pca": lambda rows: pca.build(*pca.fit([standardise(x) for x in rows])[:2], {**pca.SETTINGS, "limit": ensemble.SETTINGS["planeLimit"]}),
    "cusum": lambda rows: cusum.build({**cusum.SETTINGS, "limit": 8.0}),
    "spot": lambda rows: spot.build({**spot.SETTINGS, "limit": 1.5}),
    "gru": learn_net(gru.train, gru.graph_of),
    "lstm": learn_net(lambda z: gru.train(z, lstm.Forecaster), lstm.graph_of),
    "autoencoder": learn_net(autoencoder.train, autoencoder.graph_of),
}


def shift_of(settings):
    """The latch with the settings that a search on the four fifths found (folds-shift.json)."""
    s = {**shift.SETTINGS, **settings["settings"]}
    return shift.build(s, settings["up"], settings["down"])


def latch(series, recorded, shuffle, fold, _train):
    """Everything in it was chosen by the recorded search."""
    return scores(shift_of(recorded[shuffle][fold]), series), {"limit": 1.0, "on": 0, "off": 0}


def pair(series, recorded, shuffle, fold, train):
    """Latch and plane of the four fifths, and one limit; the judge's delays are none."""
    both = zip(latch(series, recorded, shuffle, fold, train)[0], scores(MAKERS["pca"]([series[i].x[:COMMISSIONING_ROWS] for i in train]), series))
    scored = [{"score": ensemble.combine(a["score"], b["score"], {**ensemble.SETTINGS, "limit": 1.0})} for a, b in both]
    return scored, choose([series[i] for i in train], [scored[i] for i in train], PAIR_LIMITS, [(0, 0)])


def boosted(series, _recorded, _shuffle, _fold, train):
    """Limit and delays come from trees that have not seen the series they are tried on: thirds of the four fifths."""
    labelled = lambda some: trees.learn([FEATURES[i] for i in some] + [FEATURES[-1]], [series[i].anomaly for i in some] + [np.zeros(len(FEATURES[-1]))], [1.0] * len(some) + [trees.SETTINGS["calmWeight"]])
    score = lambda forest, i: {"score": np.maximum(smoothed_odds(forest.raw(FEATURES[i])), far_out(FEATURES[i]))}
    inner = {}
    for third in range(3):
        forest = labelled([i for k, i in enumerate(train) if k % 3 != third])
        inner.update({i: score(forest, i) for k, i in enumerate(train) if k % 3 == third})
    chosen = choose([series[i] for i in train], [inner[i] for i in train])
    forest = labelled(train)
    return [score(forest, i) for i in range(len(series))], chosen


def far_out(features):
    """The guard of trees.py: the first of the extremes is the largest distance from rest."""
    far = features[:, 3 * CHANNELS] / trees.SETTINGS["guard"]
    return far / (far + 1)


def smoothed_odds(raw):
    at, out = 0.0, np.empty(len(raw))
    for i, value in enumerate(np.clip(raw, -6, 6)):
        at += 2 / (trees.SETTINGS["smooth"] + 1) * (value - at)
        out[i] = at
    return 1 / (1 + np.exp(-out))


PAIR_LIMITS = [0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3]
FEATURES = []
CHOSEN_APART = {"shift": latch, "ensemble": pair, "trees": boosted}


def cross(name, series, keep=None, shuffles=SHUFFLES):
    out = []
    recorded = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "folds-shift.json")))
    for shuffle in range(shuffles):
        rows, settings = {}, []
        for f, test in enumerate(folds(shuffle, len(series))):
            train = [i for i in range(len(series)) if i not in test]
            if name in CHOSEN_APART:
                scored, chosen = CHOSEN_APART[name](series, recorded, shuffle, f, train)
            else:
                scored = scores(MAKERS[name]([series[i].x[:COMMISSIONING_ROWS] for i in train]), series)
                chosen = choose([series[i] for i in train], [scored[i] for i in train])
            if keep is not None:
                np.savez_compressed(os.path.join(keep, f"{name}-{shuffle}-{f}.npz"), *[one["score"] for one in scored])
            settings.append(chosen)
            for i in test:
                rows[i] = counts(series[i], judged(scored[i]["score"], chosen["on"], chosen["off"], chosen["limit"])).tolist()
        out.append({"folds": folds(shuffle, len(series)), "settings": settings, "counts": [rows[i] for i in range(len(series))]})
        print(name, "shuffle", shuffle, {k: round(v, 3) for k, v in figures(np.array(out[-1]["counts"])).items()}, flush=True)
    return out


if __name__ == "__main__":
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--models", default=",".join([*MAKERS, *CHOSEN_APART]))
    args.add_argument("--shuffles", type=int, default=SHUFFLES, help="fewer for what trains long")
    args.add_argument("--scores", help="folder that keeps every score, to try ensembles on")
    args.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "folds.json"))
    args = args.parse_args()
    series, free = series_of(args.data)
    FEATURES.extend(trees.rows_of([*series, free]) if "trees" in args.models else [])
    for name in args.models.split(","):
        crossed = cross(name, series, args.scores, args.shuffles)
        every = [figures(np.array(one["counts"])) for one in crossed]
        print(name, {k: round(float(np.nanmean([f[k] for f in every])), 3) for k in every[0]}, intervals(np.array(crossed[0]["counts"])), flush=True)
        known = json.load(open(args.out)) if os.path.exists(args.out) else {"series": [s.name for s in series], "models": {}}
        known["models"][name] = [{**one, "counts": [[None if isinstance(v, float) and np.isnan(v) else round(v, 4) for v in row] for row in one["counts"]]} for one in crossed]
        with open(args.out, "w") as file:
            file.write(json.dumps(known) + "\n")
