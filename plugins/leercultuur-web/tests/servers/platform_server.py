"""A small LMS around lti1p3platform 0.1.8: its own classes make each address, token and key set.

Run by the environment of lti1p3platform.txt: ``platform_server.py PORT TOOL``.
"""

from __future__ import annotations

import html
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import MessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration

PORT, TOOL = int(sys.argv[1]), sys.argv[2]
HERE = f"http://127.0.0.1:{PORT}"

_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = _key.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
PUBLIC = (
    _key.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


class Configuration(LTI1P3PlatformConfAbstract):
    def init_platform_config(self, **kwargs):
        self._registration = (
            Registration()
            .set_iss(HERE)
            .set_client_id("tool-1")
            .set_deployment_id("7")
            .set_launch_url(f"{TOOL}/lti/launch")
            .set_oidc_login_url(f"{TOOL}/lti/login")
            .set_platform_public_key(PUBLIC)
            .set_platform_private_key(PRIVATE)
        )

    def get_registration_by_params(self, **kwargs):
        return self._registration


class Login(OIDCLoginAbstract):
    def set_lti_message_hint(self, **kwargs):
        self._lti_message_hint = "hint"

    def get_redirect(self, url):
        return url


class Launch(MessageLaunchAbstract):
    def get_preflight_response(self):
        return self._request

    def render_launch_form(self, launch_data, **kwargs):
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(launch_data[name])}">'
            for name in ("id_token", "state")
        )
        return f'<form method="post" action="{launch_data["launch_url"]}">{fields}</form>'


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        configuration = Configuration()
        if parts.path == "/course":  # somebody clicks the link to the tool
            login = Login(None, configuration)
            login.set_lti_message_hint()
            self._answer(303, "", Location=login.prepare_preflight_url(query["user"]))
        elif parts.path == "/auth":
            launch = Launch(query, configuration)
            role = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
            launch.set_user_data(query["login_hint"], [role])
            launch.set_resource_link_claim("3")
            self._answer(200, launch.lti_launch(), **{"Content-Type": "text/html"})
        elif parts.path == "/keys":
            self._answer(
                200, json.dumps(configuration.get_jwks()), **{"Content-Type": "application/json"}
            )
        else:
            self._answer(404, "")

    def _answer(self, status, body, **headers):
        content = body.encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
