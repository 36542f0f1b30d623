package apple

import (
	"bytes"

	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// kind is what becomes of a record of a HealthKit type.
type kind struct {
	metric wearable.Metric
	span   term.Word
}

const (
	quantityPrefix = "HKQuantityTypeIdentifier"
	categoryPrefix = "HKCategoryTypeIdentifier"
	sleepPrefix    = "HKCategoryValueSleepAnalysis"
)

// quantities are the quantity types that give readings, by what follows the
// prefix. Distances are those on foot and in a wheelchair. Basal body and wrist
// temperature are left alone: they are recorded to follow a cycle.
var quantities = map[string]kind{
	"StepCount":                {wearable.Steps, wearable.Interval},
	"DistanceWalkingRunning":   {wearable.Distance, wearable.Interval},
	"DistanceWheelchair":       {wearable.Distance, wearable.Interval},
	"FlightsClimbed":           {wearable.Floors, wearable.Interval},
	"AppleExerciseTime":        {wearable.ActiveMinutes, wearable.Interval},
	"ActiveEnergyBurned":       {wearable.EnergyActive, wearable.Interval},
	"HeartRate":                {wearable.HeartRate, wearable.Sample},
	"RestingHeartRate":         {wearable.RestingHeartRate, wearable.Day},
	"HeartRateVariabilitySDNN": {wearable.HeartRateVariability, wearable.Sample},
	"OxygenSaturation":         {wearable.SpO2, wearable.Sample},
	"RespiratoryRate":          {wearable.Respiration, wearable.Sample},
	"BodyMass":                 {wearable.Weight, wearable.Sample},
	"BodyFatPercentage":        {wearable.BodyFat, wearable.Sample},
	"BloodPressureSystolic":    {wearable.Systolic, wearable.Sample},
	"BloodPressureDiastolic":   {wearable.Diastolic, wearable.Sample},
	"BodyTemperature":          {wearable.Temperature, wearable.Sample},
	"VO2Max":                   {wearable.VO2Max, wearable.Sample},
	"BloodGlucose":             {wearable.Glucose, wearable.Sample},
}

// stages are the values of a sleep analysis, by what follows the prefix.
var stages = map[string][]wearable.Metric{
	"Asleep":            {wearable.Sleep},
	"AsleepUnspecified": {wearable.Sleep},
	"AsleepCore":        {wearable.Sleep, wearable.SleepLight},
	"AsleepDeep":        {wearable.Sleep, wearable.SleepDeep},
	"AsleepREM":         {wearable.Sleep, wearable.SleepREM},
	"Awake":             {wearable.Awake},
	"InBed":             {},
}

// statistics are the types of which a workout gives a sum or a mean.
var statistics = map[string]wearable.Metric{
	"HKQuantityTypeIdentifierStepCount":              wearable.Steps,
	"HKQuantityTypeIdentifierDistanceWalkingRunning": wearable.Distance,
	"HKQuantityTypeIdentifierDistanceCycling":        wearable.Distance,
	"HKQuantityTypeIdentifierActiveEnergyBurned":     wearable.EnergyActive,
	"HKQuantityTypeIdentifierHeartRate":              wearable.HeartRate,
}

// groupOf says what records of a type that gives no readings are counted as.
func groupOf(name []byte) term.Word {
	rest, quantity := bytes.CutPrefix(name, []byte(quantityPrefix))
	switch {
	case quantity && bytes.HasPrefix(rest, []byte("Dietary")):
		return "dietary"
	case quantity:
		return "other-quantity"
	case bytes.HasPrefix(name, []byte(categoryPrefix)):
		return "other-category"
	}
	return "other-type"
}

// elements are the elements that stand for a record, besides Record, Workout
// and ActivitySummary, and what they are counted as. A correlation repeats
// records that also stand for themselves.
var elements = map[string]term.Word{
	"Correlation":        "correlation",
	"ClinicalRecord":     "clinical-record",
	"Audiogram":          "audiogram",
	"VisionPrescription": "vision-prescription",
}

// top reports whether an element of this name stands right below HealthData.
func top(name []byte) bool {
	switch string(name) {
	case "Record", "Workout", "ActivitySummary", "Me", "ExportDate":
		return true
	}
	_, known := elements[string(name)]
	return known
}

// deviceKind derives what kind of device it was from how the export describes
// it, or else the app that wrote the record. Nothing else of either is used.
func deviceKind(text []byte) term.Word {
	switch {
	case len(text) == 0:
		return ""
	case bytes.Contains(text, []byte("Watch")):
		return "watch"
	case bytes.Contains(text, []byte("iPhone")):
		return "phone"
	case bytes.Contains(text, []byte("Scale")), bytes.Contains(text, []byte("scale")):
		return "scale"
	}
	return "other"
}
