"""The front door: REST API, the phone page and the one application that mounts the audio service."""
