-- mart: medication_monthly
-- what: Which medicines the persons of a practice were given in a month.
-- domain: planning
-- reads: medication, population, run
-- grain: month, practice, system, code
-- refresh: persons
-- dates: medication.at
-- adds: items, persons, quantity
-- release: Counts, not yet controlled for disclosure. Small numbers are in it.
-- columns:
--   month DATE: first day of the month
--   practice VARCHAR: ODS code of the persons' present practice; V81999 where it is not known
--   system VARCHAR: terminology of the code: dmd, snomed (dm+d codes are also SNOMED CT identifiers), other
--   code VARCHAR: code of the medicine
--   items BIGINT: how many items
--   persons BIGINT: for how many persons
--   quantity DECIMAL(18,3) null: sum of the quantities, in the unit that the code implies; empty when no item had one
-- checks:
--   nothing after the month of the run:
--     SELECT m.month FROM medication_monthly m CROSS JOIN run r WHERE m.month > r.as_of
--   no more persons than items:
--     SELECT month FROM medication_monthly WHERE persons > items OR persons < 1
--   no negative quantity:
--     SELECT month FROM medication_monthly WHERE quantity <= 0
--
-- What is an item. An order (an issue of a prescription) or a dispensing, by
-- professionals, that was not cancelled or entered in error. A plan, a
-- proposal and a statement that somebody takes a medicine are not items. One
-- item is often told twice, as ordered and as dispensed, or by two feeds: of
-- what is told of one person, medicine and month, the telling with most items
-- counts (then orders before dispensings, then the feed's name). A quantity
-- that is not above 0 and below 1,000,000 is not a quantity.
WITH item AS (
  SELECT
    m.person_id,
    m.feed,
    m.kind,
    COALESCE(m.system, 'other') AS system,
    m.code,
    CAST(DATE_TRUNC('month', m.at) AS DATE) AS month,
    CASE WHEN m.quantity > 0 AND m.quantity < 1000000 THEN CAST(m.quantity AS DECIMAL(18, 3)) END AS quantity
  FROM medication m
  CROSS JOIN run r
  WHERE m.recorder = 'professional'
    AND m.part = 0
    AND m.code IS NOT NULL
    AND m.at IS NOT NULL
    AND CAST(m.at AS DATE) <= r.as_of
    AND COALESCE(m.status, 'completed') NOT IN ('cancelled', 'entered-in-error', 'draft', 'declined', 'preparation', 'in-progress')
    AND (
      m.kind = 'dispense'
      OR (m.kind = 'request' AND COALESCE(m.intent, 'order') IN ('order', 'original-order', 'filler-order', 'instance-order', 'reflex-order'))
    )
),
told AS (
  SELECT person_id, feed, kind, system, code, month, COUNT(*) AS items, SUM(quantity) AS quantity
  FROM item
  GROUP BY person_id, feed, kind, system, code, month
),
placed AS (
  SELECT
    t.*,
    ROW_NUMBER() OVER (
      PARTITION BY t.person_id, t.system, t.code, t.month
      ORDER BY t.items DESC NULLS LAST, t.kind DESC NULLS LAST, t.feed ASC NULLS LAST
    ) AS place
  FROM told t
)
SELECT
  p.month,
  COALESCE(o.practice, 'V81999') AS practice,
  p.system,
  p.code,
  CAST(SUM(p.items) AS BIGINT) AS items,
  COUNT(DISTINCT p.person_id) AS persons,
  CAST(SUM(p.quantity) AS DECIMAL(18, 3)) AS quantity
FROM placed p
LEFT JOIN population o ON o.person_id = p.person_id
WHERE p.place = 1
GROUP BY p.month, COALESCE(o.practice, 'V81999'), p.system, p.code
