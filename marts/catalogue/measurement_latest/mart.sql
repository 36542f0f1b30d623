-- mart: measurement_latest
-- what: The latest blood pressure, body mass index, HbA1c, total cholesterol
--   and smoking status of a person, from professionals and from the person.
-- domain: planning
-- reads: observation, self_record, run, measure_code, smoking_status, unit
-- grain: person_id, measure, recorder
-- refresh: persons
-- dates: observation.at, self_record.at
-- release: Rows about single persons. Leaves the platform only as counts that
--   passed disclosure control, or as an approved extract with keys of its own.
-- columns:
--   person_id BIGINT: the person, in the domain of this snapshot
--   measure VARCHAR: systolic, diastolic, bmi, hba1c, cholesterol or smoking
--   recorder VARCHAR: who recorded it: professional or self; never mixed
--   measured_on DATE: day of the measurement
--   value DECIMAL(9,1) null: the value, with one decimal; empty for smoking
--   unit VARCHAR null: mm[Hg], kg/m2, mmol/mol or mmol/L; empty for smoking
--   status VARCHAR null: for smoking: current, ex, never, or non (does not smoke now); empty otherwise
-- checks:
--   nothing after the day of the run:
--     SELECT m.person_id FROM measurement_latest m CROSS JOIN run r WHERE m.measured_on > r.as_of
--   a value or a status, not both:
--     SELECT person_id FROM measurement_latest
--     WHERE (measure = 'smoking' AND (status IS NULL OR value IS NOT NULL OR unit IS NOT NULL))
--        OR (measure <> 'smoking' AND (status IS NOT NULL OR value IS NULL OR unit IS NULL))
--   values are believable:
--     SELECT person_id FROM measurement_latest
--     WHERE (measure = 'systolic' AND (value < 50 OR value > 301)) OR (measure = 'diastolic' AND (value < 20 OR value > 201))
--        OR (measure = 'bmi' AND (value < 10 OR value > 90)) OR (measure = 'hba1c' AND (value < 14 OR value > 201))
--        OR (measure = 'cholesterol' AND (value < 1 OR value > 21))
--
-- The rule. The latest record by its time; of several at one time, the newest
-- version, then the lowest value, then the first status in the alphabet. A
-- record is used when its code is in measure_code, its unit and value are in
-- unit, it has no comparator (<5), it is not cancelled, registered or entered
-- in error, and it is not dated after the day of the run. For smoking the
-- value counts where it is coded, else the code of the record itself.
WITH said AS (
  SELECT
    o.person_id, o.recorder, o.system, o.code, o.at, o.version, o.value,
    o.unit, o.value_system, o.value_code
  FROM observation o
  WHERE o.recorder IN ('professional', 'self')
    AND o.comparator IS NULL
    AND COALESCE(o.status, 'final') NOT IN ('entered-in-error', 'cancelled', 'registered')
  UNION ALL
  SELECT
    s.person_id, s.recorder, s.system, s.code, s.at, s.version, s.value,
    s.unit, s.value_system, s.value_code
  FROM self_record s
  WHERE s.recorder = 'self'
),
dated AS (
  SELECT s.*, CAST(s.at AS DATE) AS measured_on
  FROM said s
  CROSS JOIN run r
  WHERE s.at IS NOT NULL AND CAST(s.at AS DATE) <= r.as_of
),
known AS (
  SELECT
    d.person_id,
    m.measure,
    d.recorder,
    d.at,
    d.version,
    d.measured_on,
    CAST(d.value * CAST(u.factor AS DOUBLE) + CAST(u.shift AS DOUBLE) AS DECIMAL(9, 1)) AS value,
    CASE
      WHEN m.measure IN ('systolic', 'diastolic') THEN 'mm[Hg]'
      WHEN m.measure = 'bmi' THEN 'kg/m2'
      WHEN m.measure = 'hba1c' THEN 'mmol/mol'
      ELSE 'mmol/L'
    END AS unit,
    CAST(NULL AS VARCHAR) AS status
  FROM dated d
  INNER JOIN measure_code m ON m.system = d.system AND m.code = d.code
  INNER JOIN unit u ON u.measure = m.measure AND u.unit = COALESCE(d.unit, 'none')
  WHERE d.value >= CAST(u.from_value AS DOUBLE) AND d.value < CAST(u.to_value AS DOUBLE)
  UNION ALL
  SELECT
    d.person_id, 'smoking' AS measure, d.recorder, d.at, d.version, d.measured_on,
    CAST(NULL AS DECIMAL(9, 1)) AS value, CAST(NULL AS VARCHAR) AS unit, s.status
  FROM dated d
  INNER JOIN measure_code m ON m.system = d.system AND m.code = d.code
  INNER JOIN smoking_status s ON s.system = d.value_system AND s.code = d.value_code
  WHERE m.measure = 'smoking'
  UNION ALL
  SELECT
    d.person_id, 'smoking' AS measure, d.recorder, d.at, d.version, d.measured_on,
    CAST(NULL AS DECIMAL(9, 1)) AS value, CAST(NULL AS VARCHAR) AS unit, s.status
  FROM dated d
  INNER JOIN smoking_status s ON s.system = d.system AND s.code = d.code
  WHERE d.value_code IS NULL
),
placed AS (
  SELECT
    k.*,
    ROW_NUMBER() OVER (
      PARTITION BY k.person_id, k.measure, k.recorder
      ORDER BY k.at DESC NULLS LAST, k.version DESC NULLS LAST, k.value ASC NULLS LAST, k.status ASC NULLS LAST
    ) AS place
  FROM known k
)
SELECT person_id, measure, recorder, measured_on, value, unit, status
FROM placed
WHERE place = 1
