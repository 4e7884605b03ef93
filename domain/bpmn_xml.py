"""A BPMN 2.0 process as XML, with its diagram: elements of the standard's own namespaces only."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DI = "http://www.omg.org/spec/DD/20100524/DI"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
CEL = "https://cel.dev"
"""The language of the conditions."""

Point = tuple[float, float]

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Box:
    """Where something stands: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> Point:
        """The middle of its left side."""
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> Point:
        """The middle of its right side."""
        return self.x + self.width, self.y + self.height / 2

    @property
    def top(self) -> Point:
        """The middle of its upper side."""
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> Point:
        """The middle of its lower side."""
        return self.x + self.width / 2, self.y + self.height


@dataclass(frozen=True, slots=True)
class Timer:
    """What a boundary event waits for: an ISO 8601 duration."""

    duration: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that an end event throws or a boundary event catches, by its id."""

    error: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """A task that is done several times, at once or one after the other, until the condition holds."""

    times: str
    until: str
    one_by_one: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node and its shape."""

    id: str
    tag: str
    box: Box
    name: str = ""
    within: str | None = None
    """The sub-process that it is a part of."""
    documentation: Sequence[str] = ()
    event: Timer | Failure | None = None
    attached_to: str | None = None
    """The activity on whose edge a boundary event stands."""
    interrupts: bool = True
    owners: str | None = None
    """Who may do a task, as `user(…)` and `group(…)`."""
    repeated: Repeated | None = None
    label: Point | None = None
    """Where its name stands; a modeller places it when there is none."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow and its edge."""

    source: str
    target: str
    points: Sequence[Point]
    name: str = ""
    condition: str | None = None
    default: bool = False
    within: str | None = None
    label: Point | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """Everything that is written."""

    id: str
    name: str
    namespace: str
    documentation: Sequence[str]
    nodes: Sequence[Node]
    flows: Sequence[Flow]
    errors: Mapping[str, str] = field(default_factory=dict)
    """The names of the errors that nodes throw and catch, by id."""


def write(process: Process) -> str:
    """Return the process and its diagram as an XML document."""
    for prefix, namespace in (("bpmn", MODEL), ("bpmndi", DIAGRAM), ("dc", _DC), ("di", _DI), ("xsi", _XSI)):
        register_namespace(prefix, namespace)
    root = Element(
        _model("definitions"),
        id="definitions",
        targetNamespace=process.namespace,
        exporter="Termledger",
        name=process.id,
    )
    for id, name in process.errors.items():
        SubElement(root, _model("error"), id=id, name=_clean(name), errorCode=id)
    whole = SubElement(root, _model("process"), id=process.id, name=_clean(process.name), isExecutable="true")
    _document(whole, process.documentation)
    _flow_elements(whole, None, process)
    _diagram(root, process)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _model(tag: str) -> str:
    return f"{{{MODEL}}}{tag}"


def _clean(text: str) -> str:
    """Text without the letters that XML cannot hold."""
    return _NOT_IN_XML.sub("�", text)


def _document(element: Element, paragraphs: Iterable[str]) -> None:
    for one in paragraphs:
        SubElement(element, _model("documentation")).text = _clean(one)


def _flow_elements(parent: Element, within: str | None, process: Process) -> None:
    incoming: defaultdict[str, list[str]] = defaultdict(list)
    outgoing: defaultdict[str, list[str]] = defaultdict(list)
    defaults: dict[str, str] = {}
    for number, flow in enumerate(process.flows):
        outgoing[flow.source].append(_flow_id(number))
        incoming[flow.target].append(_flow_id(number))
        if flow.default:
            defaults[flow.source] = _flow_id(number)
    for node in process.nodes:
        if node.within == within:
            element = SubElement(parent, _model(node.tag), _attributes(node, defaults.get(node.id)))
            _document(element, node.documentation)
            for tag, flows in (("incoming", incoming), ("outgoing", outgoing)):
                for id in flows[node.id]:
                    SubElement(element, _model(tag)).text = id
            _inside(element, node)
            if node.tag == "subProcess":
                _flow_elements(element, node.id, process)
    for number, flow in enumerate(process.flows):
        if flow.within == within:
            _sequence_flow(parent, _flow_id(number), flow)


def _flow_id(number: int) -> str:
    return f"flow.{number}"


def _attributes(node: Node, default: str | None) -> dict[str, str]:
    found = {"id": node.id}
    if node.name:
        found["name"] = _clean(node.name)
    if default is not None:
        found["default"] = default
    if node.attached_to is not None:
        found["attachedToRef"] = node.attached_to
        found["cancelActivity"] = str(node.interrupts).lower()
    return found


def _inside(element: Element, node: Node) -> None:
    match node.event:
        case Timer(duration):
            timer = SubElement(element, _model("timerEventDefinition"), id=f"timer.{node.id}")
            _expression(timer, "timeDuration", duration)
        case Failure(error):
            SubElement(element, _model("errorEventDefinition"), id=f"error.{node.id}", errorRef=error)
    if node.owners is not None:
        owner = SubElement(element, _model("potentialOwner"), id=f"owner.{node.id}")
        assignment = SubElement(owner, _model("resourceAssignmentExpression"))
        SubElement(assignment, _model("formalExpression")).text = _clean(node.owners)
    if node.repeated is not None:
        several = SubElement(
            element,
            _model("multiInstanceLoopCharacteristics"),
            isSequential=str(node.repeated.one_by_one).lower(),
        )
        _expression(several, "loopCardinality", node.repeated.times, CEL)
        _expression(several, "completionCondition", node.repeated.until, CEL)


def _expression(parent: Element, tag: str, text: str, language: str | None = None) -> None:
    attributes = {f"{{{_XSI}}}type": "bpmn:tFormalExpression"}
    if language is not None:
        attributes["language"] = language
    SubElement(parent, _model(tag), attributes).text = _clean(text)


def _sequence_flow(parent: Element, id: str, flow: Flow) -> None:
    attributes = {"id": id, "sourceRef": flow.source, "targetRef": flow.target}
    if flow.name:
        attributes["name"] = _clean(flow.name)
    element = SubElement(parent, _model("sequenceFlow"), attributes)
    if flow.condition is not None:
        _expression(element, "conditionExpression", flow.condition, CEL)


# -- the diagram


def _diagram(root: Element, process: Process) -> None:
    diagram = SubElement(root, f"{{{DIAGRAM}}}BPMNDiagram", id="diagram")
    plane = SubElement(diagram, f"{{{DIAGRAM}}}BPMNPlane", id="plane", bpmnElement=process.id)
    for node in process.nodes:
        attributes = {"id": f"di.{node.id}", "bpmnElement": node.id}
        if node.tag == "subProcess":
            attributes["isExpanded"] = "true"
        elif node.tag == "exclusiveGateway":
            attributes["isMarkerVisible"] = "true"
        shape = SubElement(plane, f"{{{DIAGRAM}}}BPMNShape", attributes)
        _bounds(shape, node.box)
        _label(shape, node.name, node.label)
    for number, flow in enumerate(process.flows):
        id = _flow_id(number)
        edge = SubElement(plane, f"{{{DIAGRAM}}}BPMNEdge", id=f"di.{id}", bpmnElement=id)
        for x, y in flow.points:
            SubElement(edge, f"{{{_DI}}}waypoint", x=f"{x:g}", y=f"{y:g}")
        _label(edge, flow.name, flow.label)


def _bounds(parent: Element, box: Box) -> None:
    SubElement(
        parent, f"{{{_DC}}}Bounds", x=f"{box.x:g}", y=f"{box.y:g}", width=f"{box.width:g}", height=f"{box.height:g}"
    )


_LABEL_WIDTH = 90
_LABEL_LINE = 14


def _label(parent: Element, name: str, at: Point | None) -> None:
    if name and at is not None:
        wide = sum(12 if ord(one) > 0x2E80 else 6.5 for one in name)
        lines = 1 + int(wide // _LABEL_WIDTH)
        label = SubElement(parent, f"{{{DIAGRAM}}}BPMNLabel")
        _bounds(label, Box(*at, min(wide, _LABEL_WIDTH), _LABEL_LINE * lines))
