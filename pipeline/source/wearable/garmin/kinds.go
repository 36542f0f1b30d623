package garmin

import (
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source/wearable"
)

// kind is a kind of summary.
type kind struct {
	name   string // of the member, for rejects and keys
	unused term.Word
	device term.Word
	read   func(*reader)
}

// kinds are the kinds of summary, by the member that holds them.
var kinds = map[string]*kind{
	"dailies":                   {name: "dailies", device: "watch", read: (*reader).daily},
	"epochs":                    {name: "epochs", device: "watch", read: (*reader).epoch},
	"sleeps":                    {name: "sleeps", device: "watch", read: (*reader).sleep},
	"stressDetails":             {name: "stressDetails", device: "watch", read: (*reader).stress},
	"pulseox":                   {name: "pulseox", device: "watch", read: (*reader).pulseOx},
	"pulseOx":                   {name: "pulseox", device: "watch", read: (*reader).pulseOx},
	"allDayRespiration":         {name: "allDayRespiration", device: "watch", read: (*reader).respiration},
	"respiration":               {name: "allDayRespiration", device: "watch", read: (*reader).respiration},
	"hrv":                       {name: "hrv", device: "watch", read: (*reader).variability},
	"healthSnapshot":            {name: "healthSnapshot", device: "watch", read: (*reader).snapshot},
	"userMetrics":               {name: "userMetrics", read: (*reader).userMetric},
	"bodyComps":                 {name: "bodyComps", device: "scale", read: (*reader).bodyComposition},
	"bloodPressures":            {name: "bloodPressures", read: (*reader).bloodPressure},
	"activities":                {name: "activities", read: (*reader).activity},
	"manuallyUpdatedActivities": {name: "activities", read: (*reader).activity},

	"activityDetails":        {unused: "activity-details"}, // the activity again, with its track
	"moveIQActivities":       {unused: "move-iq"},
	"thirdPartyDailies":      {unused: "third-party"},
	"skinTemp":               {unused: "skin-temperature"},
	"deregistrations":        {unused: "deregistration"},
	"userPermissionsChange":  {unused: "permission"},
	"userPermissions":        {unused: "permission"},
	"menstrualCycleTracking": {unused: "other-summary"},
	"activityFiles":          {unused: "other-summary"},
}

// unknown is any other kind.
var unknown = &kind{unused: "other-summary"}

// The members of a summary that are read, whatever its kind.
const (
	userID = iota
	summaryID
	calendarDate
	callbackURL
	intensity
	startTime
	startOffset
	offsetStart
	measurementTime
	measurementOffset
	duration
	steps
	distance
	energy
	activeTime
	moderate
	vigorous
	floors
	heartAverage
	heartResting
	stressAverage
	stressAverageOld
	sleepDeep
	sleepLight
	sleepREM
	awake
	weight
	bodyFat
	systolic
	diastolic
	pulse
	vo2Max
	lastNight
	heartSamples
	sleepLevels
	sleepRespiration
	sleepSpO2
	stressSamples
	spo2Samples
	breathSamples
	hrvSamples
	summaries
)

var shape = wearable.ShapeOf([]wearable.Member{
	userID:            {Name: "userId", Form: wearable.Text},
	summaryID:         {Name: "summaryId", Form: wearable.Text},
	calendarDate:      {Name: "calendarDate", Form: wearable.Text},
	callbackURL:       {Name: "callbackURL", Form: wearable.Raw},
	intensity:         {Name: "intensity", Form: wearable.Text},
	startTime:         {Name: "startTimeInSeconds"},
	startOffset:       {Name: "startTimeOffsetInSeconds"},
	offsetStart:       {Name: "offsetStartTimeInSeconds"},
	measurementTime:   {Name: "measurementTimeInSeconds"},
	measurementOffset: {Name: "measurementTimeOffsetInSeconds"},
	duration:          {Name: "durationInSeconds"},
	steps:             {Name: "steps"},
	distance:          {Name: "distanceInMeters"},
	energy:            {Name: "activeKilocalories"},
	activeTime:        {Name: "activeTimeInSeconds"},
	moderate:          {Name: "moderateIntensityDurationInSeconds"},
	vigorous:          {Name: "vigorousIntensityDurationInSeconds"},
	floors:            {Name: "floorsClimbed"},
	heartAverage:      {Name: "averageHeartRateInBeatsPerMinute"},
	heartResting:      {Name: "restingHeartRateInBeatsPerMinute"},
	stressAverage:     {Name: "averageStressLevel"},
	stressAverageOld:  {Name: "averageStresslevel"},
	sleepDeep:         {Name: "deepSleepDurationInSeconds"},
	sleepLight:        {Name: "lightSleepDurationInSeconds"},
	sleepREM:          {Name: "remSleepInSeconds"},
	awake:             {Name: "awakeDurationInSeconds"},
	weight:            {Name: "weightInGrams"},
	bodyFat:           {Name: "bodyFatInPercent"},
	systolic:          {Name: "systolic"},
	diastolic:         {Name: "diastolic"},
	pulse:             {Name: "pulse"},
	vo2Max:            {Name: "vo2Max"},
	lastNight:         {Name: "lastNightAvg"},
	heartSamples:      {Name: "timeOffsetHeartRateSamples", Form: wearable.Raw},
	sleepLevels:       {Name: "sleepLevelsMap", Form: wearable.Raw},
	sleepRespiration:  {Name: "timeOffsetSleepRespiration", Form: wearable.Raw},
	sleepSpO2:         {Name: "timeOffsetSleepSpo2", Form: wearable.Raw},
	stressSamples:     {Name: "timeOffsetStressLevelValues", Form: wearable.Raw},
	spo2Samples:       {Name: "timeOffsetSpo2Values", Form: wearable.Raw},
	breathSamples:     {Name: "timeOffsetEpochToBreaths", Form: wearable.Raw},
	hrvSamples:        {Name: "hrvValues", Form: wearable.Raw},
	summaries:         {Name: "summaries", Form: wearable.Raw},
}...)
