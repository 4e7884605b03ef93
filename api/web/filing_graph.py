"""The path of one filing as a picture with its position marked, for the filing's page."""

from __future__ import annotations

from dataclasses import dataclass

from api.web.graph_drawing import Picture, picture
from api.web.kit import say
from domain.filing import Filing
from domain.pipeline_graph import filing_graph
from domain.rules_view import Graph, Standing
from domain.view import Names


@dataclass(frozen=True, slots=True)
class FilingPicture:
    """A picture of the path, and in words where the filing is. `filing_graph.html` shows it."""

    picture: Picture
    title: str
    stands: str


def filing_picture(filing: Filing, names: Names) -> FilingPicture:
    """Return the picture of a filing's path; `names` knows the people who were added to it."""
    graph = filing_graph(filing, names)
    return FilingPicture(picture(graph), names.text(filing.title), _stands(graph, names))


def _stands(graph: Graph, names: Names) -> str:
    """Where the filing is, what it has passed and what it leaves out, in sentences."""
    said = []
    for standing in (Standing.NOW, Standing.PASSED, Standing.LEFT_OUT):
        titles = [one.title for one in graph.nodes if one.standing is standing]
        if titles:
            said.append(say(names.lang, f"web.programme.stands.{standing}", nodes=names.listed(titles)))
    return "".join(said) if names.lang == "zh" else " ".join(said)
