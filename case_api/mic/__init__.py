"""The phone page `/mic`: a small installable page which is the microphone of a conversation and shows the prompts."""
