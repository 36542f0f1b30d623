package row

import "secondaryuse/deid/term"

// SelfRecord is what a person recorded in the Personal Health Record. It is a
// dataset of its own so that it is never mixed with professional data.
// Kind is one of measurement, symptom, mood, sleep, diet, alcohol, tobacco,
// medicine, answer.
type SelfRecord struct {
	Key
	Kind        term.Word   `parquet:"kind,dict"`
	System      term.System `parquet:"system,dict"`
	Code        term.Code   `parquet:"code,dict"` // what was measured or asked
	At          term.Time   `parquet:"at,timestamp(microsecond:local)"`
	Value       float64     `parquet:"value"` // NaN where there is no number
	Unit        term.Unit   `parquet:"unit,dict"`
	ValueSystem term.System `parquet:"value_system,dict"`
	ValueCode   term.Code   `parquet:"value_code,dict"`
}

// Reading is one value that a wearable device gave. Start and End are the
// device's wall clock; Day is the local day the reading counts towards.
// Metric is one of steps, distance, heart-rate, resting-heart-rate,
// heart-rate-variability, sleep, sleep-deep, sleep-light, sleep-rem, awake,
// active-minutes, energy-active, floors, spo2, respiration, stress, weight,
// body-fat, systolic, diastolic, temperature, vo2max, glucose.
type Reading struct {
	Key
	Metric     term.Word `parquet:"metric,dict"`
	Start      term.Time `parquet:"start_at,timestamp(microsecond:local)"`
	End        term.Time `parquet:"end_at,timestamp(microsecond:local)"`
	Day        term.Time `parquet:"local_day,timestamp(microsecond:local)"`
	Value      float64   `parquet:"value"`
	Unit       term.Unit `parquet:"unit,dict"`
	DeviceKind term.Word `parquet:"device_kind,dict"` // watch, phone, scale, band ...
	Vendor     term.Word `parquet:"vendor,dict"`      // garmin, fitbit, apple
	Span       term.Word `parquet:"span,dict"`        // sample, interval, day: a day value must not be added to its samples
}
