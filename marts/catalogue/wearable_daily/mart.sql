-- mart: wearable_daily
-- what: What a person's wearables say of one local day.
-- domain: planning
-- reads: reading, run
-- grain: person_id, day
-- refresh: persons
-- dates: reading.local_day, reading.start_at
-- release: Rows about single persons. Leaves the platform only as counts that
--   passed disclosure control, or as an approved extract with keys of its own.
-- columns:
--   person_id BIGINT: the person, in the domain of this snapshot
--   day DATE: the day by the clock where the person was
--   steps INTEGER null: steps
--   resting_heart_rate INTEGER null: beats a minute at rest
--   sleep_minutes INTEGER null: minutes asleep that count towards this day
--   active_minutes INTEGER null: active minutes, as the vendor defines them
--   steps_vendor VARCHAR null: whose steps were taken: garmin, fitbit or apple
--   covered_hours INTEGER: coverage: in how many hours of the day a sample or an interval of less than a day began; 0 where only totals are known
-- checks:
--   a day has 24 hours:
--     SELECT person_id FROM wearable_daily WHERE covered_hours < 0 OR covered_hours > 24 OR sleep_minutes > 1440
--   a row says something:
--     SELECT person_id FROM wearable_daily
--     WHERE steps IS NULL AND resting_heart_rate IS NULL AND sleep_minutes IS NULL AND active_minutes IS NULL
--   nothing after the day of the run:
--     SELECT w.person_id FROM wearable_daily w CROSS JOIN run r WHERE w.day > r.as_of
--
-- The rule, for each person, day and metric. Readings of one vendor and kind
-- of device make one candidate: its own total of the day (the largest, where
-- there are several), or else the sum of its intervals. Never both, and never a
-- sum over vendors or devices, for two devices see the same steps. A sample is
-- never added up: it may cover time that an interval covers too. Only the
-- resting heart rate takes samples, and the mean of all that are no total.
-- Of the candidates one is taken: a day's total before a sum, then what is worn
-- (watch, band, ring) before a phone or an unknown device, then the larger
-- value, then the vendor's name. Sleep without a figure of its own is the sum
-- of its deep, light and REM stages. Values outside these limits are not used:
-- 0 to 100,000 steps, 25 to 150 beats, 0 to 1,440 minutes.
WITH told AS (
  SELECT
    r.person_id,
    CAST(COALESCE(r.local_day, r.start_at) AS DATE) AS day,
    CASE
      WHEN r.metric IN ('sleep-deep', 'sleep-light', 'sleep-rem') THEN 'sleep-stages'
      ELSE r.metric
    END AS metric,
    r.vendor,
    COALESCE(r.device_kind, 'unknown') AS device,
    CASE WHEN r.span = 'day' THEN 1 ELSE 0 END AS total,
    CAST(r.value AS DECIMAL(18, 3)) AS value
  FROM reading r
  WHERE r.metric IN ('steps', 'resting-heart-rate', 'sleep', 'sleep-deep', 'sleep-light', 'sleep-rem', 'active-minutes')
    AND r.value >= 0 AND r.value <= 100000
    AND (r.span <> 'sample' OR r.metric = 'resting-heart-rate')
),
summed AS (
  SELECT
    person_id, day, metric, vendor, device, total,
    CASE
      WHEN metric = 'resting-heart-rate' THEN SUM(value) / CAST(COUNT(*) AS DECIMAL(18, 3))
      WHEN total = 1 AND metric <> 'sleep-stages' THEN MAX(value)
      ELSE SUM(value)
    END AS value
  FROM told
  GROUP BY person_id, day, metric, vendor, device, total
),
candidate AS (
  SELECT
    person_id, day, vendor, device, total, value,
    CASE WHEN metric = 'sleep-stages' THEN 'sleep' ELSE metric END AS metric,
    CASE WHEN metric = 'sleep-stages' THEN 1 ELSE 0 END AS staged
  FROM summed
  WHERE (metric = 'steps' AND value <= 100000)
    OR (metric = 'resting-heart-rate' AND value >= 25 AND value <= 150)
    OR (metric IN ('sleep', 'sleep-stages', 'active-minutes') AND value <= 1440)
),
placed AS (
  SELECT
    c.*,
    ROW_NUMBER() OVER (
      PARTITION BY c.person_id, c.day, c.metric
      ORDER BY
        c.staged ASC NULLS LAST,
        c.total DESC NULLS LAST,
        CASE WHEN c.device IN ('watch', 'band', 'ring') THEN 0 ELSE 1 END ASC NULLS LAST,
        c.value DESC NULLS LAST,
        c.vendor ASC NULLS LAST,
        c.device ASC NULLS LAST
    ) AS place
  FROM candidate c
),
chosen AS (
  SELECT
    person_id,
    day,
    MAX(CASE WHEN metric = 'steps' THEN value END) AS steps,
    MAX(CASE WHEN metric = 'resting-heart-rate' THEN value END) AS resting_heart_rate,
    MAX(CASE WHEN metric = 'sleep' THEN value END) AS sleep_minutes,
    MAX(CASE WHEN metric = 'active-minutes' THEN value END) AS active_minutes,
    MAX(CASE WHEN metric = 'steps' THEN vendor END) AS steps_vendor
  FROM placed
  WHERE place = 1
  GROUP BY person_id, day
),
covered AS (
  SELECT
    person_id,
    CAST(COALESCE(local_day, start_at) AS DATE) AS day,
    COUNT(DISTINCT EXTRACT(HOUR FROM start_at)) AS hours
  FROM reading
  WHERE span <> 'day' AND start_at IS NOT NULL
    AND (end_at IS NULL OR end_at < start_at + INTERVAL '1' DAY)
  GROUP BY person_id, CAST(COALESCE(local_day, start_at) AS DATE)
)
SELECT
  c.person_id,
  c.day,
  CAST(c.steps AS INTEGER) AS steps,
  CAST(c.resting_heart_rate AS INTEGER) AS resting_heart_rate,
  CAST(c.sleep_minutes AS INTEGER) AS sleep_minutes,
  CAST(c.active_minutes AS INTEGER) AS active_minutes,
  c.steps_vendor,
  CAST(COALESCE(v.hours, 0) AS INTEGER) AS covered_hours
FROM chosen c
CROSS JOIN run r
LEFT JOIN covered v ON v.person_id = c.person_id AND v.day = c.day
WHERE c.day <= r.as_of
