package main

import (
	"fmt"
	"strconv"
	"testing"
)

var martChecks = []check{
	{"mart population", (*world).wantPopulation, mart(`person_id, age_band, sex, ethnic_group, lsoa, imd_decile, practice, pcn, registered,
		long_term_conditions FROM population`)},
	{"mart long_term_condition", (*world).wantRegisters, mart("person_id, register, first_on, latest_on, codes FROM long_term_condition")},
	{"mart measurement_latest", (*world).wantMeasures, mart("person_id, measure, recorder, measured_on, value, unit, status FROM measurement_latest")},
	{"mart wearable_daily", (*world).wantDays, mart("person_id, day, steps, resting_heart_rate, sleep_minutes, active_minutes, steps_vendor, covered_hours FROM wearable_daily")},
	{"mart activity_monthly", (*world).wantActivity, cells("month, practice, kind, activity, persons FROM activity_monthly")},
	{"mart activity_daily", (*world).wantActs, mart("person_id, day, kind, activity FROM activity_daily")},
	{"mart medication_monthly", (*world).wantItems, cells("month, practice, system, code, items, persons, quantity FROM medication_monthly")},
	{"mart sizes", (*world).wantCounts, cells(`'population', count(*) FROM population
		UNION ALL SELECT 'registered', count(*) FROM population WHERE registered
		UNION ALL SELECT 'measurement', count(*) FROM measurement_latest
		UNION ALL SELECT 'wearable day', count(*) FROM wearable_daily
		UNION ALL SELECT 'register ' || register, count(*) FROM long_term_condition GROUP BY register`)},
}

// mart asks for rows about persons, cells for rows about nobody.
func mart(query string) func(*testing.T, *world) []string {
	return func(t *testing.T, w *world) []string { return w.ask(t, w.mart, "SELECT "+query) }
}

func cells(query string) func(*testing.T, *world) []string {
	return func(t *testing.T, w *world) []string { return w.ask(t, nil, "SELECT "+query) }
}

// nameOf says whose a person_id is.
func nameOf(whose map[int64]int, id string) string {
	n, err := strconv.ParseInt(id, 10, 64)
	who, ok := whose[n]
	if err != nil || !ok {
		return "nobody we know, " + id
	}
	return strconv.Itoa(who)
}

func (w *world) wantPopulation(o *told) (out []string) {
	for _, p := range o.Persons {
		if !p.Population {
			continue
		}
		decile := ""
		if p.Decile != 0 {
			decile = strconv.Itoa(p.Decile)
		}
		out = append(out, line(p.Person, band(p.Age), p.Sex, group(p.Ethnic), p.LSOA, decile, p.Practice, p.PCN, p.Registered, len(p.Registers)))
	}
	return out
}

// band is the band of five years that an age is in.
func band(age int) string {
	switch {
	case age < 0:
		return "Age not known"
	case age >= 90:
		return "90 and over"
	}
	return fmt.Sprintf("%d-%d", age/5*5, age/5*5+4)
}

// group is the group of an ethnic category of the 2001 census.
func group(category string) string {
	switch category {
	case "A", "B", "C":
		return "White"
	case "D", "E", "F", "G":
		return "Mixed"
	case "H", "J", "K", "L":
		return "Asian or Asian British"
	case "M", "N", "P":
		return "Black or Black British"
	case "R", "S":
		return "Chinese or other"
	case "", "Z", "9", "99":
		return "Unknown"
	}
	return "no category: " + category
}

func (w *world) wantRegisters(o *told) (out []string) {
	for _, p := range o.Persons {
		for _, r := range p.Registers {
			out = append(out, line(p.Person, r.Register, r.First, r.Latest, r.Codes))
		}
	}
	return out
}

func (w *world) wantMeasures(o *told) (out []string) {
	unit := map[string]string{"systolic": "mm[Hg]", "diastolic": "mm[Hg]", "bmi": "kg/m2", "hba1c": "mmol/mol", "cholesterol": "mmol/L", "smoking": ""}
	for _, m := range o.Measures {
		out = append(out, line(m.Person, m.Measure, m.Recorder, m.On, places(m.Value, 1), unit[m.Measure], m.Status))
	}
	return out
}

func (w *world) wantActs(o *told) (out []string) {
	for _, a := range o.Acts {
		out = append(out, line(a.Person, a.Day, a.Kind, a.Activity))
	}
	return out
}

// wantDays is what devices say of days. Whose steps they are is told by the
// feed of the person's readings: nobody in a population wears two devices.
func (w *world) wantDays(o *told) (out []string) {
	vendor := make(map[int]string)
	for i := range o.Records {
		if r := &o.Records[i]; r.Dataset == "reading" && r.Outcome == "kept" {
			vendor[r.Person] = r.Feed
		}
	}
	for _, d := range o.Days {
		by := vendor[d.Person]
		if d.Steps == "" {
			by = ""
		}
		out = append(out, line(d.Person, d.Day, d.Steps, d.Resting, d.Sleep, d.Active, by, d.Hours))
	}
	return out
}

func (w *world) wantActivity(o *told) (out []string) {
	for _, a := range o.Activity {
		out = append(out, line(a.Month, a.Practice, a.Kind, a.Activity, a.Persons))
	}
	return out
}

func (w *world) wantItems(o *told) (out []string) {
	for _, i := range o.Items {
		out = append(out, line(i.Month, i.Practice, i.System, i.Code, i.Items, i.Persons, i.Quantity+".000"))
	}
	return out
}

func (w *world) wantCounts(o *told) (out []string) {
	for _, c := range o.Counts {
		out = append(out, line(c.Name, c.N))
	}
	return out
}
