"""The Query protocol of RDS: a form in, XML out."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from localcloud.simulators.errors import EXPORT_STATUSES, SimulatedError
from localcloud.simulators.server import Response

NAMESPACE = "http://rds.amazonaws.com/doc/2014-10-31/"
_ITEM_NAMES = {
    "DBClusterMembers": "DBClusterMember",
    "DBClusterSnapshots": "DBClusterSnapshot",
    "DBClusters": "DBCluster",
    "DBInstances": "DBInstance",
    "DBSnapshots": "DBSnapshot",
    "ExportTasks": "ExportTask",
    "TagList": "Tag",
}
_DEFAULT_PAGE = "100"

Document = Mapping[str, "Value"]
Value = str | int | Document | Sequence[str] | Sequence[Document]
Form = dict[str, str]


def parse_form(body: bytes) -> Form:
    """Return the fields of a form, empty ones included."""
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def form_list(form: Form, name: str) -> tuple[str, ...]:
    """Return the values of `name.1`, `name.2` and so on, in the order of their numbers."""
    numbered = re.compile(re.escape(name) + r"\.(\d+)")
    found = [(int(match[1]), form[key]) for key in form if (match := numbered.fullmatch(key))]
    return tuple(value for _, value in sorted(found))


def form_filters(form: Form) -> list[tuple[str, tuple[str, ...]]]:
    """Return the name and the values of each filter."""
    filters: list[tuple[str, tuple[str, ...]]] = []
    while (name := form.get(f"Filters.Filter.{len(filters) + 1}.Name")) is not None:
        values = form_list(form, f"Filters.Filter.{len(filters) + 1}.Values.Value")
        filters.append((name, values))
    return filters


def form_tags(form: Form) -> dict[str, str]:
    """Return the tags that a call gives to a resource."""
    tags: dict[str, str] = {}
    while (key := form.get(f"Tags.Tag.{len(tags) + 1}.Key")) is not None:
        tags[key] = form.get(f"Tags.Tag.{len(tags) + 1}.Value", "")
    return tags


def require(form: Form, name: str) -> str:
    """Return a field.

    Raises:
        SimulatedError: MissingParameter.
    """
    if not form.get(name):
        raise SimulatedError("MissingParameter", f"The request must contain the parameter {name}.")
    return form[name]


def page_size(form: Form) -> int:
    """Return MaxRecords.

    Raises:
        SimulatedError: InvalidParameterValue.
    """
    size = form.get("MaxRecords", _DEFAULT_PAGE)
    if not size.isdecimal() or not 20 <= int(size) <= 100:
        raise SimulatedError("InvalidParameterValue", "MaxRecords must be 20 to 100.")
    return int(size)


def result_response(operation: str, document: Document | None) -> Response:
    """Return an operation's result, None for an operation that has none."""
    root = ET.Element(f"{operation}Response", xmlns=NAMESPACE)
    if document is not None:
        _fill(ET.SubElement(root, f"{operation}Result"), document)
    _fill(ET.SubElement(root, "ResponseMetadata"), {"RequestId": str(uuid.uuid4())})
    return _xml_response(root, 200)


def error_response(error: SimulatedError) -> Response:
    """Return an error's response; HTTP 400 unless RDS has another status for the code."""
    status = EXPORT_STATUSES.get(error.code, 400)
    root = ET.Element("ErrorResponse", xmlns=NAMESPACE)
    _fill(
        ET.SubElement(root, "Error"),
        {
            "Type": "Sender" if status < 500 else "Receiver",
            "Code": error.code,
            "Message": error.message,
        },
    )
    _fill(root, {"RequestId": str(uuid.uuid4())})
    return _xml_response(root, status)


def _fill(parent: ET.Element, document: Document) -> None:
    for name, value in document.items():
        element = ET.SubElement(parent, name)
        if isinstance(value, bool):
            element.text = str(value).lower()
            continue
        if isinstance(value, str | int):
            element.text = str(value)
            continue
        if isinstance(value, Mapping):
            _fill(element, value)
            continue
        for item in value:
            child = ET.SubElement(element, _ITEM_NAMES.get(name, "member"))
            if isinstance(item, str):
                child.text = item
            else:
                _fill(child, item)


def _xml_response(root: ET.Element, status: int) -> Response:
    body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(status=status, body=body, content_type="text/xml")
