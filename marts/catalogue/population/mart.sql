-- mart: population
-- what: One row for every person known to a feed: who they are, where they
--   live and where they are registered, as planning needs it.
-- domain: planning
-- reads: person, practice, run, long_term_condition, ethnic_group, age_band
-- grain: person_id
-- refresh: persons
-- dates: person.registered_from, person.registered_to
-- also:
--   SELECT p.person_id FROM person p CROSS JOIN run r
--   WHERE EXTRACT(MONTH FROM r.as_of) + 12 * EXTRACT(YEAR FROM r.as_of) <> EXTRACT(MONTH FROM r.since) + 12 * EXTRACT(YEAR FROM r.since) AND
--     p.birth_year IS NOT NULL AND
--     EXTRACT(YEAR FROM r.as_of) - CASE WHEN EXTRACT(MONTH FROM r.as_of) < p.birth_month THEN 1 ELSE 0 END
--     <> EXTRACT(YEAR FROM r.since) - CASE WHEN EXTRACT(MONTH FROM r.since) < p.birth_month THEN 1 ELSE 0 END
--   UNION ALL
--   SELECT p.person_id FROM person p INNER JOIN practice n ON n.practice = p.practice CROSS JOIN run r
--   WHERE (n.valid_from > r.since AND n.valid_from <= r.as_of) OR (n.valid_to > r.since AND n.valid_to <= r.as_of)
-- release: Rows about single persons. Leaves the platform only as counts that
--   passed disclosure control, or as an approved extract with keys of its own.
-- columns:
--   person_id BIGINT: the person, in the domain of this snapshot
--   age_band VARCHAR: five years (0-4 ... 85-89, 90 and over, Age not known), on the day of the run or at death
--   sex VARCHAR: male, female, other, unknown
--   ethnic_group VARCHAR: White, Mixed, Asian or Asian British, Black or Black British, Chinese or other, Unknown
--   lsoa VARCHAR null: lower layer super output area of the home
--   imd_decile INTEGER null: Index of Multiple Deprivation of that area; 1 is the most deprived tenth
--   practice VARCHAR null: ODS code of the GP practice
--   pcn VARCHAR null: ODS code of the primary care network of that practice on the day of the run
--   registered BOOLEAN: alive and registered with that practice on the day of the run
--   long_term_conditions INTEGER: on how many registers of long_term_condition
-- checks:
--   deciles are 1 to 10:
--     SELECT person_id FROM population WHERE imd_decile < 1 OR imd_decile > 10
--   registered means a practice:
--     SELECT person_id FROM population WHERE registered AND practice IS NULL
--   bands are in the list:
--     SELECT p.age_band FROM population p LEFT JOIN age_band b ON b.age_band = p.age_band
--     WHERE b.age_band IS NULL AND p.age_band <> 'Age not known'
--   sexes are in the list:
--     SELECT sex FROM population WHERE sex NOT IN ('male', 'female', 'other', 'unknown')
--
-- The rule for a person whom several records describe: records by
-- professionals before the person's own, then the newest version, then the
-- feed's name. Each fact is taken from the first record that knows it: sex
-- unless unknown, ethnic category unless not stated or not known, LSOA
-- together with its decile, practice together with its dates. Whoever one
-- record calls deceased is.
-- Age: a person is taken to be born on the first day of the birth month, and
-- where only the year is known, on its first day.
WITH ranked AS (
  SELECT
    p.person_id,
    CASE WHEN p.sex IN ('male', 'female', 'other') THEN p.sex END AS sex,
    p.birth_year,
    p.birth_month,
    p.death_month,
    p.deceased,
    g.ethnic_group,
    p.lsoa,
    p.imd_decile,
    p.practice,
    p.registered_from,
    p.registered_to,
    ROW_NUMBER() OVER (
      PARTITION BY p.person_id
      ORDER BY
        CASE WHEN p.recorder = 'professional' THEN 0 ELSE 1 END ASC NULLS LAST,
        p.version DESC NULLS LAST,
        p.feed ASC NULLS LAST,
        p.record_key ASC NULLS LAST,
        p.part ASC NULLS LAST
    ) AS place
  FROM person p
  LEFT JOIN ethnic_group g ON g.category = SUBSTRING(p.ethnic_category, 1, 1)
),
placed AS (
  SELECT
    r.*,
    MIN(CASE WHEN sex IS NOT NULL THEN place END) OVER (PARTITION BY person_id) AS sex_place,
    MIN(CASE WHEN birth_year IS NOT NULL THEN place END) OVER (PARTITION BY person_id) AS birth_place,
    MIN(CASE WHEN ethnic_group IS NOT NULL THEN place END) OVER (PARTITION BY person_id) AS ethnic_place,
    MIN(CASE WHEN lsoa IS NOT NULL THEN place END) OVER (PARTITION BY person_id) AS home_place,
    MIN(CASE WHEN practice IS NOT NULL THEN place END) OVER (PARTITION BY person_id) AS practice_place
  FROM ranked r
),
known AS (
  SELECT
    person_id,
    MAX(CASE WHEN place = sex_place THEN sex END) AS sex,
    MAX(CASE WHEN place = birth_place THEN birth_year END) AS birth_year,
    MAX(CASE WHEN place = birth_place THEN birth_month END) AS birth_month,
    MIN(CAST(death_month AS DATE)) AS death_month,
    MAX(CASE WHEN deceased OR death_month IS NOT NULL THEN 1 ELSE 0 END) AS dead,
    MAX(CASE WHEN place = ethnic_place THEN ethnic_group END) AS ethnic_group,
    MAX(CASE WHEN place = home_place THEN lsoa END) AS lsoa,
    MAX(CASE WHEN place = home_place THEN imd_decile END) AS imd_decile,
    MAX(CASE WHEN place = practice_place THEN practice END) AS practice,
    MAX(CASE WHEN place = practice_place THEN CAST(registered_from AS DATE) END) AS registered_from,
    MAX(CASE WHEN place = practice_place THEN CAST(registered_to AS DATE) END) AS registered_to
  FROM placed
  GROUP BY person_id
),
aged AS (
  SELECT
    k.*,
    r.as_of,
    EXTRACT(YEAR FROM COALESCE(k.death_month, r.as_of)) - k.birth_year
      - CASE WHEN EXTRACT(MONTH FROM COALESCE(k.death_month, r.as_of)) < k.birth_month THEN 1 ELSE 0 END AS age
  FROM known k
  CROSS JOIN run r
),
conditions AS (
  SELECT person_id, COUNT(*) AS registers
  FROM long_term_condition
  GROUP BY person_id
),
network AS (
  SELECT n.practice, MIN(n.pcn) AS pcn
  FROM practice n
  CROSS JOIN run r
  WHERE (n.valid_from IS NULL OR n.valid_from <= r.as_of)
    AND (n.valid_to IS NULL OR n.valid_to > r.as_of)
  GROUP BY n.practice
)
SELECT
  a.person_id,
  COALESCE(b.age_band, 'Age not known') AS age_band,
  COALESCE(a.sex, 'unknown') AS sex,
  COALESCE(a.ethnic_group, 'Unknown') AS ethnic_group,
  a.lsoa,
  a.imd_decile,
  a.practice,
  n.pcn,
  a.dead = 0
    AND a.practice IS NOT NULL
    AND (a.registered_from IS NULL OR a.registered_from <= a.as_of)
    AND (a.registered_to IS NULL OR a.registered_to > a.as_of) AS registered,
  CAST(COALESCE(c.registers, 0) AS INTEGER) AS long_term_conditions
FROM aged a
LEFT JOIN age_band b ON a.age >= CAST(b.from_age AS INTEGER) AND a.age <= CAST(b.to_age AS INTEGER)
LEFT JOIN network n ON n.practice = a.practice
LEFT JOIN conditions c ON c.person_id = a.person_id
