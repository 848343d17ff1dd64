"""Types of metrics, as clients see them."""

from typing import Any, Literal

from pydantic import BaseModel

from functions.api.views.common import ListView
from shared.domain.money import Unit


class OptionView(BaseModel):
    """One choice of a setting.

    Attributes:
        unit: of the value, where the setting decides it; null elsewhere, and the type's holds.
    """

    value: str
    label: str
    unit: Unit | None


class SettingView(BaseModel):
    """One setting of a metric type; a switch has no options."""

    name: str
    label: str
    help: str
    kind: Literal["switch", "choice"]
    default: bool | str
    options: list[OptionView]


class MetricTypeView(BaseModel):
    """One type of metrics; `unit` is that of the default settings.

    `query_schema` is the JSON Schema of a query of this type, for those who draw forms from one.
    """

    type: str
    title: str
    description: str
    unit: Unit
    settings: list[SettingView]
    query_schema: dict[str, Any]


class MetricTypes(ListView):
    """The types of metrics; one page has them all."""

    data: list[MetricTypeView]
