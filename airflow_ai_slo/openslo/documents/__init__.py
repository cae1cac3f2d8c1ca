"""Files in, documents out: plain values that know their lines, whatever the input."""
