"""The JSON Schemas of requests and outcomes, generated from their models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaMode,
    JsonSchemaValue,
    models_json_schema,
)
from pydantic_core.core_schema import (
    DataclassField,
    ModelField,
    ModelSchema,
    TypedDictField,
    WithDefaultSchema,
)

from console.docstrings import attributes, summary
from lambdas.jobs.contract import Job
from lambdas.jobs.registry import KINDS
from lambdas.requests.acceptance import IGNORED, CleanUpInput
from lambdas.requests.contract import Request, Stage
from lambdas.requests.outcome import Outcome

DIALECT: Final = GenerateJsonSchema.schema_dialect

Field = ModelField | DataclassField | TypedDictField


class _FromDocstrings(GenerateJsonSchema):
    """Takes descriptions from docstrings, and leaves out what no reader of a schema needs."""

    def field_title_should_be_set(self, _schema: object) -> bool:
        return False

    def field_is_required(self, field: Field, total: bool) -> bool:
        """What functions write has every field."""
        return self.mode == "serialization" or super().field_is_required(field, total)

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        """Leave out the default null, which an editor would propose, and those of an outcome."""
        if self.mode == "serialization" or schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        model = schema["cls"]
        described["description"] = summary(model)
        for name, text in _attributes(model).items():
            if name in described["properties"]:
                described["properties"][name]["description"] = text
        return described


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas by their names."""
    return {"request": request_schema(), "outcome": outcome_schema()}


def as_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as it is published."""
    return json.dumps(schema, indent=2, ensure_ascii=False)


def request_schema() -> dict[str, Any]:
    """Return the schema of an execution's input, in each of its shapes; an event's detail too.

    It accepts whatever the functions accept, and more: limits of a request as a whole, and what
    depends on the stack's account and Region, are not in it.
    """
    jobs: list[type[Job]] = [kind.job for kind in KINDS]
    refs, defs = _definitions("validation", Request, Stage, CleanUpInput, *jobs)
    whole, clean_up = defs.pop(refs[Request]), defs.pop(refs[CleanUpInput])
    of_a_request = {name: field for name, field in whole["properties"].items() if name != "stages"}
    parts = [defs[refs[Stage]], *(defs[refs[job]] for job in jobs)]
    shapes = [_with(whole), *(_with(part, of_a_request) for part in parts), _with(clean_up)]
    return {
        **_head("request", "An input of the state machine: a request, or a clean-up."),
        "oneOf": shapes,
        "$defs": defs,
    }


def outcome_schema() -> dict[str, Any]:
    """Return the schema of an outcome, which has every field and may get further ones."""
    refs, defs = _definitions("serialization", Outcome)
    outcome = defs.pop(refs[Outcome])
    return {**_head("outcome", outcome["description"]), **outcome, "$defs": defs}


def _head(name: str, description: str) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": f"urn:connect-rds-orchestrator:{name}",
        "title": name.capitalize(),
        "description": description,
    }


def _definitions(
    mode: JsonSchemaMode, *models: type[BaseModel]
) -> tuple[dict[type[BaseModel], str], dict[str, Any]]:
    """Return the names of models in `$defs`, and `$defs`."""
    refs, schema = models_json_schema(
        [(model, mode) for model in models], schema_generator=_FromDocstrings
    )
    names = {model: refs[model, mode]["$ref"].rpartition("/")[2] for model in models}
    return names, schema["$defs"]


def _with(shape: Mapping[str, Any], fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of an input that may have further fields."""
    ignored = {name: {"description": text} for name, text in IGNORED.items()}
    return {**shape, "properties": {**ignored, **shape["properties"], **(fields or {})}}


def _attributes(model: type) -> dict[str, str]:
    """Return the descriptions of a model's fields, the inherited ones included."""
    return {name: text for base in reversed(model.__mro__) for name, text in _own(base).items()}


def _own(model: type) -> dict[str, str]:
    return attributes(model) if "__doc__" in vars(model) else {}
