"""Why a server can't be reached, in words for who runs the bot; never with the address asked."""

import os
import ssl
from enum import Enum, auto
from socket import gaierror

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientError,
    ClientSSLError,
    ServerDisconnectedError,
)
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

from course_bot.messengers.findings import SECONDS

UNREACHED = (ClientError, ProxyError, ProxyConnectionError, ProxyTimeoutError, OSError)
"""What is raised where a server can't be reached; ``TimeoutError`` is an ``OSError``."""

_NAMELESS = (ClientConnectorDNSError, gaierror)
# OpenSSL, x509_vfy.h: X509_V_ERR_….
_EXPIRED, _NOT_YET, _OTHER_NAME = 10, 9, 62


class Obstacle(Enum):
    """What keeps a server from being reached."""

    NAME = auto()
    """The name is not found."""
    PROXY = auto()
    """The proxy on the way does not answer, or refuses."""
    CERTIFICATE = auto()
    """There is an answer, and it is not believed to be the server's."""
    SILENCE = auto()
    """The connection can't be made, breaks, or no answer comes."""


def obstacle_of(error: BaseException) -> Obstacle:
    """Tell what an error of ``UNREACHED`` means."""
    if isinstance(error, _NAMELESS):
        return Obstacle.NAME
    if isinstance(error, ProxyError | ProxyConnectionError | ProxyTimeoutError):
        return Obstacle.PROXY
    if _unverified(error) is not None:
        return Obstacle.CERTIFICATE
    return Obstacle.SILENCE


def why(error: BaseException) -> str:
    """Word an error of ``UNREACHED``."""
    unverified = _unverified(error)
    if unverified is not None:
        return _why_unverified(unverified)
    if isinstance(error, _NAMELESS):
        return "its name is not found (DNS)"
    if isinstance(error, ProxyError):
        return f"the proxy refuses: {error}"
    if isinstance(error, ProxyConnectionError):
        return "the proxy does not answer"
    if isinstance(error, ProxyTimeoutError):
        return f"the proxy has not answered within {SECONDS:.0f} s"
    if isinstance(error, TimeoutError):
        return f"no answer within {SECONDS:.0f} s"
    if isinstance(error, ClientSSLError | ssl.SSLError):
        return "the TLS handshake breaks off"
    if isinstance(error, ServerDisconnectedError | ConnectionResetError):
        return "the connection is cut off"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return type(error).__name__


def _unverified(error: BaseException) -> ssl.SSLCertVerificationError | None:
    if isinstance(error, ClientConnectorCertificateError):
        error = error.certificate_error
    return error if isinstance(error, ssl.SSLCertVerificationError) else None


def _why_unverified(error: ssl.SSLCertVerificationError) -> str:
    match error.verify_code:
        case code if code == _EXPIRED:
            return "its certificate has expired, or this computer's clock is wrong"
        case code if code == _NOT_YET:
            return "its certificate is not valid yet, or this computer's clock is wrong"
        case code if code == _OTHER_NAME:
            return "its certificate is for another name"
        case _:
            return f"its certificate is not trusted here ({error.verify_message})"
