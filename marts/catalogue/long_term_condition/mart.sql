-- mart: long_term_condition
-- what: Who is on which long-term condition register: one row for a person and
--   a register they are on.
-- domain: planning
-- reads: problem, run, register_code
-- grain: person_id, register
-- refresh: persons
-- dates: problem.onset, problem.abatement, problem.recorded_at
-- release: Rows about single persons. Leaves the platform only as counts that
--   passed disclosure control, or as an approved extract with keys of its own.
-- columns:
--   person_id BIGINT: the person, in the domain of this snapshot
--   register VARCHAR: the register, named as in register_code
--   first_on DATE null: day of the earliest code; empty when no code has a date
--   latest_on DATE null: day of the latest code; empty when no code has a date
--   codes BIGINT: how many entries count towards the register
-- checks:
--   nothing after the day of the run:
--     SELECT l.person_id FROM long_term_condition l CROSS JOIN run r WHERE l.latest_on > r.as_of
--   first is not after latest:
--     SELECT person_id FROM long_term_condition WHERE first_on > latest_on
--   the register is in the list:
--     SELECT l.register FROM long_term_condition l
--     LEFT JOIN register_code c ON c.register = l.register WHERE c.register IS NULL
--
-- The rule. A person is on a register when the latest entry that counts is
-- after any entry that resolves it; on the same day, resolved wins. An entry
-- that is refuted or entered in error is not there. A problem whose status is
-- resolved is an entry that resolves, on the day it ended. An entry without a
-- date is older than any with one; an entry dated after the day of the run is
-- left out. This is the coded register: the age and medicine rules of QOF
-- (an asthma medicine in 12 months, diabetes from 17 years) are not applied.
WITH entry AS (
  SELECT
    p.person_id,
    p.system,
    REPLACE(p.code, '.', '') AS code,
    CASE WHEN p.status = 'resolved' THEN 'resolved' ELSE 'diagnosis' END AS stated,
    CAST(CASE WHEN p.status = 'resolved' THEN COALESCE(p.abatement, p.onset, p.recorded_at)
              ELSE COALESCE(p.onset, p.recorded_at) END AS DATE) AS entry_on
  FROM problem p
  WHERE p.code IS NOT NULL
    AND p.system IN ('snomed', 'icd10')
    AND p.recorder = 'professional'
    AND COALESCE(p.verification, 'confirmed') NOT IN ('refuted', 'entered-in-error')
),
coded AS (
  SELECT e.person_id, c.register, c.kind, e.stated, e.entry_on
  FROM entry e
  INNER JOIN register_code c ON c.system = e.system AND c.code = e.code
  WHERE e.system = 'snomed'
  UNION ALL
  SELECT e.person_id, c.register, c.kind, e.stated, e.entry_on
  FROM entry e
  INNER JOIN register_code c ON c.system = e.system AND c.code = SUBSTRING(e.code, 1, 3)
  WHERE e.system = 'icd10'
  UNION ALL
  SELECT e.person_id, c.register, c.kind, e.stated, e.entry_on
  FROM entry e
  INNER JOIN register_code c ON c.system = e.system AND c.code = SUBSTRING(e.code, 1, 4)
  WHERE e.system = 'icd10' AND LENGTH(e.code) > 3
),
judged AS (
  SELECT
    c.person_id,
    c.register,
    c.entry_on,
    COALESCE(c.entry_on, CAST('1800-01-01' AS DATE)) AS order_on,
    CASE WHEN c.kind = 'resolved' OR c.stated = 'resolved' THEN 1 ELSE 0 END AS resolves
  FROM coded c
  CROSS JOIN run r
  WHERE c.entry_on IS NULL OR c.entry_on <= r.as_of
),
summed AS (
  SELECT
    person_id,
    register,
    MIN(CASE WHEN resolves = 0 THEN entry_on END) AS first_on,
    MAX(CASE WHEN resolves = 0 THEN entry_on END) AS latest_on,
    MAX(CASE WHEN resolves = 0 THEN order_on END) AS latest_order,
    MAX(CASE WHEN resolves = 1 THEN order_on END) AS resolved_order,
    SUM(1 - resolves) AS codes
  FROM judged
  GROUP BY person_id, register
)
SELECT person_id, register, first_on, latest_on, CAST(codes AS BIGINT) AS codes
FROM summed
WHERE latest_order IS NOT NULL
  AND (resolved_order IS NULL OR latest_order > resolved_order)
