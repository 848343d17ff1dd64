"""The API's Lambda entry point: routes, and nothing else."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import __version__

app = APIGatewayHttpResolver()


@app.get("/health")
def get_health() -> dict[str, str]:
    """Answer that the API runs, and in which version."""
    return {"status": "ok", "version": __version__}


def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP API request (payload format 2.0)."""
    return app.resolve(event, context)
