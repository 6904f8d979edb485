"""The redactor: no form of a secret gets through, and nothing else is eaten."""

import base64
import html
import json
import random
import re
import string
from collections.abc import Callable
from itertools import pairwise
from urllib.parse import quote, quote_plus

import markupsafe
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppf_core.secrets.redaction import Redactor, mask_by_name

CANARY = 'p@ss/w "örd"&x=1'


def redactor(*values: str) -> Redactor:
    made = Redactor()
    for value in values:
        made.add(value)
    return made


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        quote(CANARY),
        quote(CANARY, safe=""),
        quote_plus(CANARY),
        base64.b64encode(CANARY.encode()).decode(),
        base64.urlsafe_b64encode(CANARY.encode()).decode(),
        json.dumps(CANARY)[1:-1],
        json.dumps(CANARY, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(CANARY)[1:-1])[1:-1],
        quote(CANARY, safe="").replace("%2F", "%2f").replace("%C3%B6", "%c3%b6").replace("%3D", "%3d"),
        quote(CANARY, safe="!'()*"),
        CANARY.encode().hex(),
        CANARY.encode().hex().upper(),
        html.escape(CANARY),
        html.escape(CANARY, quote=False),
        str(markupsafe.escape(CANARY)),
        repr(CANARY)[1:-1],
    ],
)
def test_every_form_of_a_secret_is_masked(form: str) -> None:
    assert redactor(CANARY).redact(f"before {form} after") == "before **** after"


def test_a_short_secret_is_masked_only_where_it_stands_alone() -> None:
    assert redactor("ab").redact("ab about ab.") == "**** about ****."


@pytest.mark.parametrize("before", ["", "x", "x:", "xx:", "xxxx:"])
@pytest.mark.parametrize("after", ["", "@", "@h", "@ho"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_shows_nothing_of_a_secret_in_the_middle_of_something(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    secret = "hunter2>>canary?~"
    encoded = encode(f"{before}{secret}{after}".encode()).decode()
    left = redactor(secret).redact(f"Basic {encoded}.")
    assert "****" in left
    parts = re.split(r"[^\w+/=-]+", left)
    assert not any(pair in _decoded(part) for part in parts for pair in map("".join, pairwise(secret)))


def _decoded(text: str) -> str:
    """What the characters of base64 say, whatever stood before them."""
    text = text.translate(str.maketrans("-_", "+/")).rstrip("=")
    shifted = ("A" * shift + text for shift in range(4))
    return "".join(base64.b64decode(each + "=" * (-len(each) % 4)).decode("latin-1") for each in shifted if len(each) % 4 != 1)


@pytest.mark.parametrize("secret", ["1234567", "geheim"])
def test_what_is_too_short_to_be_known_again_is_not_looked_for_in_base64_and_hex(secret: str) -> None:
    texts = [base64.b64encode(secret.encode()).decode(), secret.encode().hex()]
    assert [redactor(secret).redact(text) for text in texts] == texts


def test_an_escaped_form_of_a_short_secret_is_masked_only_where_it_stands_alone() -> None:
    assert redactor("é").redact("caf\\u00e9 \\u00e9") == "caf\\u00e9 ****"


def test_what_is_found_does_not_hang_on_where_it_stands_or_what_else_is_secret() -> None:
    chance = random.Random(7)  # noqa: S311 -- the same texts each time
    letters = string.ascii_letters + string.digits

    def word(size: int) -> str:
        return "".join(chance.choices(letters, k=size))

    for shortest in (1, 5, 7, 11, 15, 23):
        secrets = [word(chance.randint(shortest, 40)) for _ in range(20)]
        masking = redactor(*secrets)
        for secret in secrets:
            for offset in range(20):
                text = f"{' ' * offset} {secret} {'x' * chance.randint(0, 20)}"
                assert secret not in masking.redact(text).split()


def test_the_longer_of_two_secrets_is_masked_as_a_whole() -> None:
    assert redactor("secret", "secret-and-more").redact("secret-and-more, secret") == "****, ****"


def test_each_line_of_a_secret_of_several_lines_is_masked() -> None:
    assert "MIIB" not in redactor("-----BEGIN\nMIIBxyz\n-----END").redact("key: MIIBxyz")


def test_an_empty_secret_masks_nothing() -> None:
    assert redactor("").redact("all of it") == "all of it"


def test_values_inside_documents_are_masked() -> None:
    assert redactor("s3cret").redact_all({"a": ["x s3cret", 1, None], "b": {"c": "s3cret"}}) == {
        "a": ["x ****", 1, None],
        "b": {"c": "****"},
    }


@given(st.text(min_size=4, max_size=30), st.text(max_size=50), st.text(max_size=50))
def test_no_secret_survives_in_any_text(secret: str, before: str, after: str) -> None:
    redacted = redactor(secret).redact(before + secret + after)
    assert secret not in redacted or secret in before + "****" + after or secret in "****"


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "spark.hadoop.fs.s3a.secret.key",
        "API_TOKEN",
        "privateKey",
        "passphrase",
        "fs.azure.account.key.me",
        "access-key",
    ],
)
def test_what_its_key_calls_a_secret_is_masked(key: str) -> None:
    assert mask_by_name({"conf": {key: "canary"}, "list": [{key: ["canary"]}]}) == {
        "conf": {key: "****"},
        "list": [{key: ["****"]}],
    }


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("jdbc:postgresql://me:canary@host/db", "jdbc:postgresql://me:****@host/db"),
        (
            "jdbc:sqlserver://host;user=me;password=canary;encrypt=true",
            "jdbc:sqlserver://host;user=me;password=****;encrypt=true",
        ),
        ("sc://host:15002/;token=canary", "sc://host:15002/;token=****"),
        ("https://host/hook?access_token=canary&page=2", "https://host/hook?access_token=****&page=2"),
        ("https://host:8443/path@2", "https://host:8443/path@2"),
    ],
)
def test_what_a_url_carries_as_a_secret_is_masked(text: str, masked: str) -> None:
    assert mask_by_name({"url": text}) == {"url": masked}


def test_references_and_what_is_no_secret_stay() -> None:
    settings = {"password": "secret://env/DB", "token": "{{ secret://env/T }}", "path": "out/late", "rows": 3, "keys": ["id"]}
    assert mask_by_name(settings) == settings
