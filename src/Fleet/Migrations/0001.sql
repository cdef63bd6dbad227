CREATE TABLE jobs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  key TEXT NOT NULL UNIQUE,
  spec TEXT NOT NULL,
  state TEXT NOT NULL,
  site TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  cancel INTEGER NOT NULL DEFAULT 0,
  not_before TEXT,
  exit_code INTEGER,
  error TEXT,
  created TEXT NOT NULL,
  started TEXT,
  attempt_started TEXT,
  ended TEXT,
  seconds REAL NOT NULL DEFAULT 0,
  cost_micros INTEGER NOT NULL DEFAULT 0,
  outputs TEXT,
  summary TEXT
) STRICT;
CREATE TABLE usage (
  job_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  site TEXT NOT NULL,
  accelerator_kind TEXT NOT NULL,
  seconds REAL NOT NULL,
  cost_micros_per_hour INTEGER NOT NULL,
  currency TEXT NOT NULL,
  cost_micros INTEGER NOT NULL,
  PRIMARY KEY (job_id, attempt)
) STRICT;
CREATE TABLE deployments (
  name TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  created TEXT NOT NULL
) STRICT;
