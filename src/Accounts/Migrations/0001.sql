CREATE TABLE keys (
  key_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  last_four TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created TEXT NOT NULL,
  expires TEXT,
  revoked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE prices (
  model TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  currency TEXT NOT NULL,
  input_micros INTEGER NOT NULL,
  cached_input_micros INTEGER NOT NULL,
  output_micros INTEGER NOT NULL,
  changed TEXT NOT NULL
) STRICT;
