-- Times are nanoseconds since 1970 in UTC; attributes and lists are JSON, as text: `jsonb` would not keep them letter by
-- letter. Keys have the collation "C", so that no index depends on the system's idea of letters.

CREATE TABLE store (
  one boolean PRIMARY KEY CHECK (one),
  workspace text NOT NULL,
  serial bigint NOT NULL,
  epoch bigint NOT NULL,
  events bigint NOT NULL
);

CREATE TABLE lease (
  one boolean PRIMARY KEY CHECK (one),
  epoch bigint NOT NULL,
  owner text NOT NULL,
  host text NOT NULL,
  pid bigint NOT NULL,
  reason text NOT NULL,
  acquired bigint NOT NULL,
  expires bigint NOT NULL
);

-- Which attempt made which commit: whoever lost the reply finds out here.
CREATE TABLE made (
  id text COLLATE "C" PRIMARY KEY,
  serial bigint NOT NULL
);

CREATE TABLE resource (
  id text COLLATE "C" PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  place bigint,
  replaced boolean NOT NULL,
  provider text NOT NULL,
  region text,
  provider_id text,
  phase text NOT NULL,
  attributes text NOT NULL,
  computed text NOT NULL,
  depends_on text NOT NULL,
  protected boolean NOT NULL,
  config_hash text NOT NULL,
  origin text,
  created bigint NOT NULL,
  updated bigint NOT NULL
);

CREATE UNIQUE INDEX resource_address ON resource (kind, name, coalesce(place, -1)) WHERE NOT replaced;

CREATE TABLE run (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  name text NOT NULL,
  definition text NOT NULL,
  plan_hash text NOT NULL,
  owner text NOT NULL,
  status text NOT NULL,
  cancelled boolean NOT NULL,
  started bigint NOT NULL,
  finished bigint,
  message text
);

CREATE TABLE step (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  status text NOT NULL,
  attempt bigint NOT NULL,
  effect text,
  error text,
  started bigint NOT NULL,
  finished bigint,
  UNIQUE (run, name)
);

CREATE TABLE spent (
  token text COLLATE "C" PRIMARY KEY,
  expires bigint NOT NULL
);

CREATE TABLE event (
  sequence bigint PRIMARY KEY,
  at bigint NOT NULL,
  serial bigint NOT NULL,
  about_kind text COLLATE "C",
  about_name text COLLATE "C",
  about_place bigint,
  run text COLLATE "C",
  kind text NOT NULL,
  detail text NOT NULL
);

CREATE INDEX event_about ON event (about_name, about_kind) WHERE about_name IS NOT NULL;
CREATE INDEX event_run ON event (run) WHERE run IS NOT NULL;

CREATE FUNCTION history_stays() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the history is only added to'; END $$;
CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION history_stays();
