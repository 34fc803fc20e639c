"""
Builds models/shift.onnx: a level that leaves its rest within a minute or so, is told, and is over when most of it has come back.
Per channel a fast level, held against a reference that follows slowly; the distance is measured in the channel's own noise of a minute,
learnt from the device's first rows, times what the fleet's channel does while nothing is wrong. Evidence is gathered (CUSUM), the alarm
is a latch in the state: while it is on, the reference of the channels that drove it stands still. Nothing here is fitted on a device's
later rows; labels of the fleet chose the settings (see the card).

  /usr/bin/python3 shift.py [--out ../models]
"""
import argparse, os
import numpy as np
from onnx import helper, numpy_helper
from card import CHANNELS, OPSET, outer_inputs, outer_outputs, save, tensor
from graph import Graph, rate

# Limits in noise of a minute, by channel of the pump: vibration, vibration, current, pressure, temperature, temperature, voltage, flow.
UP = [18, 18, 6, 6, 28, 28, 6, 4.2]
# Vibration that falls is no fault of the bearing: it takes 2.5 times as much.
DOWN = [45, 45, 6, 6, 28, 28, 6, 4.2]
SETTINGS = {
    "fastSpan": 4, "minuteSpan": 60, "clip": 1000, "innovation": 1.5,
    "noiseFrom": 30, "noiseUntil": 400, "noiseClip": 3, "noiseMin": 0.01, "wanderFrom": 60, "wanderRows": 2000, "wanderWeight": 2.75, "wanderMax": 1.6,
    "watchFrom": 100, "referenceSpan": 200, "alarmSpan": 6000, "alarmRows": 1500, "settleSpan": 10, "settle": 120, "calm": 0.4,
    "enough": 4, "evidenceMax": 4, "evidenceStep": 0.2, "forget": 0.5,
    "release": 0.68, "plateauSpan": 90, "releaseRows": 13,
    "again": 0.5, "againFrom": 30, "againUntil": 120, "againRows": 10,
    "nuisanceRows": 100, "nuisance": 0.7, "nuisanceMax": 3, "nuisanceSpan": 86400,
}
COUNT_MAX = 4000.0  # rows counted since the beginning; no step below depends on more
LONG_AGO = 1000.0  # rows since the last release are counted down from here, so that a state of zeros is one that never alarmed


WIDE = ["before", "fast", "minute", "noise", "nuisance", "reference", "sign", "wander"]
NARROW = ["again", "count", "evidence", "lasting", "left", "off", "on", "plateau", "top"]


def build(s=SETTINGS, up=UP, down=DOWN):
    g = Graph()
    row = lambda v: np.array([v], dtype=np.float32)
    count = g.Min(g.Add("count_in", g.worst("mask")), COUNT_MAX, out="count_out")
    first = g.Div(1.0, g.Max(count, 1.0))
    after = lambda rows: g.Greater(count, float(rows))

    # Levels. One wild value moves the fast level by less than would be noticed; a step that stays is followed in a few rows,
    # also by a channel that had no noise at all.
    z = g.Clip(g.Div(g.Sub("x", "mean"), "scale"), -s["clip"], s["clip"])
    learnt = after(s["wanderFrom"])
    bound = g.Add(g.Mul(g.Max("noise_in", s["noiseMin"]), row(s["innovation"] * np.minimum(up, down))), g.Mul(g.Abs(g.Sub("fast_in", "reference_in")), s["innovation"]))
    bound = g.Add(bound, g.Where(learnt, 0.0, 2.0 * s["clip"]))
    step = g.within(g.Sub(z, "fast_in"), g.Neg(bound), bound)
    fast = g.Add("fast_in", g.Mul(g.Mul("mask", g.Max(rate(s["fastSpan"]), first)), step), out="fast_out")
    minute = g.towards("minute_in", fast, g.Max(rate(s["minuteSpan"]), first), out="minute_out")

    # Noise of a minute: a running mean that no outlier pulls, from the first rows in which the channel moved.
    since = g.Max(g.Sub(count, float(s["noiseFrom"])), 1.0)
    learning = g.both(after(s["noiseFrom"]), g.LessOrEqual(count, float(s["noiseUntil"])))
    usual = g.Min(g.Abs(g.Sub(fast, minute)), g.Add(g.Mul(s["noiseClip"], "noise_in"), g.Where(g.Greater("noise_in", 0.0), 0.0, 2.0 * s["clip"])))
    noise = g.towards("noise_in", usual, g.Mul("mask", g.Where(learning, g.Div(1.0, since), 0.0)), out="noise_out")

    # Wander about the reference, learnt on while nothing alarms: a restless device has wider limits.
    alarmed = g.Greater("on_in", 0.5)
    away = g.Sub(fast, "reference_in")
    far = g.Abs(away)
    rows = g.within(g.Sub(count, float(s["wanderFrom"])), 1.0, float(s["wanderRows"]))
    wander = g.towards("wander_in", far, g.Mul("mask", g.Where(g.both(learnt, g.Not(alarmed)), g.Div(1.0, rows), 0.0)), out="wander_out")

    above = g.Greater(away, 0.0)
    own = g.Mul(g.Max(noise, s["noiseMin"]), g.Where(above, row(up), row(down)))
    limit = g.Mul(g.Max(own, g.Min(g.Mul(own, s["wanderMax"]), g.Mul(wander, s["wanderWeight"]))), g.Max("floor", 1.0))
    limit = g.Add(limit, 1e-6)
    raised = g.Mul(limit, g.Max("nuisance_in", 1.0))
    ratio = g.Div(far, raised)
    worst = g.worst(g.Mul(ratio, "mask"))
    g.Min(ratio, 1.0, out="level")

    # In which stage the device is: starting, alarmed, back in an alarm that had just ended, settling after one, or watching.
    starting = g.Not(after(s["watchFrom"]))
    ready = g.Not(g.Or(alarmed, starting))
    left = g.Max(g.Sub("left_in", 1.0), 0.0)
    ago = g.Sub(LONG_AGO, left)
    beside = g.worst(g.Div(g.Mul(g.Sub(fast, "before_in"), "sign_in"), raised))
    may = g.both(ready, g.GreaterOrEqual(ago, float(s["againFrom"])), g.Less(ago, float(s["againUntil"])))
    counted = g.Where(g.Greater(beside, g.Max(g.Mul(s["again"], "top_in"), 1.0)), g.Add("again_in", 1.0), g.Max(g.Sub("again_in", 1.0), 0.0))
    again = g.Where(may, counted, 0.0)
    back = g.GreaterOrEqual(again, float(s["againRows"]))
    calm = g.both(ready, g.Not(back))
    soon = g.Less(ago, float(s["settle"]))
    settling = g.both(calm, soon)
    watching = g.both(calm, g.Not(soon))

    gathered = g.Add("evidence_in", g.Add(g.Min(g.Sub(worst, 1.0), s["evidenceMax"]), s["evidenceStep"]))
    evidence = g.Where(watching, g.Where(g.Greater(worst, 1.0), gathered, g.Max(g.Sub("evidence_in", s["forget"]), 0.0)), 0.0)
    fire = g.GreaterOrEqual(evidence, float(s["enough"]))
    evidence = g.Where(fire, 0.0, evidence, out="evidence_out")

    # The alarm: how far the channels that drove it are still out, on the side to which they went.
    side = g.Where(above, 1.0, -1.0)
    unmoved = g.Equal("sign_in", 0.0)
    was = g.Where(fire, 0.0, "sign_in")
    sign = g.Where(g.both(g.Greater(ratio, g.Where(fire, s["calm"], 1.0)), g.Or(fire, g.both(alarmed, unmoved))), side, was, out="sign_out")
    out_now = g.Max(g.worst(g.Div(g.Mul(away, sign), raised)), 0.0)
    top = g.Where(fire, worst, g.Where(alarmed, g.Max("top_in", out_now), "top_in"), out="top_out")
    fading = g.Max(out_now, g.towards("plateau_in", out_now, rate(s["plateauSpan"])))
    begun = g.Where(fire, worst, g.Max(beside, 0.0))
    plateau = g.Where(alarmed, fading, begun, out="plateau_out")
    calm_rows = g.Where(g.both(alarmed, g.Less(out_now, g.Mul(s["release"], plateau))), g.Add("off_in", 1.0), 0.0)
    release = g.GreaterOrEqual(calm_rows, float(s["releaseRows"]))
    g.Where(release, 0.0, calm_rows, out="off_out")
    on = g.Or(g.Or(fire, back), g.both(alarmed, g.Not(release)))
    g.Cast(on, to=1, out="on_out")
    lasting = g.Min(g.Add("lasting_in", 1.0), COUNT_MAX)
    g.Where(alarmed, lasting, g.Where(back, LONG_AGO, 0.0), out="lasting_out")
    g.Where(release, LONG_AGO, left, out="left_out")
    g.Where(back, 0.0, again, out="again_out")

    # The reference follows at once in the beginning and while settling, slowly and no faster than a calm channel would ask while watching,
    # hardly at all in what drives an alarm, and no more where that lasts: a repair after hours must lead back to the rest of before.
    pace = g.Where(starting, g.Max(rate(s["referenceSpan"]), first), g.Where(settling, rate(s["settleSpan"]), rate(s["referenceSpan"])))
    driving = g.both(alarmed, g.Not(g.Equal(sign, 0.0)))
    held = g.Where(driving, g.Where(g.Less("lasting_in", float(s["alarmRows"])), rate(s["alarmSpan"]), 0.0), pace)
    allowed = g.Add(g.Mul(limit, s["calm"]), g.Where(watching, 0.0, 10.0 * s["clip"]))
    moved = g.Add("reference_in", g.Mul(g.Mul("mask", held), g.within(away, g.Neg(allowed), allowed)))
    restored = g.Where(g.both(back, g.Not(unmoved)), "before_in", moved)
    g.Where(release, fast, restored, out="reference_out")
    g.Where(release, moved, "before_in", out="before_out")

    # A short alarm that healed by itself raises the bar of what drove it, and is forgotten over a day.
    fades = g.Mul("nuisance_in", 1 - 1 / s["nuisanceSpan"])
    healed = g.both(release, g.Less(lasting, float(s["nuisanceRows"])))
    higher = g.Min(g.Max(fades, g.Mul(g.Mul(top, s["nuisance"]), g.Max(fades, 1.0))), float(s["nuisanceMax"]))
    g.Where(g.both(healed, g.Not(g.Equal(sign, 0.0))), higher, fades, out="nuisance_out")

    # Score: at least 0.5 while the alarm is on, at most 0.4 while it is not.
    height = g.Where(alarmed, out_now, begun)
    low = g.Mul(0.2, g.Add(g.Min(worst, 1.0), g.Min(g.Div(evidence, float(s["enough"])), 1.0)))
    g.constants.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "axis1"))
    g.op("Squeeze", g.Where(on, g.Sub(1.0, g.Div(0.5, g.Add(height, 1.0))), low), "axis1", out="score")
    power = g.Min(g.Mul(ratio, ratio), 1e12)
    g.Div(power, g.Add(g.op("ReduceSum", power, "axis1", keepdims=1), 1e-12), out="share")

    states = [*[(n, CHANNELS) for n in WIDE], *[(n, 1) for n in NARROW]]
    ins = [*outer_inputs(CHANNELS), *[tensor(f"{n}_in", ["B", w]) for n, w in states]]
    outs = [*outer_outputs(CHANNELS), *[tensor(f"{n}_out", ["B", w]) for n, w in states]]
    model = helper.make_model(helper.make_graph(g.nodes, "shift", ins, outs, g.constants), opset_imports=[helper.make_opsetid("", OPSET)], producer_name="outpost")
    model.ir_version = 8
    return model


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    args = argparse.ArgumentParser()
    args.add_argument("--out", default=os.path.join(here, "..", "models"))
    save(build(), args.parse_args().out, {
        "name": "shift",
        "version": 1,
        "title": "level against a reference in own noise, evidence gathered, alarm latched until most has come back",
        "data": "Skoltech Anomaly Benchmark v0.9, 19 recordings: labels chose the settings; of a device only its own rows are learnt",
        "settings": {**SETTINGS, **{f"up{c}": v for c, v in enumerate(UP)}, **{f"down{c}": v for c, v in enumerate(DOWN)}},
        # On those 19 with these settings; the second half by choosing the settings on four fifths and trying them on the last, mean of five shuffles.
        "metrics": {
            "f1": 0.857, "falseAlarmShare": 0.024, "missedShare": 0.234, "nab": 37.3, "eventsFoundShare": 1, "medianDelayS": 33,
            "crossValidatedF1": 0.841, "crossValidatedFalseAlarmShare": 0.066, "crossValidatedMissedShare": 0.232, "crossValidatedNab": 37.3,
        },
    })
