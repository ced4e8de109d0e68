-- The measurements. Each ring is a table whose partitions ("slots") take turns by time; what is too old goes by TRUNCATE of
-- a whole slot, never by deleting rows. The slots are fixed, so the program needs no right to define tables at run time.
-- Which slot a time falls into, and how long each ring keeps it, stands in core/src/features/metrics/rings.ts.

-- Samples as they came in, by the hour of their arrival (late samples need no old slot), until they are packed.
CREATE TABLE metric_hot (
  series_id integer NOT NULL,
  slot smallint NOT NULL,
  at timestamptz NOT NULL,
  v real[] NOT NULL
) PARTITION BY LIST (slot);
--> statement-breakpoint
CREATE INDEX metric_hot_series_id_at_index ON metric_hot (series_id, at);
--> statement-breakpoint
-- Packed samples. Blocks of one series may overlap in time: late samples make a block of their own.
CREATE TABLE metric_raw (
  series_id integer NOT NULL,
  slot smallint NOT NULL,
  row_count integer NOT NULL,
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL,
  body bytea NOT NULL
) PARTITION BY LIST (slot);
--> statement-breakpoint
CREATE INDEX metric_raw_series_id_from_at_index ON metric_raw (series_id, from_at);
--> statement-breakpoint
-- One-minute means and maxima, a block for each hour; ten-minute ones, a block for each day.
CREATE TABLE metric_1m (
  series_id integer NOT NULL,
  slot smallint NOT NULL,
  from_at timestamptz NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (series_id, from_at, slot)
) PARTITION BY LIST (slot);
--> statement-breakpoint
CREATE TABLE metric_10m (
  series_id integer NOT NULL,
  slot smallint NOT NULL,
  from_at timestamptz NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (series_id, from_at, slot)
) PARTITION BY LIST (slot);
--> statement-breakpoint
DO $$
DECLARE
  ring record;
  slot int;
BEGIN
  FOR ring IN SELECT * FROM (VALUES ('metric_hot', 4), ('metric_raw', 4), ('metric_1m', 6), ('metric_10m', 14)) AS r (name, slots) LOOP
    FOR slot IN 0 .. ring.slots - 1 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES IN (%s)', ring.name || '_' || slot, ring.name, slot);
      -- Blocks are compressed already; a second attempt by the database only costs time.
      IF ring.name <> 'metric_hot' THEN
        EXECUTE format('ALTER TABLE %I ALTER COLUMN body SET STORAGE EXTERNAL', ring.name || '_' || slot);
      END IF;
    END LOOP;
  END LOOP;
END
$$;
--> statement-breakpoint
-- The program owns no table, so it cannot TRUNCATE; this function can, and only slots of these rings.
CREATE FUNCTION empty_metric_slot(partition text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF partition !~ '^metric_(hot|raw|1m|10m)_[0-9]{1,2}$' THEN
    RAISE EXCEPTION '% is not a slot of a metric ring', partition USING ERRCODE = 'insufficient_privilege';
  END IF;
  EXECUTE format('TRUNCATE %I', partition);
END
$$;
