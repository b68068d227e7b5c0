"""Reading live and past sessions back: transcript, prompts, keywords, tracks, audio, exports."""
