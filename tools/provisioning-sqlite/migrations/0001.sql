-- Times are nanoseconds since 1970 in UTC; attributes and lists are JSON.

CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  workspace TEXT NOT NULL,
  serial INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  events INTEGER NOT NULL
) STRICT;

CREATE TABLE lease (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch INTEGER NOT NULL,
  owner TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  reason TEXT NOT NULL,
  acquired INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT;

CREATE TABLE resource (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  place INTEGER,
  replaced INTEGER NOT NULL,
  provider TEXT NOT NULL,
  region TEXT,
  provider_id TEXT,
  phase TEXT NOT NULL,
  attributes TEXT NOT NULL,
  computed TEXT NOT NULL,
  depends_on TEXT NOT NULL,
  protected INTEGER NOT NULL,
  config_hash TEXT NOT NULL,
  origin TEXT,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX resource_address ON resource (kind, name, ifnull(place, -1)) WHERE replaced = 0;

CREATE TABLE run (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  definition TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  cancelled INTEGER NOT NULL,
  started INTEGER NOT NULL,
  finished INTEGER,
  message TEXT
) STRICT;

CREATE TABLE step (
  number INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  effect TEXT,
  error TEXT,
  started INTEGER NOT NULL,
  finished INTEGER,
  UNIQUE (run, name)
) STRICT;

CREATE TABLE spent (
  token TEXT PRIMARY KEY,
  expires INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  serial INTEGER NOT NULL,
  about_kind TEXT,
  about_name TEXT,
  about_place INTEGER,
  run TEXT,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE INDEX event_about ON event (about_name, about_kind) WHERE about_name IS NOT NULL;
CREATE INDEX event_run ON event (run) WHERE run IS NOT NULL;

CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
BEGIN SELECT raise(ABORT, 'the history is only added to'); END;
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
BEGIN SELECT raise(ABORT, 'the history is only added to'); END;
