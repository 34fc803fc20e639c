"""What models end with that hold a channel against the rest it has come to: score, shares, and the next reference and peak. As card.py's tail, written as expressions."""
from card import CALM, CHANNELS, HOT_SPAN, RECOVERED, REFERENCE_MAX, REFERENCE_SPAN, RESETTLE_SPAN
from graph import rate

STATES = [("reference", CHANNELS), ("peak", 1)]


def decide(g, ratio):
    """Score from the worst channel, 0.5 where its ratio to its bound is 1; shares of the evidence. Answers the worst ratio, [B, 1]."""
    worst = g.worst(ratio)
    g.narrow(g.Div(worst, g.Add(worst, 1.0)), "score")
    g.shares(g.Mul(ratio, ratio))
    return worst


def follow(g, z, ratio, worst):
    """The reference follows z slowly, hardly while the channel is hot, at once when the evidence has fallen to a part of its peak."""
    peak = g.Where(g.Less(worst, CALM), 0.0, g.Max("peak_in", worst), out="peak_out")
    usual = g.Where(g.Greater(ratio, 1.0), rate(HOT_SPAN), rate(REFERENCE_SPAN))
    pace = g.Where(g.Less(worst, g.Mul(peak, RECOVERED)), rate(RESETTLE_SPAN), usual)
    g.Clip(g.Add("reference_in", g.Mul(g.Mul(g.Sub(z, "reference_in"), pace), "mask")), -REFERENCE_MAX, REFERENCE_MAX, out="reference_out")
