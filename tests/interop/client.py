"""An app made with Zoom's own RTMS SDK. It takes webhooks, joins the stream, and reports what reached it.

    client.py PLAN REPORT

PLAN is a JSON object: `client` and `secret`, the app's credentials; `audio`, `video`, `share`, the parameters of each kind
of media by the SDK's names, absent for a kind that is not wanted; `transcript` and `events`, whether they are wanted;
`watch`, whether every camera that goes on is subscribed to; `spoil` and `omit`, the kind of media of whose first message
one bit is turned, or which is dropped.

The first line of standard output is `listening PORT`. REPORT is written when the SDK says that it left or could not join;
webhooks are taken until standard input ends, and then for as long as the SDK has not left, a few seconds at most.

The authority that signs the server's certificate is named by ZM_RTMS_CA and is read when the first webhook comes.
"""

import json
import os
import sys
import threading

import rtms
from track import Tracks
from webhook import listen

# What Zoom's products call the id of whatever a stream belongs to.
IDS = ("meeting_uuid", "webinar_uuid", "session_id", "engagement_id")
# How long the SDK may take to leave after the meeting.
LEAVING_S = 5


class App:
    """One engagement with one stream, and what came of it."""

    def __init__(self, plan):
        self.plan = plan
        self.over = threading.Event()
        self.tracks = Tracks()
        self.client = None
        self.words = self.media("transcript")
        self.report = {"joins": [], "leave": None, "webhooks": [], "sessions": [], "users": [], "events": [],
                       "cameras": [], "subscriptions": [], "words": [], "faults": []}

    def webhook(self, event, payload):
        self.report["webhooks"].append(event)
        if event.endswith(".rtms_started") and self.client is None:
            self.client = self.made()
            named = {name: payload[name] for name in IDS if name in payload}
            self.client.join(**named, rtms_stream_id=payload["rtms_stream_id"], server_urls=payload["server_urls"],
                             client=self.plan["client"], secret=self.plan["secret"])

    def made(self):
        """A client with parameters and callbacks for what the plan wants."""
        client = rtms.Client()
        if "audio" in self.plan:
            client.set_audio_params(rtms.AudioParams(**self.plan["audio"]))
            client.on_audio_data(self.media("audio"))
        if "video" in self.plan:
            client.set_video_params(rtms.VideoParams(**self.plan["video"]))
            client.on_video_data(self.media("video"))
        if "share" in self.plan:
            client.set_deskshare_params(rtms.DeskshareParams(**self.plan["share"]))
            client.on_deskshare_data(self.media("share"))
        if self.plan.get("transcript"):
            client.on_transcript_data(self.transcript)
        if self.plan.get("events"):
            client.on_participant_event(lambda *_: None)
            client.on_active_speaker_event(lambda *_: None)
            client.on_event_ex(lambda text: self.report["events"].append(json.loads(text)))
        if self.plan.get("watch"):
            client.on_participant_video(self.camera)
            client.on_video_subscribed(lambda user, status, error: self.report["subscriptions"].append([user, status]))
        client.on_join_confirm(self.joined)
        client.on_session_update(lambda state, session: self.report["sessions"].append(int(state)))
        client.on_user_update(lambda change, user: self.report["users"].append([int(change), user.id, user.name]))
        client.on_leave(self.left)
        return client

    def media(self, kind):
        # The SDK names the active speaker as the sender of a mix, which has none.
        mixed = kind == "audio" and self.plan["audio"]["data_opt"] == rtms.DataOption.AUDIO_MIXED_STREAM
        spoil, omit = (self.plan.get(harm) == kind for harm in ("spoil", "omit"))

        def take(payload, size, timestamp_ms, metadata):
            nonlocal spoil, omit
            if size != len(payload):
                self.report["faults"].append(f"{kind}: {size} bytes announced, {len(payload)} given")
            if omit:
                omit = False
                return
            if spoil:
                spoil = False
                payload = bytes([payload[0] ^ 1]) + payload[1:]
            self.tracks.take(kind, 0 if mixed else metadata.userId, timestamp_ms, payload)
        return take

    def transcript(self, payload, size, timestamp_ms, metadata):
        self.words(payload, size, timestamp_ms, metadata)
        self.report["words"].append({"user_id": metadata.userId, "user_name": metadata.userName,
                                     "start_ms": metadata.startTs, "end_ms": metadata.endTs, "text": payload.decode()})

    def camera(self, users, on):
        self.report["cameras"].append([list(users), bool(on)])
        if on:
            self.client.subscribe_video(users[0], True)

    def joined(self, code):
        self.report["joins"].append(int(code))
        if code != 0:
            self.over.set()

    def left(self, reason):
        self.report["leave"] = int(reason)
        self.over.set()


def write(report, path):
    """Puts the whole report there at once."""
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        json.dump(report, file)
    os.rename(f"{path}.part", path)


def main(plan_path, report_path):
    with open(plan_path, encoding="utf-8") as file:
        app = App(json.load(file))
    print(f"listening {listen(app.webhook)}", flush=True)

    ended = threading.Event()

    def wait_for_end_of_input():
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    while not app.over.wait(0.1) and not ended.is_set():
        pass
    app.over.wait(LEAVING_S)
    write(app.report | {"tracks": app.tracks.sums()}, report_path)
    ended.wait()
    # The SDK's own threads may still run, and must not meet an interpreter that is being taken apart.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
