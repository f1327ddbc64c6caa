"""Pure rules: plain values in, value or refusal out; no ORM, no await, no clock. Imports ``knowledge`` only."""
