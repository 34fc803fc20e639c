"""
Text to the numbers that the encoder reads: what edge/text/tokens.ts does, in the kit. Chinese characters one by one, Latin words by the longest
pieces of the vocabulary, all digits in a row as one 0; everything else only parts words.
"""
import collections, unicodedata

TOKENS_MAX = 96
CHARACTERS_MAX = 2000
PAD, UNKNOWN, MASK = 0, 1, 2
SPECIAL = ["[pad]", "[unknown]", "[mask]"]
# A piece that was seen once has taught nothing.
SEEN_MIN = 2
PIECE_MAX = 12


def is_han(c):
    o = ord(c) if len(c) == 1 else 0
    return 0x3400 <= o <= 0x9FFF or 0xF900 <= o <= 0xFAFF or 0x20000 <= o <= 0x3FFFF


def split(text):
    """Han characters and runs of a to z and 0, in order."""
    words, run, digits = [], "", False
    for c in unicodedata.normalize("NFKD", text[:CHARACTERS_MAX]).lower():
        if "\u0300" <= c <= "\u036f":
            continue
        if "0" <= c <= "9":
            if not digits:
                run += "0"
            digits = True
            continue
        digits = False
        if "a" <= c <= "z":
            run += c
            continue
        if run:
            words.append(run)
            run = ""
        if is_han(c):
            words.append(c)
    if run:
        words.append(run)
    return words


def pieces(word, known):
    out, at = [], 0
    while at < len(word):
        end = min(len(word), at + PIECE_MAX)
        while end > at and (("##" if at else "") + word[at:end]) not in known:
            end -= 1
        if end == at:
            return [SPECIAL[UNKNOWN]]
        out.append(("##" if at else "") + word[at:end])
        at = end
    return out


def build(texts):
    han, latin, within = collections.Counter(), collections.Counter(), collections.Counter()
    for text in texts:
        for word in split(text):
            if is_han(word):
                han[word] += 1
            else:
                latin[word] += 1
    for word, count in latin.items():
        for size in range(2, 7):
            if len(word) > size:
                within[word[:size]] += count
                within["##" + word[-size:]] += count
    letters = [c for c in "0abcdefghijklmnopqrstuvwxyz"]
    listed = SPECIAL + letters + ["##" + c for c in letters]
    seen = set(listed)
    for counter, least in ((han, SEEN_MIN), (latin, SEEN_MIN), (within, 5)):
        for piece, count in sorted(counter.items(), key=lambda item: (-item[1], item[0])):
            if count >= least and piece not in seen and len(piece.lstrip("#")) <= PIECE_MAX:
                seen.add(piece)
                listed.append(piece)
    return listed


def ids_of(text, index):
    out = []
    for word in split(text):
        out += [index.get(piece, UNKNOWN) for piece in (pieces(word, index) if not is_han(word) else [word])]
    return (out or [UNKNOWN])[:TOKENS_MAX]
