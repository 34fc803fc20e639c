"""
Trains models/encoder.onnx: a small BERT-type encoder of fault notes. Tokens (words.py) -> two layers of attention, mean pooling -> a vector of
length 1. Learns to bring notes of one fault together whatever their language (supervised contrast) and to guess hidden tokens. Trained on
notes/technician.tsv alone; what customers say (notes/complaints.tsv) is never read. Fixed seed, one thread.

  nice -n 19 /usr/bin/python3 encoder.py [--folds] [--out ../models]   |   encoder.py --figures FILE

Beside the model: its vocabulary, golden.json for the tests, and with --folds what cross-validation needs (folds.json).
"""
import argparse, base64, csv, hashlib, json, os, random, time
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from words import MASK, PAD, TOKENS_MAX, UNKNOWN, build, ids_of

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 7
FOLDS = 5
WIDTH, LAYERS, HEADS, INNER = 96, 2, 4, 192
EPOCHS, BATCH, RATE, HEAT = 60, 90, 2e-3, 0.1
HIDE = 0.15  # share of tokens hidden
JOIN = 0.3  # share of notes that are read together with another of their fault
OPSET = 17


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.after = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.three, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.drop = nn.Dropout(0.1)

    def forward(self, x, unseen):
        q, k, v = self.three(self.before(x)).reshape(x.shape[0], -1, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        weight = (q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5 + unseen[:, None, None, :]).softmax(-1)
        x = x + self.drop(self.out((weight @ v).transpose(1, 2).reshape(x.shape[0], -1, WIDTH)))
        return x + self.drop(self.down(F.relu(self.up(self.after(x)))))


class Encoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.token, self.place = nn.Embedding(size, WIDTH), nn.Parameter(torch.randn(TOKENS_MAX, WIDTH) * 0.02)
        nn.init.normal_(self.token.weight, std=0.3)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = nn.LayerNorm(WIDTH)
        self.drop = nn.Dropout(0.2)

    def read(self, ids):
        there = (ids != PAD).float()
        x = self.drop(self.token(ids.long()) + self.place[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, (there - 1) * 1e9)
        return self.norm(x), there

    def forward(self, ids):
        x, there = self.read(ids)
        mean = (x * there[:, :, None]).sum(1) / there.sum(1, keepdim=True)
        return mean / (mean * mean).sum(1, keepdim=True).clamp(min=1e-12).sqrt()


def notes(name):
    with open(os.path.join(HERE, "notes", name + ".tsv"), encoding="utf8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def padded(rows):
    width = max(map(len, rows))
    return torch.tensor([row + [PAD] * (width - len(row)) for row in rows], dtype=torch.float32)


def train(rows, labels, size):
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    model = Encoder(size)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02)
    steps = EPOCHS * -(-len(rows) // BATCH)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=0.1)
    by_label = {}
    for i, label in enumerate(labels):
        by_label.setdefault(label, []).append(i)
    model.train()
    for _ in range(EPOCHS):
        order = list(range(len(rows)))
        chance.shuffle(order)
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            seen = []
            for i in batch:
                row = rows[i]
                if chance.random() < JOIN:
                    row = row + rows[chance.choice(by_label[labels[i]])]
                kept = [t for t in row if chance.random() > 0.1]
                seen.append((kept or row)[:TOKENS_MAX])
            ids = padded(seen)
            hidden = (torch.rand_like(ids) < HIDE) & (ids != PAD)
            vectors = model(ids)
            tags = torch.tensor([labels[i] for i in batch])
            alike = (tags[:, None] == tags[None]).float() - torch.eye(len(batch))
            near = vectors @ vectors.T / HEAT - torch.eye(len(batch)) * 1e9
            kin = alike.sum(1)
            contrast = -((alike * near.log_softmax(1)).sum(1) / kin.clamp(min=1))[kin > 0].mean()
            x, _ = model.read(torch.where(hidden, torch.full_like(ids, MASK), ids))
            guess = F.cross_entropy(x[hidden] @ model.token.weight.T, ids[hidden].long()) if hidden.any() else 0
            optimiser.zero_grad()
            (contrast + 0.2 * guess).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            pace.step()
    return model.eval()


def vectors_of(model, rows):
    with torch.no_grad():
        return torch.cat([model(padded([row])) for row in rows]).numpy()


def folds_of(told):
    """Every fold has notes of every fault and language."""
    chance, groups, fold = random.Random(SEED), {}, [0] * len(told)
    for i, note in enumerate(told):
        groups.setdefault((note["mode"], note["language"]), []).append(i)
    turn = 0
    for key in sorted(groups):
        chance.shuffle(groups[key])
        for i in groups[key]:
            fold[i] = turn % FOLDS
            turn += 1
    return fold


def cross(told, labels):
    """Vectors of all notes by each fold's model, whose vocabulary and training saw nothing of the fold; bytes, 127 for 1."""
    fold, vectors = folds_of(told), []
    for one in range(FOLDS):
        rest = [i for i in range(len(told)) if fold[i] != one]
        mine = [i for i in range(len(told)) if fold[i] == one]
        index = {piece: i for i, piece in enumerate(build([told[i]["note"] for i in rest]))}
        rows = [ids_of(note["note"], index) for note in told]
        model = train([rows[i] for i in rest], [labels[i] for i in rest], len(index))
        made = vectors_of(model, rows)
        near = np.argmax(made[mine] @ made[rest].T, axis=1)
        print("fold", one, "nearest", round(float(np.mean([labels[rest[k]] == labels[i] for k, i in zip(near, mine)])), 3), flush=True)
        vectors.append(base64.b64encode(np.clip(np.round(made * 127), -127, 127).astype(np.int8).tobytes()).decode())
    return {"fold": fold, "width": WIDTH, "vectors": vectors}


def save(model, pieces, folder, told, seconds):
    path = os.path.join(folder, "encoder.onnx")
    torch.onnx.export(
        model, torch.tensor([[3.0, 4.0, 5.0], [3.0, 4.0, 0.0]]), path, opset_version=OPSET, input_names=["ids"], output_names=["vector"],
        dynamic_axes={"ids": {0: "B", 1: "T"}, "vector": {0: "B"}},
    )
    data = open(path, "rb").read()
    words = json.dumps(pieces, ensure_ascii=False, separators=(",", ":"))
    with open(os.path.join(folder, "vocabulary.json"), "w", encoding="utf8") as file:
        file.write(words + "\n")
    corpus = open(os.path.join(HERE, "notes", "technician.tsv"), "rb").read()
    card = {
        "name": "encoder", "version": 1, "title": "Two layers of attention over characters and pieces of words, mean pooled",
        "data": f"{len(told)} technicians' notes of notes/technician.tsv, written for this purpose; complaints unread",
        "dataSha256": hashlib.sha256(corpus).hexdigest(),
        "settings": {"width": WIDTH, "layers": LAYERS, "heads": HEADS, "inner": INNER, "epochs": EPOCHS, "batch": BATCH, "rate": RATE, "heat": HEAT, "hide": HIDE, "join": JOIN, "seed": SEED, "tokensMax": TOKENS_MAX},
        "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "opset": OPSET, "vocabulary": len(pieces),
        "inputs": {"ids": ["B", "T"]}, "outputs": {"vector": ["B", WIDTH]},
    }
    with open(os.path.join(folder, "encoder.json"), "w", encoding="utf8") as file:
        file.write(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    print(card["sha256"], len(data), len(pieces), round(seconds, 1), "s")


# What the tokeniser and the graph are held to: usual notes, and what nobody should write.
GOLDEN = [
    "", " \n\t", "轴承异响，振动 6.8 mm/s，换6312-C3", "brg noisy, 6.9 mm/s — fitted new 6312 C3", "DE轴承 cage断裂 ＡＢＣ ①", "café KÜHLER naïve", "😀🔧 泵漏水!!",
    "\u0000\u0007leak\u200bage", "İstanbul ΣΑΣ 株式会社 펌프", "a" * 300, "泵" * 300, "unobtainiumseal x9y8z7", "٣٤٥ ½ ㎜ ℃", "\ud800 lone",
]


def golden(model, index):
    rows = [ids_of(text, index) for text in GOLDEN]
    return [{"text": text, "ids": row, "vector": [round(float(v), 8) for v in vector]} for text, row, vector in zip(GOLDEN, rows, vectors_of(model, rows))]


def tell(folder, path):
    """Figures of the three methods go into the card, those of this machine's speed do not."""
    with open(path) as file:
        figures = json.loads(file.read().strip().split("\n")[-1])["figures"]
    path = os.path.join(folder, "encoder.json")
    with open(path, encoding="utf8") as file:
        card = json.load(file)
    card["metrics"] = {name: value for name, value in figures.items() if not name.endswith("ms")}
    with open(path, "w", encoding="utf8") as file:
        file.write(json.dumps(card, indent=2, ensure_ascii=False) + "\n")


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("--folds", action="store_true")
    parse.add_argument("--figures", help="only put what `bench text --json` printed into the card")
    parse.add_argument("--out", default=os.path.join(HERE, "../models"))
    given = parse.parse_args()
    if given.figures:
        return tell(given.out, given.figures)
    torch.set_num_threads(1)
    told = notes("technician")
    modes = sorted({note["mode"] for note in told})
    labels = [modes.index(note["mode"]) for note in told]
    if given.folds:
        with open(os.path.join(HERE, "folds.json"), "w") as file:
            file.write(json.dumps(cross(told, labels), separators=(",", ":")) + "\n")
    began = time.time()
    pieces = build([note["note"] for note in told])
    index = {piece: i for i, piece in enumerate(pieces)}
    model = train([ids_of(note["note"], index) for note in told], labels, len(pieces))
    save(model, pieces, given.out, told, time.time() - began)
    with open(os.path.join(HERE, "../fixture/golden.json"), "w") as file:
        file.write(json.dumps(golden(model, index), indent=1) + "\n")


if __name__ == "__main__":
    main()
