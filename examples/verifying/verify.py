# Python, with `cryptography`. python verify.py URL KEY.pem HEADERS BODY: the last two as `curl -D HEADERS -o BODY` writes them.
import base64
import hashlib
import re
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

REQUIRED = '("@status" "content-type" "content-digest" "@method";req "@target-uri";req)'


def verify(method: str, url: str, status: int, headers: dict, body: bytes, pem: bytes, tag: str) -> None:
    """Raises ValueError or InvalidSignature unless the response is the key's. The names of headers are in lower case."""
    digest = "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode()
    if headers.get("content-digest") != digest:
        raise ValueError("the content is not that of its digest")

    params = re.sub("^sig1=", "", headers.get("signature-input", ""))
    found = re.fullmatch(re.escape(REQUIRED) + r';created=(\d+);keyid="[^"]*";tag="%s"' % re.escape(tag), params)
    if not found or abs(time.time() - int(found[1])) > 300:
        raise ValueError("not signed, not for this, or too old")

    base = "\n".join([
        f'"@status": {status}', f'"content-type": {headers["content-type"]}', f'"content-digest": {digest}',
        f'"@method";req: {method}', f'"@target-uri";req: {url}', f'"@signature-params": {params}',
    ])
    encoded = re.fullmatch(r"sig1=:([A-Za-z0-9+/=]+):", headers.get("signature", ""))
    raw = base64.b64decode(encoded[1], validate=True) if encoded else b""
    if len(raw) != 64:
        raise ValueError("no signature of this kind")
    # In HTTP, r and s stand one after the other; `cryptography` wants DER.
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    load_pem_public_key(pem).verify(der, base.encode("ascii"), ec.ECDSA(SHA256()))


if __name__ == "__main__":
    url, key, head, body = sys.argv[1:]
    first, *lines = open(head).read().splitlines()
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    try:
        verify("GET", url, int(first.split()[1]), fields, open(body, "rb").read(), open(key, "rb").read(), "billing-api")
    except (ValueError, InvalidSignature) as error:
        sys.exit("refused: %s" % (str(error) or "not authentic"))
    print("authentic")
