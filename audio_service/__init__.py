"""The ear: audio packets in; transcript, state, prompts and keywords out. A sans-I/O core with a thin WebSocket shell around it."""
