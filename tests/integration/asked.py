"""What was asked of the sandbox."""

from aiohttp import web


class Asked:
    """Keeps the requests that reach the sandbox; an interceptor of it."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []

    async def __call__(self, request: web.Request, _: str) -> None:
        self.requests.append(request)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]
