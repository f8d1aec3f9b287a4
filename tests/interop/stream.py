"""Reads the live events of a capture over a WebSocket, and hangs up now and then.

    stream.py URL KEY SOME QUERY

URL is that of `stream/`, QUERY what stands behind its question mark. After every SOME events the connection is dropped and begun again with
the cursor of the last one, until the server says that all is told; SOME is 0 for one connection. Standard output is a JSON object: the
`events` as they came, how many `connections` there were, and the `code` and `reason` of the last good-bye.
"""

import json
import sys

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

url, key, some, query = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
events, cursor, connections, said = [], None, 0, None
while said is None:
    place = [query] if query else []
    if cursor is not None:
        place.append(f"cursor={cursor}")
    socket = connect(f"{url}?{'&'.join(place)}", additional_headers={"Authorization": f"Token {key}"})
    connections += 1
    heard = 0
    try:
        while not some or heard < some:
            event = json.loads(socket.recv())
            events.append(event)
            if "cursor" in event:
                cursor = event["cursor"]
                heard += 1
    except ConnectionClosed as closed:
        said = closed.rcvd
    socket.close()
print(json.dumps({"events": events, "connections": connections, "code": said.code, "reason": said.reason}))
