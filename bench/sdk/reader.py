"""Zoom's own RTMS SDK as a reader of the meetings that a webhook announces: it joins each of them and counts what it is given.

    reader.py --listen HOST:PORT --ca-file FILE --dir DIR --client-id ID --client-secret SECRET --sound l16|opus --packet-ms MS

Answers webhooks, `/health/ready` and `/metrics` until it is ended, and tells its counts under the names of the bare reader
(bench/src/reader). Whoever starts it is in bench/src/capture. It does no more with a message than the shortest callback can: to keep
anything is left to the app, so that what it costs here is the least that any app made with the SDK has to pay.
"""

import argparse
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How many meetings share a thread, as the SDK advises.
SHARING = 25
# The numbers of the protocol for each coding of sound: codec, sample rate, samples a millisecond.
SOUNDS = {"l16": (1, 1, 16), "opus": (4, 3, 48)}


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("--listen", "--ca-file", "--dir", "--client-id", "--client-secret"):
        parser.add_argument(name, required=True)
    parser.add_argument("--sound", choices=sorted(SOUNDS), required=True)
    parser.add_argument("--packet-ms", type=int, required=True)
    return parser.parse_args()


asked = arguments()
# The SDK reads these when it is loaded, and writes its logs into the directory it runs in.
os.environ["ZM_RTMS_CA"] = os.path.abspath(asked.ca_file)
os.environ["HOME"] = asked.dir
os.makedirs(os.path.join(asked.dir, "logs"), exist_ok=True)
os.chdir(asked.dir)

import rtms  # noqa: E402


class Meeting:
    """One engagement with one stream, and how much came of it."""

    def __init__(self):
        self.is_active = False
        self.messages = 0
        self.bytes = 0

    def take(self, payload, size, timestamp_ms, metadata):
        self.messages += 1
        self.bytes += size

    def joined(self, code):
        self.is_active = code == 0

    def left(self, reason):
        self.is_active = False


class Meetings:
    """All of them, and the threads that they share."""

    def __init__(self):
        self.lock = threading.Lock()
        self.meetings = []
        self.loops = []

    def join(self, payload):
        meeting = Meeting()
        with self.lock:
            if len(self.meetings) == len(self.loops) * SHARING:
                self.loops.append(rtms.EventLoop().start())
            loop = self.loops[-1]
            self.meetings.append(meeting)
        codec, rate, samples_per_ms = SOUNDS[asked.sound]
        client = rtms.Client()
        client.set_audio_params(rtms.AudioParams(
            content_type=2, codec=codec, sample_rate=rate, channel=1, data_opt=2, duration=asked.packet_ms,
            frame_size=asked.packet_ms * samples_per_ms))
        client.set_video_params(rtms.VideoParams(content_type=3, codec=7, resolution=2, data_opt=3, fps=25))
        client.on_audio_data(meeting.take)
        client.on_video_data(meeting.take)
        client.on_transcript_data(meeting.take)
        client.on_join_confirm(meeting.joined)
        client.on_leave(meeting.left)
        loop.add(client)
        client.join(meeting_uuid=payload["meeting_uuid"], rtms_stream_id=payload["rtms_stream_id"],
                    server_urls=payload["server_urls"], client=asked.client_id, secret=asked.client_secret)

    def metrics(self):
        with self.lock:
            active = sum(meeting.is_active for meeting in self.meetings)
            messages = sum(meeting.messages for meeting in self.meetings)
            count = sum(meeting.bytes for meeting in self.meetings)
        return (f"bench_reader_meetings_active {active}\nbench_reader_messages_total {messages}\n"
                f"bench_reader_bytes_total {count}\n")


meetings = Meetings()


class Desk(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body["event"] == "meeting.rtms_started":
            meetings.join(body["payload"])
        self.answer("")

    def do_GET(self):
        self.answer(meetings.metrics() if self.path == "/metrics" else "")

    def answer(self, text):
        text = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format, *arguments):
        pass


host, port = asked.listen.rsplit(":", 1)
ThreadingHTTPServer((host, int(port)), Desk).serve_forever()
