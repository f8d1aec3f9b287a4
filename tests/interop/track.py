"""Sums up what arrived, by kind and sender: messages, bytes, and a hash over timestamps and payloads."""

import hashlib


class Tracks:
    def __init__(self):
        self.tracks = {}

    def take(self, kind, user_id, timestamp_ms, payload):
        """Enters one message, hashed as the simulator's ledger does: the timestamp as i64 little-endian, then the payload."""
        track = self.tracks.setdefault((kind, user_id), {"frames": 0, "bytes": 0, "hash": hashlib.sha256(), "moments": []})
        track["frames"] += 1
        track["bytes"] += len(payload)
        track["hash"].update(timestamp_ms.to_bytes(8, "little", signed=True))
        track["hash"].update(payload)
        track["moments"].append(timestamp_ms)

    def sums(self):
        return [{"kind": kind, "user_id": user_id, "frames": track["frames"], "bytes": track["bytes"],
                 "sha256": track["hash"].hexdigest(), "moments": track["moments"]}
                for (kind, user_id), track in sorted(self.tracks.items())]
