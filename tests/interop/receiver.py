"""Takes status webhooks on a free port of the loopback address, and has two libraries for receivers judge each of them.

`receiver.py REFUSED` answers 500 to the first REFUSED requests. What each request was is a line of `heard.jsonl`. The secret is read
from the file `secret` at each request.
"""

import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import standardwebhooks
import svix.webhooks

JUDGES = {
    "standardwebhooks": (standardwebhooks.Webhook, standardwebhooks.webhooks.WebhookVerificationError),
    "svix": (svix.webhooks.Webhook, svix.webhooks.WebhookVerificationError),
}
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def accepts(name, secret, body, headers):
    """Whether a library takes this message for genuine."""
    judge, refusal = JUDGES[name]
    try:
        judge(secret).verify(body, headers)
        return True
    except refusal:
        return False


def with_names(headers, family):
    """The headers of one family only."""
    return {name: value for name, value in headers.items() if name.startswith(family)}


def judged(body, headers):
    """What both libraries say of a message, and of the same one with one thing changed."""
    secret = pathlib.Path("secret").read_text()
    said = {}
    for name in JUDGES:
        genuine = with_names(headers, "webhook-")
        stale = {**genuine, "webhook-timestamp": str(int(genuine["webhook-timestamp"]) - 600)}
        said[name] = {
            "genuine": accepts(name, secret, body, genuine),
            "another_body": accepts(name, secret, body + " ", genuine),
            "another_secret": accepts(name, OTHER, body, genuine),
            "another_id": accepts(name, secret, body, {**genuine, "webhook-id": "other"}),
            "stale": accepts(name, secret, body, stale),
        }
    said["svix"]["older_names"] = accepts("svix", secret, body, with_names(headers, "svix-"))
    return said


class Receiver(BaseHTTPRequestHandler):
    left_to_refuse = int(sys.argv[1])

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = 200
        if Receiver.left_to_refuse > 0:
            Receiver.left_to_refuse -= 1
            status = 500
        line = {"id": headers["webhook-id"], "body": body, "status": status, "judged": judged(body, headers)}
        with open("heard.jsonl", "a") as heard:
            heard.write(json.dumps(line) + "\n")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print("listening", server.server_port, flush=True)
server.serve_forever()
