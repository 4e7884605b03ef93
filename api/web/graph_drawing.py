"""Where a graph's boxes, lines and words go: a picture of a pipeline or a machine, from left to right.

A way to the next layer is drawn directly. A longer one leaves on the right, runs along a channel of its own below the
boxes, or above them when it leads back, and comes in on the left; ways with the same words to the same place share a
channel. So no line runs through a box, and words keep clear of each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.rules_view import Edge, Graph, Node, NodeKind, Standing

NARROW, BOX = 84, 152
"""Width of a box, at least and at most; those of a layer are alike."""
DOT = 16
"""Width of the point at which a machine begins."""
INSIDE = 12
"""Between a box's edge and its words."""
TITLE, NOTE, WORDS = 14, 12, 12.5
"""Sizes of type."""
TITLE_LINE, NOTE_LINE = 20, 17
ROW_GAP = 46
CHANNEL = 24
PORT = 10
"""Between two lines at one side of a box."""
TRACK = 8
"""Between two lines that run up and down in one gap."""
MARGIN = 8
CLOCK = 17
"""Room for the mark of what time alone does."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node where it is drawn. Text lines are centred in it."""

    kind: NodeKind
    x: float
    y: float
    width: float
    height: float
    title: Sequence[tuple[float, str]]
    """Each line with the height of its baseline."""
    note: Sequence[tuple[float, str]]
    standing: Standing | None
    """Where the stream that is drawn stands towards it."""

    @property
    def middle(self) -> float:
        """Where its lines of text are centred."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line, as an SVG path, and the head of the arrow where it ends in one."""

    path: str
    dashed: bool
    head: str = ""


@dataclass(frozen=True, slots=True)
class Caption:
    """Words at a line, centred on a point. `clock` is where the mark of time goes; none where people act."""

    x: float
    y: float
    width: float
    words: str
    clock: float | None

    @property
    def left(self) -> float:
        """The left edge of its ground."""
        return self.x - self.width / 2

    @property
    def words_x(self) -> float:
        """Where the words are centred."""
        return self.x if self.clock is None else self.x + CLOCK / 2


@dataclass(frozen=True, slots=True)
class Way:
    """An edge in words, for who does not see the picture."""

    source: str
    words: Sequence[str]
    target: str
    by_time: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn, in pixels."""

    width: float
    height: float
    boxes: Sequence[Box]
    strokes: Sequence[Stroke]
    captions: Sequence[Caption]
    ways: Sequence[Way]


@dataclass(frozen=True, slots=True)
class _Bus:
    """Ways with the same words to one node, by a channel."""

    sources: tuple[Node, ...]
    target: Node
    words: str
    by_time: bool
    dashed: bool
    back: bool

    @property
    def span(self) -> int:
        return max(abs(self.target.layer - one.layer) for one in self.sources)


_Shared = tuple[str, str, bool, bool, bool]


def _shared(edge: Edge) -> _Shared:
    """What ways have in common that run in one channel: where to, with which words, and how."""
    return edge.target, _said(edge.words), edge.by_time, edge.dashed, edge.back


def wide(text: str, size: float) -> float:
    """Return about how wide text is set."""
    return sum(1.0 if ord(one) > 0x2E80 else 0.58 for one in text) * size


def wrapped(text: str, size: float, room: float) -> list[str]:
    """Return text in lines that fit: between words in English, anywhere in Chinese, but never before punctuation."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and wide(line + piece.rstrip(), size) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for one in text:
        joins = pieces and (one in "，、。）” " or pieces[-1][-1] in "（“")
        latin = pieces and ord(one) <= 0x2E80 and ord(pieces[-1][-1]) <= 0x2E80 and pieces[-1][-1] != " "
        if joins or latin:
            pieces[-1] += one
        else:
            pieces.append(one)
    return pieces


def picture(graph: Graph) -> Picture:
    """Return a graph as it is drawn."""
    return _Drawing(graph).drawn()


class _Drawing:
    def __init__(self, graph: Graph) -> None:
        self.nodes: Mapping[str, Node] = {node.id: node for node in graph.nodes}
        self.edges = graph.edges
        self.beside = [one for one in graph.edges if self._is_beside(one)]
        far = {_shared(one) for one in graph.edges if not self._is_next(one) and not self._is_beside(one)}
        self.direct = [
            one for one in graph.edges if self._is_next(one) and (self._is_level(one) or _shared(one) not in far)
        ]
        self.buses = self._gathered()
        self.wide = {
            layer: max(_width(node) for node in graph.nodes if node.layer == layer)
            for layer in {node.layer for node in graph.nodes}
        }
        self.out: dict[tuple[str, object], float] = {}
        self.into: dict[tuple[str, object], float] = {}
        """How far from the middle of its side a line leaves or enters a box."""
        self.reach: defaultdict[str, float] = defaultdict(float)
        self._ports()
        self.x, self.gap, self.width = self._across()
        self.y, self.height, self.top, self.bottom = self._down()

    # -- what is drawn how

    def _is_next(self, edge: Edge) -> bool:
        return self.nodes[edge.target].layer == self.nodes[edge.source].layer + 1

    def _is_level(self, edge: Edge) -> bool:
        return self.nodes[edge.target].row == self.nodes[edge.source].row

    def _is_beside(self, edge: Edge) -> bool:
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        return source.layer == target.layer and target.row == source.row + 1

    def _gathered(self) -> list[_Bus]:
        found: dict[_Shared, list[Node]] = {}
        for one in self.edges:
            if one not in self.direct and one not in self.beside:
                found.setdefault(_shared(one), []).append(self.nodes[one.source])
        buses = [_Bus(tuple(sources), self.nodes[key[0]], *key[1:]) for key, sources in found.items()]
        return sorted(buses, key=lambda one: one.span)

    def _ports(self) -> None:
        """Give each line its place at a box's side: straight on in the middle, the others above and below it."""
        for node in self.nodes.values():
            out = [one for one in self.direct if one.source == node.id]
            into = [one for one in self.direct if one.target == node.id]
            self._side(node, self.out, [(one, self.nodes[one.target].row) for one in out], self._leaving(node))
            self._side(node, self.into, [(one, self.nodes[one.source].row) for one in into], self._entering(node))

    def _leaving(self, node: Node) -> list[_Bus]:
        return [one for one in self.buses if node in one.sources]

    def _entering(self, node: Node) -> list[_Bus]:
        return [one for one in self.buses if one.target is node]

    def _side(
        self,
        node: Node,
        ports: dict[tuple[str, object], float],
        direct: Sequence[tuple[Edge, int]],
        buses: Sequence[_Bus],
    ) -> None:
        above: list[object] = [one for one, row in sorted(direct, key=lambda pair: -pair[1]) if row < node.row]
        below: list[object] = [one for one, row in sorted(direct, key=lambda pair: pair[1]) if row > node.row]
        above += [one for one in buses if one.back]
        below += [one for one in buses if not one.back]
        for one, row in direct:
            if row == node.row:
                ports[node.id, one] = 0
        for number, line in enumerate(above, 1):
            ports[node.id, line] = -PORT * number
        for number, line in enumerate(below, 1):
            ports[node.id, line] = PORT * number
        self.reach[node.id] = max(self.reach[node.id], PORT * max(len(above), len(below)))

    # -- where the boxes stand

    def _across(self) -> tuple[dict[int, float], dict[int, tuple[float, float]], float]:
        """The left edge of each layer, and each gap before a layer."""
        layers = 1 + max(node.layer for node in self.nodes.values())
        x: dict[int, float] = {}
        gaps: dict[int, tuple[float, float]] = {}
        at: float = MARGIN
        for layer in range(layers + 1):
            room = self._gap(layer)
            gaps[layer] = (at, at + room)
            at += room
            if layer < layers:
                x[layer] = at
                at += self.wide[layer]
        return x, gaps, at + MARGIN

    def _gap(self, layer: int) -> float:
        words = [_room(one) for one in self.direct if self.nodes[one.target].layer == layer]
        tracks = len(self._tracks_out(layer)) + len(self._tracks_in(layer))
        return TRACK * (tracks + (tracks > 0)) + (max(words) + 22 if words else 0)

    def _tracks_out(self, layer: int) -> list[_Bus]:
        """The channels that are reached from the boxes before a gap."""
        return [one for one in self.buses if any(source.layer + 1 == layer for source in one.sources)]

    def _tracks_in(self, layer: int) -> list[_Bus]:
        return [one for one in self.buses if one.target.layer == layer]

    def _down(self) -> tuple[dict[int, float], dict[int, float], dict[_Bus, float], dict[_Bus, float]]:
        """The middle and the height of each row, and the height of each channel."""
        tops = [one for one in self.buses if one.back]
        bottoms = [one for one in self.buses if not one.back]
        rows: dict[int, float] = defaultdict(float)
        for node in self.nodes.values():
            rows[node.row] = max(rows[node.row], self._tall(node))
        at: float = MARGIN + CHANNEL * len(tops)
        top = {one: at - CHANNEL * (number + 0.5) for number, one in enumerate(tops)}
        middle: dict[int, float] = {}
        for row in sorted(rows):
            middle[row] = at + rows[row] / 2
            at += rows[row] + ROW_GAP
        at -= ROW_GAP - MARGIN
        bottom = {one: at + CHANNEL * (number + 0.5) for number, one in enumerate(bottoms)}
        return middle, rows, top, bottom

    def _tall(self, node: Node) -> float:
        title, note = _texts(node)
        text = TITLE_LINE * len(title) + NOTE_LINE * len(note)
        return max(text + 2 * INSIDE - 4 if title else DOT, 2 * self.reach[node.id] + 2 * PORT if title else DOT)

    # -- the drawing

    def drawn(self) -> Picture:
        captions: list[Caption] = []
        strokes = [stroke for bus in self.buses for stroke in self._bus(bus, captions)]
        strokes += [self._straight_down(edge, captions) for edge in self.beside]
        strokes += [self._onward(edge, captions) for edge in self.direct]
        low = max(self.y[row] + self.height[row] / 2 for row in self.y)
        height = max([low, *(at + CHANNEL / 2 for at in self.bottom.values())]) + MARGIN
        boxes = [self._box(node) for node in self.nodes.values()]
        return Picture(self.width, height, boxes, strokes, captions, self._ways())

    def _box(self, node: Node) -> Box:
        title, note = _texts(node)
        tall = self._tall(node)
        y = self.y[node.row] - tall / 2
        text = TITLE_LINE * len(title) + NOTE_LINE * len(note)
        at = self.y[node.row] - text / 2
        titles = [(at + TITLE_LINE * number + 15, line) for number, line in enumerate(title)]
        at += TITLE_LINE * len(title)
        notes = [(at + NOTE_LINE * number + 12, line) for number, line in enumerate(note)]
        return Box(node.kind, self.x[node.layer], y, self.wide[node.layer], tall, titles, notes, node.standing)

    def _right(self, node: Node, line: object) -> tuple[float, float]:
        return self.x[node.layer] + self.wide[node.layer], self.y[node.row] + self.out[node.id, line]

    def _left(self, node: Node, line: object) -> tuple[float, float]:
        return self.x[node.layer], self.y[node.row] + self.into[node.id, line]

    def _bus(self, bus: _Bus, captions: list[Caption]) -> Iterable[Stroke]:
        channel = (self.top if bus.back else self.bottom)[bus]
        tx, ty = self._left(bus.target, bus)
        before = self.gap[bus.target.layer]
        down = before[1] - TRACK * (1 + self._tracks_in(bus.target.layer).index(bus))
        tracks = []
        for source in bus.sources:
            sx, sy = self._right(source, bus)
            after = self.gap[source.layer + 1]
            track = after[0] + TRACK * (1 + self._tracks_out(source.layer + 1).index(bus))
            tracks.append(track)
            yield Stroke(f"M{sx:g} {sy:g}H{track:g}V{channel:g}", bus.dashed)
        far = max(tracks) if bus.back else min(tracks)
        yield Stroke(f"M{far:g} {channel:g}H{down:g}V{ty:g}H{tx - 6:g}", bus.dashed, _head(tx, ty))
        near = min(tracks) if bus.back else max(tracks)
        captions.append(_caption((near + down) / 2, channel, bus.words, bus.by_time))

    def _straight_down(self, edge: Edge, captions: list[Caption]) -> Stroke:
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        x = self.x[source.layer] + self.wide[source.layer] / 2
        from_, to = self.y[source.row] + self._tall(source) / 2, self.y[target.row] - self._tall(target) / 2
        captions.append(_caption(x, (from_ + to) / 2 - 3, _said(edge.words), edge.by_time))
        return Stroke(f"M{x:g} {from_:g}V{to - 6:g}", edge.dashed, f"M{x:g} {to:g}l-4.5 -8h9z")

    def _onward(self, edge: Edge, captions: list[Caption]) -> Stroke:
        (sx, sy), (tx, ty) = self._right(self.nodes[edge.source], edge), self._left(self.nodes[edge.target], edge)
        gap = self.gap[self.nodes[edge.target].layer]
        out = gap[0] + TRACK * len(self._tracks_out(self.nodes[edge.target].layer))
        end = gap[1] - TRACK * len(self._tracks_in(self.nodes[edge.target].layer)) - 8
        bend = (out + end) / 2
        words, room = _said(edge.words), _room(edge)
        places = [_caption(out + (end - out) * t, _height_at(sy, ty, t), words, edge.by_time) for t in _PLACES]
        inside = [one for one in places if one.left >= out and one.left + room <= end + 8] or places[:1]
        captions.append(next((one for one in inside if not _meets(one, captions)), inside[0]))
        path = f"M{sx:g} {sy:g}H{out:g}C{bend:g} {sy:g} {bend:g} {ty:g} {end:g} {ty:g}H{tx - 6:g}"
        return Stroke(path, edge.dashed, _head(tx, ty))

    def _ways(self) -> list[Way]:
        return [
            Way(self.nodes[one.source].title, one.words, self.nodes[one.target].title, one.by_time)
            for one in self.edges
        ]


_PLACES = (0.5, 0.6, 0.4, 0.7, 0.3, 0.8, 0.2)
"""Where along a line its words may stand, the best first."""


def _height_at(start: float, end: float, t: float) -> float:
    """The height of a curve that leaves and enters level, part of the way along."""
    return start + (end - start) * (3 * t**2 - 2 * t**3)


def _meets(one: Caption, others: Iterable[Caption]) -> bool:
    return any(abs(one.y - other.y) < 17 and abs(one.x - other.x) < (one.width + other.width) / 2 for other in others)


def _width(node: Node) -> float:
    """The width of a box that its words fit in."""
    if not node.title:
        return DOT
    return min(BOX, max(NARROW, wide(node.title, TITLE) + 2 * INSIDE, wide(node.note, NOTE) + 2 * INSIDE))


def _texts(node: Node) -> tuple[list[str], list[str]]:
    room = BOX - 2 * INSIDE
    return wrapped(node.title, TITLE, room), wrapped(node.note, NOTE, room)


def _said(words: Sequence[str]) -> str:
    return " / ".join(words)


def _room(edge: Edge) -> float:
    return wide(_said(edge.words), WORDS) + 10 + (CLOCK if edge.by_time else 0)


def _caption(x: float, y: float, words: str, by_time: bool) -> Caption:
    width = wide(words, WORDS) + 10 + (CLOCK if by_time else 0)
    return Caption(x, y, width, words, x - width / 2 + 4 if by_time else None)


def _head(x: float, y: float) -> str:
    return f"M{x:g} {y:g}l-8 -4.5v9z"
