"""One incoming, handled: stored (`receive`), then interpreted and run (`turn_runner`, `turn`)."""
