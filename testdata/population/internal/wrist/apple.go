package wrist

import (
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/text"
)

// The devices of an Apple Health export.
const (
	watch = `sourceName="%s Apple Watch" sourceVersion="11.1" device="&lt;&lt;HKDevice: 0x282a45810&gt;, name:Apple Watch, manufacturer:Apple, model:Watch, hardware:Watch6,7, software:11.1&gt;"`
	phone = `sourceName="%s iPhone" sourceVersion="19.0" device="&lt;&lt;HKDevice: 0x282a45811&gt;, name:iPhone, manufacturer:Apple, model:iPhone, hardware:iPhone15,2, software:19.0&gt;"`
)

// Apple appends the elements of an export. Owner is whose name its devices
// bear.
type Apple struct{ Owner string }

// Head appends the beginning of an export.
func (a Apple) Head(b []byte, exported clock.Wall, birth clock.Day) []byte {
	b = append(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HealthData locale=\"en_GB\">\n <ExportDate value=\""...)
	b = append(stamp(b, exported.UTC()), "\"/>\n <Me HKCharacteristicTypeIdentifierDateOfBirth=\""...)
	return append(birth.AppendDate(b), "\" HKCharacteristicTypeIdentifierBiologicalSex=\"HKBiologicalSexNotSet\"/>\n"...)
}

// Tail ends an export.
func (a Apple) Tail(b []byte) []byte { return append(b, "</HealthData>\n"...) }

// stamp appends a time as exports have it: 2026-10-25 00:30:00 +0100.
func stamp(b []byte, utc int64) []byte {
	w := Wall(utc)
	b = append(w.AppendClock(append(w.AppendDate(b), ' ')), " +0000"...)
	if int64(w) != utc {
		b[len(b)-3] = '1'
	}
	return b
}

// record appends a Record without its value.
func (a Apple) record(b []byte, kind string, worn bool, from, to int64) []byte {
	device := watch
	if !worn {
		device = phone
	}
	b = append(append(append(b, ` <Record type="`...), kind...), `" `...)
	for i := 0; i < len(device); i++ {
		if device[i] == '%' {
			b = append(b, a.Owner...)
			i++
			continue
		}
		b = append(b, device[i])
	}
	b = stamp(append(b, ` creationDate="`...), to+30)
	b = stamp(append(b, `" startDate="`...), from)
	return append(stamp(append(b, `" endDate="`...), to), '"')
}

// Quantity appends a Record of a quantity, in hundredths.
func (a Apple) Quantity(b []byte, kind, unit string, worn bool, from, to int64, value int32) []byte {
	b = a.record(b, "HKQuantityTypeIdentifier"+kind, worn, from, to)
	b = append(append(append(b, ` unit="`...), unit...), `" value="`...)
	return append(text.Hundredths(b, value), "\"/>\n"...)
}

// Bad appends a Record whose value is a text.
func (a Apple) Bad(b []byte, at int64) []byte {
	b = a.record(b, "HKQuantityTypeIdentifierHeartRate", true, at, at)
	return append(b, " unit=\"count/min\" value=\"fast\"/>\n"...)
}

// Sleep appends a Record of a piece of sleep.
func (a Apple) Sleep(b []byte, stage string, from, to int64) []byte {
	b = a.record(b, "HKCategoryTypeIdentifierSleepAnalysis", true, from, to)
	return append(append(append(b, ` value="HKCategoryValueSleepAnalysis`...), stage...), "\"/>\n"...)
}

// Summary appends the ActivitySummary of a day.
func (a Apple) Summary(b []byte, d *Day) []byte {
	b = append(d.On.AppendDate(append(b, ` <ActivitySummary dateComponents="`...)), `" activeEnergyBurned="`...)
	b = append(text.Int(b, d.Steps/25), `" activeEnergyBurnedGoal="500" activeEnergyBurnedUnit="kcal" appleExerciseTime="`...)
	return append(text.Int(b, d.Moderate+d.Vigorous), "\" appleExerciseTimeGoal=\"30\"/>\n"...)
}

// Workout appends a Workout of half an hour.
func (a Apple) Workout(b []byte, from int64) []byte {
	b = append(b, ` <Workout workoutActivityType="HKWorkoutActivityTypeWalking" duration="30" durationUnit="min" totalDistance="2.4" totalDistanceUnit="km" totalEnergyBurned="140" totalEnergyBurnedUnit="kcal" sourceName="`...)
	b = stamp(append(append(b, a.Owner...), ` Apple Watch" creationDate="`...), from+1830)
	b = stamp(append(b, `" startDate="`...), from)
	b = stamp(append(b, `" endDate="`...), from+1800)
	return append(b, "\"/>\n"...)
}

// Stages are the pieces of a night in their order: what each is called in an
// export, and how many minutes it has.
func (n Night) Stages() []struct {
	Name    string
	Minutes int
} {
	return []struct {
		Name    string
		Minutes int
	}{
		{"AsleepCore", n.Light / 2}, {"AsleepDeep", n.Deep}, {"Awake", n.Awake}, {"AsleepREM", n.REM}, {"AsleepCore", n.Light - n.Light/2},
	}
}
