"""What goes wrong, as InfluxDB tells it: {"code", "message"} and an HTTP status."""

STATUS = {
    "invalid": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not found": 404,
    "method not allowed": 405,
    "conflict": 422,
    "unprocessable entity": 422,
    "internal error": 500,
    "not implemented": 501,
}


class Refused(Exception):  # noqa: N818 - it is an answer, like any other
    """A request that is answered with an error of the API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = STATUS[code]
