"""A client that was generated from the OpenAPI document, in the hands of whoever writes lines of JSON to it.

    generated.py ADDRESS KEY

A line is a call: `operation`, its id in the document; `arguments` of path and query by their names; `body` or null; `has_key`,
whether it is made with the key; `file`, where what comes is put, or null. Each is answered by a line: `status`, `json`, what the
client's own types made of the answer, and `text`, the answer as it came where it is neither JSON nor was put into a file.
"""

import importlib
import json
import sys
import typing

import httpx
from hansard_client import AuthenticatedClient, Client

# Live events last as long as their meeting, and come at least this often.
SILENCE_S = 60


def call(address, key, wanted):
    common = {"base_url": address, "raise_on_unexpected_status": True, "timeout": httpx.Timeout(SILENCE_S)}
    client = AuthenticatedClient(**common, token=key, prefix="Token") if wanted["has_key"] else Client(**common)
    send = importlib.import_module(f"hansard_client.api.default.{wanted['operation']}").sync_detailed
    arguments = dict(wanted["arguments"])
    if wanted["body"] is not None:
        arguments["body"] = typing.get_type_hints(send)["body"].from_dict(wanted["body"])
    answer = send(client=client, **arguments)
    told = {"status": int(answer.status_code), "json": None, "text": None}
    if wanted["file"] is not None:
        with open(wanted["file"], "wb") as file:
            file.write(answer.content)
    elif hasattr(answer.parsed, "to_dict"):
        told["json"] = answer.parsed.to_dict()
    else:
        told["text"] = answer.content.decode()
    return told


def main(address, key):
    for line in sys.stdin:
        print(json.dumps(call(address, key, json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
