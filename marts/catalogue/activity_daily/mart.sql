-- mart: activity_daily
-- what: How much of each kind of care a person had on a day.
-- domain: planning
-- reads: encounter, appointment, run, calendar, admission_method, attendance
-- grain: person_id, day, kind
-- refresh: persons
-- dates: encounter.start_at, appointment.start_at
-- also:
--   SELECT e.person_id FROM encounter e CROSS JOIN run r
--   WHERE e.kind = 'admission' AND CAST(e.start_at AS DATE) <= r.as_of AND (CAST(e.end_at AS DATE) > r.since
--     OR (e.end_at IS NULL AND CAST(e.start_at AS DATE) > CAST(r.since - INTERVAL '365' DAY AS DATE)))
-- release: Rows about single persons. Leaves the platform only as counts that
--   passed disclosure control, or as an approved extract with keys of its own.
-- columns:
--   person_id BIGINT: the person, in the domain of this snapshot
--   day DATE: the day it began; of bed-days, the day before the night
--   kind VARCHAR: ae, admission-emergency, admission-elective, admission-maternity, admission-other, bed-days, outpatient-attended, outpatient-dna or gp
--   activity INTEGER: how many attendances, spells or contacts; 1 for a night in a bed
-- checks:
--   nothing after the day of the run:
--     SELECT a.person_id FROM activity_daily a CROSS JOIN run r WHERE a.day > r.as_of
--   a row says something:
--     SELECT person_id FROM activity_daily WHERE activity < 1
--   one night a day:
--     SELECT person_id FROM activity_daily WHERE kind = 'bed-days' AND activity > 1
--   kinds are in the list:
--     SELECT kind FROM activity_daily WHERE kind NOT IN ('ae', 'admission-emergency', 'admission-elective',
--       'admission-maternity', 'admission-other', 'bed-days', 'outpatient-attended', 'outpatient-dna', 'gp')
--
-- What counts. Encounters by professionals that began on or before the day of
-- the run and are not cancelled, planned or entered in error. That a missed
-- appointment is cancelled besides does not matter.
-- A spell is the admission records of one feed that share an encounter key
-- (the episodes of a hospital provider spell), or a single record without one.
-- It counts once, on the day its first episode began, by that episode's method
-- of admission. A bed day is a night: each day from admission up to the day
-- before discharge, in the month it falls in; a person has one a night. A
-- spell without an end is open up to the day of the run when it began within
-- 365 days of it, and has no bed days otherwise.
-- An outpatient contact counts as attended unless its outcome or status says
-- otherwise; a missed appointment of a specialty counts as did not attend.
-- What several feeds tell of one person, kind and day is one truth told twice:
-- the feed that tells most counts, the others do not.
WITH stay AS (
  SELECT
    e.person_id,
    e.feed,
    e.kind,
    COALESCE(e.encounter_key, e.record_key) AS spell,
    e.record_key,
    e.admission_method,
    CAST(e.start_at AS DATE) AS start_on,
    CAST(e.end_at AS DATE) AS end_on,
    e.start_at,
    CASE
      WHEN e.kind <> 'outpatient' THEN e.kind
      WHEN a.kind IS NOT NULL THEN a.kind
      ELSE 'outpatient-attended'
    END AS counted
  FROM encounter e
  CROSS JOIN run r
  LEFT JOIN attendance a ON a.outcome = e.attendance_outcome
  WHERE e.recorder = 'professional'
    AND e.part = 0
    AND e.start_at IS NOT NULL
    AND CAST(e.start_at AS DATE) <= r.as_of
    AND e.kind IN ('ae', 'admission', 'outpatient', 'gp')
    AND COALESCE(e.status, 'finished') NOT IN ('planned', 'entered-in-error')
    AND (COALESCE(e.status, 'finished') <> 'cancelled' OR (e.kind = 'outpatient' AND COALESCE(a.kind, 'neither') = 'outpatient-dna'))
),
episode AS (
  SELECT
    s.person_id,
    s.feed,
    s.spell,
    s.start_on,
    s.end_on,
    COALESCE(m.kind, 'admission-other') AS counted,
    ROW_NUMBER() OVER (
      PARTITION BY s.person_id, s.feed, s.spell
      ORDER BY s.start_at ASC NULLS LAST, s.admission_method ASC NULLS LAST, s.record_key ASC NULLS LAST
    ) AS place
  FROM stay s
  LEFT JOIN admission_method m ON m.method = s.admission_method
  WHERE s.kind = 'admission'
),
spell AS (
  SELECT
    person_id,
    feed,
    spell,
    MIN(start_on) AS start_on,
    MAX(end_on) AS end_on,
    MAX(CASE WHEN place = 1 THEN counted END) AS counted
  FROM episode
  GROUP BY person_id, feed, spell
),
bed AS (
  SELECT
    s.person_id,
    s.start_on,
    CASE
      WHEN s.end_on IS NOT NULL AND s.end_on < r.as_of THEN s.end_on
      WHEN s.end_on IS NOT NULL THEN r.as_of
      WHEN s.start_on > CAST(r.as_of - INTERVAL '365' DAY AS DATE) THEN r.as_of
      ELSE s.start_on
    END AS until_on
  FROM spell s
  CROSS JOIN run r
),
told AS (
  SELECT person_id, feed, counted, start_on AS day, COUNT(*) AS n
  FROM spell
  GROUP BY person_id, feed, counted, start_on
  UNION ALL
  SELECT person_id, feed, counted, start_on AS day, COUNT(*) AS n
  FROM stay
  WHERE kind <> 'admission' AND counted <> 'neither'
  GROUP BY person_id, feed, counted, start_on
  UNION ALL
  SELECT a.person_id, a.feed || '/appointment' AS feed, 'outpatient-dna' AS counted, CAST(a.start_at AS DATE) AS day, COUNT(*) AS n
  FROM appointment a
  CROSS JOIN run r
  WHERE a.recorder = 'professional'
    AND a.part = 0
    AND a.status = 'noshow'
    AND a.treatment_function IS NOT NULL
    AND a.start_at IS NOT NULL
    AND CAST(a.start_at AS DATE) <= r.as_of
  GROUP BY a.person_id, a.feed, CAST(a.start_at AS DATE)
  UNION ALL
  SELECT b.person_id, 'all' AS feed, 'bed-days' AS counted, c.day, 1 AS n
  FROM bed b
  INNER JOIN calendar c ON c.day >= b.start_on AND c.day < b.until_on
),
agreed AS (
  SELECT person_id, counted, day, MAX(n) AS n
  FROM told
  GROUP BY person_id, counted, day
)
SELECT person_id, day, counted AS kind, CAST(n AS INTEGER) AS activity
FROM agreed
