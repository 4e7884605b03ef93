"""What workflows may not do themselves: advance a stream, carry out its reactions, relay the outbox."""
