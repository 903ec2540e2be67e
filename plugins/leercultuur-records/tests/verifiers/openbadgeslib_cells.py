"""Holds credentials against openbadgeslib; runs in an environment of its own.

Reads and writes what ``cells.mjs`` does; a credential may be a JSON document or a JWT.
"""

import json
import sys

from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError, OB3Verifier


def main() -> None:
    asked = json.load(sys.stdin)
    answers = {}
    for cell in asked["cells"]:
        site = {**asked["site"], **cell.get("site", {})}

        def download(address, site=site):
            return site[address].encode()

        credential, issuer = cell["credential"], cell["issuer"]
        try:
            if isinstance(credential, str):
                verifier = OB3Verifier.for_issuer_did(issuer, download=download)
                verifier.verify(credential, check_status=True, download=download)
            else:
                # It reads the signature of a status list only where the list is a JWT.
                OB3LdpVerifier.for_issuer_did(issuer).verify(
                    credential, check_status=True, download=download, verify_status_list=False
                )
        except OB3VerificationError as error:
            answers[cell["name"]] = {"accepts": False, "why": str(error)}
        else:
            answers[cell["name"]] = {"accepts": True, "why": ""}
    json.dump(answers, sys.stdout)


main()
