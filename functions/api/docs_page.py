"""The description of the API as a page for people: no script, nothing from elsewhere."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from typing import Any

Document = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 54rem; padding: 1rem; }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { background: color-mix(in srgb, currentColor 8%, transparent); border-radius: 6px;
  overflow-x: auto; padding: 0.75rem; }
h2 { border-bottom: 1px solid; margin-top: 2.5rem; }
h3 code { font-size: 16px; }
h3 { margin-bottom: 0.25rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent);
  padding: 0.25rem 1rem 0.25rem 0; text-align: left; vertical-align: top; }
summary { cursor: pointer; }
"""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        f"style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def write_page(document: Document) -> str:
    """Return the page of a description."""
    info = document["info"]
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(info['title'])} API</h1>{_paragraphs(info['description'])}",
            f"<p>Version {escape(info['version'])}. For machines:",
            ' <a href="/openapi.json">openapi.json</a>.</p>',
            _contents(document),
            *(_section(document, tag) for tag in document["tags"]),
            _section_of_problems(document),
            "</body></html>",
        ]
    )


def _contents(document: Document) -> str:
    names = [*(tag["name"] for tag in document["tags"]), "Problems"]
    links = (f'<a href="#{_anchor(name)}">{escape(name)}</a>' for name in names)
    return f"<nav><p>{' · '.join(links)}</p></nav>"


def _section(document: Document, tag: Document) -> str:
    name = tag["name"]
    operations = "".join(
        _operation(path, method, operation)
        for path, method, operation in _operations(document)
        if name in operation["tags"]
    )
    return (
        f'<h2 id="{_anchor(name)}">{escape(name)}</h2>{_paragraphs(tag["description"])}{operations}'
    )


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _operation(path: str, method: str, operation: Document) -> str:
    parts = [
        f'<h3 id="{escape(operation["operationId"])}">',
        f"<code>{method.upper()} {escape(path)}</code></h3>",
        _paragraphs(operation["description"]),
        _parameters(operation.get("parameters", [])),
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "example" in body:
        parts.append(_example("Body", body["example"]))
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json", {})
        if "example" in content:
            parts.append(_example(f"Answer {status}", content["example"]))
    codes = [
        f'<a href="#problem-{code}">{code}</a> ({status})'
        for status, answer in operation["responses"].items()
        for code in answer.get("content", {})
        .get("application/problem+json", {})
        .get("examples", ())
    ]
    if codes:
        parts.append(f"<p>Problems: {', '.join(codes)}.</p>")
    return "".join(parts)


def _parameters(parameters: list[Document]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(it['name'])}</code></td><td>{escape(it['in'])}</td>"
        f"<td>{_prose(it.get('description', ''))}</td></tr>"
        for it in parameters
    )
    head = "<tr><th>Parameter</th><th>In</th><th>What it is</th></tr>"
    return f"<table>{head}{rows}</table>"


def _section_of_problems(document: Document) -> str:
    shown = "".join(
        f'<h3 id="problem-{escape(name)}"><code>{escape(name)}</code></h3>'
        f"<p>{escape(example['value']['title'])}.</p>{_example('Example', example['value'])}"
        for name, example in document["components"]["examples"].items()
    )
    return f'<h2 id="problems">Problems</h2>{shown}'


def _example(title: str, value: object) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return f"<details><summary>{title}</summary><pre>{escape(text)}</pre></details>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_prose(part)}</p>" for part in text.split("\n\n"))


def _prose(text: str) -> str:
    """Write what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")
