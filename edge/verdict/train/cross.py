"""
Nested cross-validation by series: five folds, five shuffles. What a model learns of the fleet, and its limit and delays, come from the four
fifths; the last fifth is scored with them. All models meet the same folds. Prints a table and writes folds.json: settings and counts of each
series in each shuffle, and the digests of the scripts and of the model that these figures are of: a test holds them against what is there.

  /usr/bin/python3 cross.py --data DIR [--models fleet,pca,…] [--shuffles 5] [--scores DIR] [--out folds.json]
  /usr/bin/python3 cross.py --data DIR --confirm [--models …]

With --confirm one fold of each model is made anew: where it comes out as it is written, the digests are those of today; where not, nothing is
written, and the model has to be cross-validated again.
"""
import one_thread
import argparse, hashlib, json, os, re, sys
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


def scores(model, series, watch=("score",), whole=False):
    """As in the product: the first 400 rows say mean and scale, the graph runs over them with a floor of 1, the floor is what its level reached. Rows after them, by series; all rows if `whole`."""
    rows = max(len(s.x) for s in series)
    x = np.stack([np.concatenate([s.x, np.repeat(s.x[-1:], rows - len(s.x), 0)]) for s in series], 1)
    first = x[:COMMISSIONING_ROWS]
    mean = first.mean(0)
    scale = np.maximum(np.maximum(first.std(0), np.abs(mean) * 0.02), 1e-6)
    learnt, states = run(model, first, mean, scale, np.ones_like(mean), watch=("level", *watch))
    floor = np.maximum(np.quantile(learnt["level"], QUANTILE, axis=0), FLOOR_MIN)
    out, _ = run(model, x[COMMISSIONING_ROWS:], mean, scale, floor, states, watch)
    if whole:
        return [{k: np.concatenate([learnt[k], v])[: len(s.x), i] for k, v in out.items()} for i, s in enumerate(series)]
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
    """
    Latch and plane of the four fifths; limit and bar are those that are worth most on them without more than two alarms, none beyond a minute, on
    the stretch without faults: in the mean of the limit itself, a tenth less and a tenth more, so that nothing stands at an edge.
    """
    every = [*series, *CALM]
    inside, beside, components = pca.fit([standardise(series[i].x[:COMMISSIONING_ROWS]) for i in train])
    latched = scores(shift_of(recorded[shuffle][fold]), every, whole=True)
    plane = scores(pca.build(inside, beside, {**pca.SETTINGS, "limit": ensemble.SETTINGS["planeLimit"]}), every, watch=("score", "ewma_out"), whole=True)
    energy = lambda x: (x.astype(float) ** 2).sum(1)
    weights = [ensemble.weights(energy(one["ewma_out"]), energy(one["ewma_out"] @ ensemble.projector(beside)), components) for one in plane]
    both = [ensemble.combine(a["score"], b["score"], weight) for a, b, weight in zip(latched, plane, weights)]
    told = lambda s: [{"score": ensemble.tell(one, weight, {**ensemble.SETTINGS, **s})[COMMISSIONING_ROWS:]} for one, weight in zip(both, weights)]
    best = None
    for limit in PAIR_LIMITS:
        for nuisance in PAIR_NUISANCES:
            value = np.mean([calm_worth(series, told({"limit": limit * part, "nuisance": nuisance}), train) for part in (0.9, 1.0, 1.1)])
            if best is None or value > best[0]:
                best = (value, {"limit": limit, "nuisance": nuisance})
    return told(best[1])[: len(series)], {"limit": 1.0, "on": 0, "off": 0, "pairLimit": best[1]["limit"], "nuisance": best[1]["nuisance"]}


def calm_worth(series, scored, train):
    """The last one scored is the stretch without faults."""
    edges, longest = false_runs(judged(scored[-1]["score"], 0, 0))
    value = worth(figures(np.array([counts(series[i], judged(scored[i]["score"], 0, 0)) for i in train])))
    return value - 0.05 * max(0, edges - 2) - 0.001 * max(0, longest - 60)


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


PAIR_LIMITS = [0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8]
PAIR_NUISANCES = [1.0, 1.25, 1.5, 2.0, 3.0]
# The stretch without faults, and what the trees read of all: filled once the recordings are read.
CALM, FEATURES = [], []
CHOSEN_APART = {"shift": latch, "ensemble": pair, "trees": boosted}


HERE = os.path.dirname(os.path.abspath(__file__))
COMMON = ["card.py", "cross.py", "interpret.py", "measure.py"]
RECORDED = "folds-shift.json"


def imported(script, known):
    """Scripts of this folder that one hangs on, itself included."""
    if script not in known and os.path.exists(os.path.join(HERE, script)):
        known.add(script)
        with open(os.path.join(HERE, script)) as file:
            for names in re.findall(r"^(?:import|from) ([\w, ]+?)(?: import .*)?$", file.read(), re.M):
                for one in names.split(","):
                    imported(one.strip() + ".py", known)
    return known


def digest(one):
    """Of a script what others import: its main part writes files and cards."""
    with open(os.path.join(HERE, one), "rb") as file:
        return hashlib.sha256(file.read().split(b"\nif __name__ ==")[0]).hexdigest()


def made_of(name):
    """Digests of all that the figures of a model hang on."""
    files = {*COMMON, *imported(f"{name}.py", set()), *([RECORDED] if CHOSEN_APART.get(name) in (latch, pair) else []), f"../models/{name}.onnx"}
    return {one: digest(one) for one in sorted(files)}


def fold(name, series, recorded, shuffle, f):
    """Settings, scores of all series, and the counts of those that the settings had not seen."""
    test = folds(shuffle, len(series))[f]
    train = [i for i in range(len(series)) if i not in test]
    if name in CHOSEN_APART:
        scored, chosen = CHOSEN_APART[name](series, recorded, shuffle, f, train)
    else:
        scored = scores(MAKERS[name]([series[i].x[:COMMISSIONING_ROWS] for i in train]), series)
        chosen = choose([series[i] for i in train], [scored[i] for i in train])
    rows = {i: counts(series[i], judged(scored[i]["score"], chosen["on"], chosen["off"], chosen["limit"])).tolist() for i in test}
    return chosen, scored, rows


def cross(name, series, recorded, keep=None, shuffles=SHUFFLES):
    out = []
    for shuffle in range(shuffles):
        rows, settings = {}, []
        for f in range(FOLDS):
            chosen, scored, of_fold = fold(name, series, recorded, shuffle, f)
            if keep is not None:
                np.savez_compressed(os.path.join(keep, f"{name}-{shuffle}-{f}.npz"), *[one["score"] for one in scored])
            settings.append(chosen)
            rows.update(of_fold)
        out.append({"folds": folds(shuffle, len(series)), "settings": settings, "counts": [rows[i] for i in range(len(series))]})
        print(name, "shuffle", shuffle, {k: round(v, 3) for k, v in figures(np.array(out[-1]["counts"])).items()}, flush=True)
    return out


def written(row):
    return [None if isinstance(v, float) and np.isnan(v) else round(v, 4) for v in row]


def is_confirmed(name, series, recorded, known):
    """Whether the first fold comes out as it is written."""
    told = known["models"][name][0]
    chosen, _, rows = fold(name, series, recorded, 0, 0)
    same = chosen == told["settings"][0] and all(written(row) == told["counts"][i] for i, row in rows.items())
    print(name, "as written" if same else f"is another one now: {chosen}, {rows}", flush=True)
    return same


if __name__ == "__main__":
    args = argparse.ArgumentParser()
    args.add_argument("--data", required=True)
    args.add_argument("--models", default=",".join([*MAKERS, *CHOSEN_APART]))
    args.add_argument("--shuffles", type=int, default=SHUFFLES, help="fewer for what trains long")
    args.add_argument("--scores", help="folder that keeps every score, to try ensembles on")
    args.add_argument("--confirm", action="store_true")
    args.add_argument("--out", default=os.path.join(HERE, "folds.json"))
    args = args.parse_args()
    series, free = series_of(args.data)
    CALM.append(free)
    FEATURES.extend(trees.rows_of([*series, free]) if "trees" in args.models else [])
    recorded = json.load(open(os.path.join(HERE, RECORDED)))
    failed = []
    for name in args.models.split(","):
        known = json.load(open(args.out)) if os.path.exists(args.out) else {"series": [s.name for s in series], "models": {}}
        if args.confirm:
            if not is_confirmed(name, series, recorded, known):
                failed.append(name)
                continue
        else:
            crossed = cross(name, series, recorded, args.scores, args.shuffles)
            every = [figures(np.array(one["counts"])) for one in crossed]
            print(name, {k: round(float(np.nanmean([f[k] for f in every])), 3) for k in every[0]}, intervals(np.array(crossed[0]["counts"])), flush=True)
            known["models"][name] = [{**one, "counts": [written(row) for row in one["counts"]]} for one in crossed]
        known.setdefault("madeOf", {})[name] = made_of(name)
        with open(args.out, "w") as file:
            file.write(json.dumps(known) + "\n")
    sys.exit(1 if failed else 0)
