"""Types of metrics, as clients see them."""

from typing import Literal

from pydantic import BaseModel

from functions.api.views.common import ListView


class OptionView(BaseModel):
    """One choice of a setting."""

    value: str
    label: str


class SettingView(BaseModel):
    """One setting of a metric type."""

    name: str
    label: str
    help: str
    kind: Literal["switch", "choice"]
    default: bool | str
    options: list[OptionView]


class MetricTypeView(BaseModel):
    """One type of metrics."""

    type: str
    title: str
    description: str
    unit: Literal["currency", "percent", "count"]
    settings: list[SettingView]


class MetricTypes(ListView):
    """The types of metrics; one page has them all."""

    data: list[MetricTypeView]
