package fitbit

import (
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// kind is what becomes of the values of a series.
type kind struct {
	metric wearable.Metric
	unit   wearable.Unit
	span   term.Word
	length term.Time // of the interval that a value of the export is of
	device term.Word
	unused term.Word
	night  bool // measured in sleep alone: when its samples are tells when that was
}

// intradays are the series that have values within the day.
var intradays = map[string]kind{
	"activities-steps":    {metric: wearable.Steps, span: wearable.Interval, length: minute},
	"activities-distance": {metric: wearable.Distance, unit: wearable.Kilometre, span: wearable.Interval, length: minute},
	"activities-floors":   {metric: wearable.Floors, span: wearable.Interval, length: minute},
	"activities-heart":    {metric: wearable.HeartRate, span: wearable.Sample, device: band},
	"hrv":                 {metric: wearable.HeartRateVariability, span: wearable.Sample, device: band, night: true},
	"spo2":                {metric: wearable.SpO2, span: wearable.Sample, device: band, night: true},
	"br":                  {metric: wearable.Respiration, span: wearable.Day, length: aDay, device: band},

	"activities-calories":  {unused: "energy-total"}, // with what a body at rest uses
	"activities-elevation": {unused: "elevation"},
}

// days are the collections of which an entry is a day.
var days = map[string]kind{
	"activities-steps":                    {metric: wearable.Steps},
	"activities-tracker-steps":            {metric: wearable.Steps},
	"activities-distance":                 {metric: wearable.Distance, unit: wearable.Kilometre},
	"activities-tracker-distance":         {metric: wearable.Distance, unit: wearable.Kilometre},
	"activities-floors":                   {metric: wearable.Floors},
	"activities-tracker-floors":           {metric: wearable.Floors},
	"activities-activityCalories":         {metric: wearable.EnergyActive},
	"activities-tracker-activityCalories": {metric: wearable.EnergyActive},
	"activities-heart":                    {metric: wearable.RestingHeartRate, device: band},
	"body-weight":                         {metric: wearable.Weight},
	"body-fat":                            {metric: wearable.BodyFat},
	"br":                                  {metric: wearable.Respiration, device: band},
	"hrv":                                 {metric: wearable.HeartRateVariability, device: band, night: true},
	"spo2":                                {metric: wearable.SpO2, device: band, night: true},
	"cardioScore":                         {metric: wearable.VO2Max},

	// Two parts of the day's active minutes, which add up.
	"activities-minutesFairlyActive": {metric: wearable.ActiveMinutes, span: wearable.Interval},
	"activities-minutesVeryActive":   {metric: wearable.ActiveMinutes, span: wearable.Interval},
	"tempCore":                       {metric: wearable.Temperature, span: wearable.Sample},
}

// passed are the collections that no reading is taken from.
var passed = map[string]term.Word{
	"user":                                    "profile",
	"activities-calories":                     "energy-total",
	"activities-elevation":                    "elevation",
	"body-bmi":                                "other-series",
	"tempSkin":                                "skin-temperature",
	"foods":                                   "nutrition",
	"errors":                                  "error",
	"activities-active-zone-minutes":          "other-series",
	"activities-caloriesBMR":                  "energy-total",
	"activities-tracker-calories":             "energy-total",
	"activities-tracker-elevation":            "elevation",
	"activities-minutesSedentary":             "other-series",
	"activities-minutesLightlyActive":         "other-series",
	"activities-tracker-minutesSedentary":     "other-series",
	"activities-tracker-minutesLightlyActive": "other-series",
	"activities-tracker-minutesFairlyActive":  "other-series",
	"activities-tracker-minutesVeryActive":    "other-series",
	"foods-log-caloriesIn":                    "nutrition",
	"foods-log-water":                         "nutrition",
	"water":                                   "nutrition",
	"meals":                                   "nutrition",
	"badges":                                  "other-collection",
	"friends":                                 "other-collection",
	"ecgReadings":                             "other-collection",
	"alerts":                                  "other-collection",
	"data":                                    "other-collection",
}

// about are members that tell of an answer and are no records.
var about = map[string]bool{"pagination": true, "summary": true, "goals": true, "goal": true, "success": true}
