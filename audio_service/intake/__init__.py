"""From the wire to durable audio: packets, codecs, the recording on disk."""
