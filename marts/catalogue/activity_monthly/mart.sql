-- mart: activity_monthly
-- what: How much of each kind of care the persons of a practice had in a month.
-- domain: planning
-- reads: activity_daily, population, run
-- grain: month, practice, kind
-- refresh: persons
-- adds: activity, persons
-- release: Counts, not yet controlled for disclosure. Small numbers are in it.
-- columns:
--   month DATE: first day of the month
--   practice VARCHAR: ODS code of the persons' present practice; V81999 where it is not known
--   kind VARCHAR: ae, admission-emergency, admission-elective, admission-maternity, admission-other, bed-days, outpatient-attended, outpatient-dna or gp
--   activity BIGINT: how many attendances, spells, nights in a bed, or contacts
--   persons BIGINT: of how many persons
-- checks:
--   months are months:
--     SELECT month FROM activity_monthly WHERE EXTRACT(DAY FROM month) <> 1
--   nothing after the month of the run:
--     SELECT a.month FROM activity_monthly a CROSS JOIN run r WHERE a.month > r.as_of
--   no more persons than activity:
--     SELECT month FROM activity_monthly WHERE persons > activity OR persons < 1
--   kinds are in the list:
--     SELECT kind FROM activity_monthly WHERE kind NOT IN ('ae', 'admission-emergency', 'admission-elective',
--       'admission-maternity', 'admission-other', 'bed-days', 'outpatient-attended', 'outpatient-dna', 'gp')
--
-- The sums of activity_daily, which says what counts, for the persons of each
-- practice.
WITH placed AS (
  SELECT
    CAST(DATE_TRUNC('month', a.day) AS DATE) AS month,
    COALESCE(p.practice, 'V81999') AS practice,
    a.kind,
    a.person_id,
    SUM(a.activity) AS n
  FROM activity_daily a
  LEFT JOIN population p ON p.person_id = a.person_id
  GROUP BY CAST(DATE_TRUNC('month', a.day) AS DATE), COALESCE(p.practice, 'V81999'), a.kind, a.person_id
)
SELECT
  month,
  practice,
  kind,
  CAST(SUM(n) AS BIGINT) AS activity,
  COUNT(*) AS persons
FROM placed
GROUP BY month, practice, kind
