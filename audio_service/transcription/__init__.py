"""Speech to text for live utterances: weights, decoder, guards against invented text, settling partials, and the queue in front."""
