package wearable

import (
	"math"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Metric is what a reading measures. Each has one name and one unit, in which
// every vendor's values are stored.
type Metric uint8

// The metrics.
const (
	Steps Metric = iota
	Distance
	HeartRate
	RestingHeartRate
	HeartRateVariability // RMSSD from Garmin and Fitbit, SDNN from Apple: not to be compared across vendors
	Sleep
	SleepDeep
	SleepLight
	SleepREM
	Awake
	ActiveMinutes
	EnergyActive
	Floors
	SpO2
	Respiration
	Stress
	Weight
	BodyFat
	Systolic
	Diastolic
	Temperature
	VO2Max
	Glucose
)

// metrics holds, for each metric, its name, the section that it belongs to, the
// UCUM code of the unit it is stored in, that unit, and the least and the most
// that it can be.
var metrics = [...]struct {
	word        term.Word
	section     record.Sections
	code        term.Unit
	stored      Unit
	least, most float64
}{
	Steps:                {"steps", record.Activity, "{count}", count, 0, 300_000},
	Distance:             {"distance", record.Activity, "m", metre, 0, 2_000_000},
	HeartRate:            {"heart-rate", record.Heart, "/min", perMinute, 15, 350},
	RestingHeartRate:     {"resting-heart-rate", record.Heart, "/min", perMinute, 15, 250},
	HeartRateVariability: {"heart-rate-variability", record.Heart, "ms", Millisecond, 0.1, 2_000},
	Sleep:                {"sleep", record.Sleep, "min", minute, 0, 2_880},
	SleepDeep:            {"sleep-deep", record.Sleep, "min", minute, 0, 2_880},
	SleepLight:           {"sleep-light", record.Sleep, "min", minute, 0, 2_880},
	SleepREM:             {"sleep-rem", record.Sleep, "min", minute, 0, 2_880},
	Awake:                {"awake", record.Sleep, "min", minute, 0, 2_880},
	ActiveMinutes:        {"active-minutes", record.Activity, "min", minute, 0, 14_400},
	EnergyActive:         {"energy-active", record.Activity, "kcal", kilocalorie, 0, 100_000},
	Floors:               {"floors", record.Activity, "{count}", count, 0, 10_000},
	SpO2:                 {"spo2", record.Breathing, "%", percent, 20, 100},
	Respiration:          {"respiration", record.Breathing, "/min", perMinute, 1, 150},
	Stress:               {"stress", record.Stress, "{score}", count, 0, 100},
	Weight:               {"weight", record.Body, "kg", kilogram, 0.2, 700},
	BodyFat:              {"body-fat", record.Body, "%", percent, 1.5, 95},
	Systolic:             {"systolic", record.Heart, "mm[Hg]", mmHg, 20, 370},
	Diastolic:            {"diastolic", record.Heart, "mm[Hg]", mmHg, 10, 370},
	Temperature:          {"temperature", record.Body, "Cel", celsius, 20, 50},
	VO2Max:               {"vo2max", record.Activity, "mL/min/kg", uptakeUnit, 3, 120},
	Glucose:              {"glucose", record.Body, "mmol/L", mmolPerLitre, 0.1, 150},
}

// Word returns the name of the metric, as a row has it.
func (m Metric) Word() term.Word { return metrics[m].word }

// Unit returns the unit in which the metric is stored.
func (m Metric) Unit() term.Unit { return metrics[m].code }

// Section returns what the metric tells of, among what people share apart.
func (m Metric) Section() record.Sections { return metrics[m].section }

// Verdict says what a value is.
type Verdict uint8

// The verdicts.
const (
	Fine       Verdict = iota
	Absent             // no number, or zero or less where nothing alive has that: how devices write that there is none
	Impossible         // beyond what the metric can be
	Misfit             // in a unit that is not one of this metric
)

// In takes v, which is in unit u, to the unit in which the metric is stored.
// Conversions end at nine digits, so that 165 lb is not 74.84274104999999 kg.
func (m Metric) In(u Unit, v float64) (float64, Verdict) {
	about := &metrics[m]
	if u != Canonical && u != about.stored {
		from, to := &units[u], &units[about.stored]
		if from.quantity != to.quantity {
			return 0, Misfit
		}
		if u == fraction && v > 1 {
			from = &units[percent] // 9,700 % cannot be: an app has written 97 % as 97
		}
		v = neat((v - from.zero) * from.factor / to.factor)
	}
	switch {
	case v != v, v <= 0 && about.least > 0:
		return 0, Absent
	case v < about.least || v > about.most:
		return 0, Impossible
	}
	return v, Fine
}

// neat rounds v to nine significant decimal digits.
func neat(v float64) float64 {
	if v == 0 || v != v || math.IsInf(v, 0) {
		return v
	}
	digits := 9 - int(math.Ceil(math.Log10(math.Abs(v))))
	if digits < 0 {
		return math.Round(v)
	}
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}
