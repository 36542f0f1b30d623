-- The tables that a mart may read, as the engine shows them: the datasets of
-- the stage, with person_id already in the domain of the snapshot, a missing
-- number as NULL, and every time as the wall clock where it happened. A test
-- holds the datasets to package deid/row, column by column.
--
-- Every dataset begins with the columns of row.Key:
--   person_id      whose row it is
--   feed           the feed's name in the configuration
--   recorder       professional, self or device
--   record_key     the record it came from; further rows of it share the key
--   part           0, or the ordinal of a further row of the same record
--   encounter_key  the encounter (or spell) it belongs to
--   version        when this version was written
--   recorded_at    when it was entered
-- The two keys join rows while a mart is built and may not be in its result.
--
-- For each dataset but person and reading there is one more table, unlinked_ and
-- its name: the records that policy lets be used without their persons only,
-- which are not in the dataset itself. It has the columns of the dataset but
-- person_id, record_key, encounter_key, version, recorded_at and organisations;
-- of every time it has the month. A mart that reads one is refreshed whole.

CREATE TABLE person (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  sex VARCHAR, birth_year INTEGER, birth_month INTEGER, death_month TIMESTAMP, deceased BOOLEAN,
  ethnic_category VARCHAR, lsoa VARCHAR, imd_decile INTEGER, practice VARCHAR,
  registered_from TIMESTAMP, registered_to TIMESTAMP
);

CREATE TABLE problem (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  system VARCHAR, code VARCHAR, category VARCHAR, status VARCHAR, verification VARCHAR,
  onset TIMESTAMP, abatement TIMESTAMP, provider VARCHAR
);

CREATE TABLE observation (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  system VARCHAR, code VARCHAR, category VARCHAR, status VARCHAR, at TIMESTAMP,
  value DOUBLE, comparator VARCHAR, unit VARCHAR, value_system VARCHAR, value_code VARCHAR,
  provider VARCHAR
);

CREATE TABLE medication (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  kind VARCHAR, system VARCHAR, code VARCHAR, status VARCHAR, intent VARCHAR, at TIMESTAMP,
  ended_at TIMESTAMP, quantity DOUBLE, unit VARCHAR, provider VARCHAR
);

CREATE TABLE allergy (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  system VARCHAR, code VARCHAR, category VARCHAR, criticality VARCHAR, status VARCHAR,
  onset TIMESTAMP, provider VARCHAR
);

CREATE TABLE immunisation (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  system VARCHAR, code VARCHAR, status VARCHAR, at TIMESTAMP, dose_number INTEGER, provider VARCHAR
);

CREATE TABLE encounter (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  kind VARCHAR, class VARCHAR, system VARCHAR, code VARCHAR, status VARCHAR,
  start_at TIMESTAMP, end_at TIMESTAMP, provider VARCHAR, treatment_function VARCHAR,
  admission_method VARCHAR, discharge_method VARCHAR, discharge_destination VARCHAR,
  attendance_outcome VARCHAR
);

CREATE TABLE procedure (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  system VARCHAR, code VARCHAR, category VARCHAR, status VARCHAR, at TIMESTAMP, provider VARCHAR
);

CREATE TABLE referral (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  system VARCHAR, code VARCHAR, status VARCHAR, priority VARCHAR, at TIMESTAMP,
  treatment_function VARCHAR, requester VARCHAR, performer VARCHAR
);

CREATE TABLE appointment (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  status VARCHAR, start_at TIMESTAMP, end_at TIMESTAMP, treatment_function VARCHAR, provider VARCHAR
);

CREATE TABLE care_plan (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  system VARCHAR, code VARCHAR, status VARCHAR, start_at TIMESTAMP, end_at TIMESTAMP
);

CREATE TABLE self_record (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  kind VARCHAR, system VARCHAR, code VARCHAR, at TIMESTAMP, value DOUBLE, unit VARCHAR,
  value_system VARCHAR, value_code VARCHAR
);

CREATE TABLE reading (
  person_id BIGINT, feed VARCHAR, recorder VARCHAR, record_key BIGINT, part INTEGER,
  encounter_key BIGINT, version TIMESTAMP, recorded_at TIMESTAMP,
  metric VARCHAR, start_at TIMESTAMP, end_at TIMESTAMP, local_day TIMESTAMP, value DOUBLE,
  unit VARCHAR, device_kind VARCHAR, vendor VARCHAR, span VARCHAR
);

-- Which primary care network and board a practice belonged to, and from when
-- to when (valid_to excluded; empty while it still does).
CREATE TABLE practice (
  practice VARCHAR, name VARCHAR, pcn VARCHAR, pcn_name VARCHAR, icb VARCHAR,
  valid_from DATE, valid_to DATE
);

-- One row: the day for which ages and registers are computed, and, for the
-- query also of a mart alone, the day that it was last built for.
CREATE TABLE run (as_of DATE, since DATE);

-- Every day from 1 January 1990 to the day of the run.
CREATE TABLE calendar (day DATE, month DATE);
