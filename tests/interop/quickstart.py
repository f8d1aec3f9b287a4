"""What a customer does, with a client that was generated from the OpenAPI document: starts a capture, waits for its end,
downloads the video without a key, finds the recording in the list, deletes it. Prints what it saw as JSON."""

import json
import sys
import time

import httpx
from hansard_client import AuthenticatedClient
from hansard_client.api.default import (
    meeting_direct_connect_create,
    meeting_direct_connect_retrieve,
    recording_destroy,
    recording_list,
    recording_retrieve,
)
from hansard_client.models import CreateMeetingDirectConnect

PATIENCE_S = 90


def main() -> None:
    address, key, wish = sys.argv[1:]
    client = AuthenticatedClient(base_url=address, token=key, prefix="Token", raise_on_unexpected_status=True)
    body = CreateMeetingDirectConnect.from_dict(json.loads(wish))
    capture = meeting_direct_connect_create.sync(client=client, body=body)
    first = capture.status.code
    deadline = time.monotonic() + PATIENCE_S
    while capture.status.code not in ("done", "fatal"):
        if time.monotonic() > deadline:
            sys.exit(f"the capture is still {capture.status.code}")
        time.sleep(0.2)
        capture = meeting_direct_connect_retrieve.sync(capture.id, client=client)
    recording = capture.recordings[0]
    video = recording.media_shortcuts.video_mixed
    with open("video.mp4", "wb") as file:
        file.write(httpx.get(video.data["download_url"]).raise_for_status().content)
    listed = recording_list.sync(client=client, meeting_direct_connect_id=capture.id)
    recording_destroy.sync_detailed(recording.id, client=client)
    deleted = recording_retrieve.sync(recording.id, client=client)
    print(json.dumps({
        "first": first,
        "last": capture.status.code,
        "listed": len(listed.results),
        "deleted": deleted.status.code,
    }))


main()
