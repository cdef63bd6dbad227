CREATE TABLE artifacts (
  digest TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  files TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  created TEXT NOT NULL
) STRICT;
CREATE TABLE runs (
  run_id TEXT PRIMARY KEY,
  record TEXT NOT NULL,
  created TEXT NOT NULL
) STRICT;
CREATE TABLE versions (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  digest TEXT NOT NULL,
  run_id TEXT,
  created TEXT NOT NULL,
  PRIMARY KEY (name, version),
  UNIQUE (name, digest)
) STRICT;
CREATE TABLE lineage (
  from_kind TEXT NOT NULL,
  from_id TEXT NOT NULL,
  to_kind TEXT NOT NULL,
  to_id TEXT NOT NULL,
  relation TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (to_kind, to_id, from_kind, from_id, relation)
) STRICT;
