package duckdb

import (
	"fmt"
	"maps"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/practice"
	"secondaryuse/pipeline/stage/seal"
)

// day is drawn from the days around those of the runs, as text.
func drawDay(t *rapid.T) string {
	from := time.Date(2025, 12, 29, 0, 0, 0, 0, time.UTC)
	n := rapid.OneOf(rapid.IntRange(-5, 40), rapid.IntRange(-420, 420), rapid.Just(-30000)).Draw(t, "day")
	if n == -30000 {
		return "" // not known
	}
	return "TIMESTAMP '" + from.AddDate(0, 0, n).Add(9*time.Hour).Format("2006-01-02 15:04:05") + "'"
}

// drawRows draws the records of a person.
func drawRows(t *rapid.T) (out []told) {
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "cell") }
	for i := range rapid.IntRange(0, 7).Draw(t, "rows") {
		set := pick("person", "person", "problem", "observation", "self_record", "medication", "encounter", "encounter", "appointment", "reading")
		c := map[string]string{
			"record_key": fmt.Sprint(1000 + i), "version": drawDay(t), "recorded_at": drawDay(t), "feed": pick("'gp'", "'ohc'"), "at": drawDay(t),
			"start_at": drawDay(t), "end_at": drawDay(t), "value": pick("40", "41.5", "'NaN'"),
		}
		add := func(of map[string]string) { maps.Copy(c, of) }
		switch set {
		case "person":
			add(map[string]string{
				"sex": pick("'male'", "'female'", "''"), "birth_year": pick("0", "1935", "1936", "1937", "1961", "2025"), "birth_month": pick("0", "1", "2", "12"),
				"practice": pick("'M1'", "'M2'", "''"), "registered_from": drawDay(t), "registered_to": drawDay(t), "ethnic_category": pick("'A'", "'Z'"),
				"death_month": pick("", "", "TIMESTAMP '2020-05-01'"), "recorder": pick("'professional'", "'self'"),
			})
		case "problem":
			add(map[string]string{"system": "'snomed'", "code": pick("'195967001'", "'44054006'"), "status": pick("'active'", "'resolved'"), "onset": drawDay(t), "abatement": drawDay(t)})
		case "observation":
			add(map[string]string{"system": "'loinc'", "code": "'4548-4'", "unit": "'mmol/mol'"})
		case "self_record":
			add(map[string]string{"system": "'loinc'", "code": "'4548-4'", "unit": "'mmol/mol'", "recorder": "'self'"})
		case "medication":
			add(map[string]string{"kind": pick("'request'", "'dispense'"), "system": "'dmd'", "code": pick("'100'", "'101'"), "intent": "'order'", "quantity": pick("28", "28.5", "'NaN'")})
		case "encounter":
			add(map[string]string{"kind": pick("'admission'", "'admission'", "'ae'", "'outpatient'"), "encounter_key": pick("0", "7", "1000", "1001"), "admission_method": pick("'21'", "'11'")})
		case "appointment":
			add(map[string]string{"status": pick("'noshow'", "'booked'"), "treatment_function": "'300'"})
		case "reading":
			add(map[string]string{"metric": pick("'steps'", "'sleep'"), "span": pick("'day'", "'interval'"), "vendor": "'garmin'", "local_day": drawDay(t), "value": pick("100", "400"), "recorder": "'device'"})
		}
		out = append(out, told{set, c})
		if rapid.IntRange(0, 4).Draw(t, "unlinked") == 0 {
			out = append(out, told{seal.Unlinked, cells("feed", c["feed"], "record_key", c["record_key"])})
		}
	}
	return out
}

// practices change on days that lie among those of the runs.
func practices() []practice.Practice {
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	return []practice.Practice{
		{Code: "M1", PCN: "U1", To: day("2026-01-02")}, {Code: "M1", PCN: "U2", From: day("2026-01-02")}, {Code: "M2", PCN: "U3", From: day("2026-02-01"), To: day("2026-12-31")},
	}
}

// cells pairs columns with what stands in them.
func cells(of ...string) map[string]string {
	out := make(map[string]string)
	for i := 0; i < len(of); i += 2 {
		out[of[i]] = of[i+1]
	}
	return out
}

// waiting is persons each of whom has one thing that comes true, or to an end,
// as the days go by.
func waiting() map[int64][]told {
	const soon, long, later = "TIMESTAMP '2026-02-01 09:00:00'", "TIMESTAMP '2025-02-05'", "TIMESTAMP '2026-06-01'"
	rows := make(map[int64][]told)
	for i, r := range []told{
		{"problem", cells("system", "'snomed'", "code", "'195967001'", "status", "'active'", "onset", soon)},
		{"problem", cells("system", "'snomed'", "code", "'195967001'", "status", "'active'", "recorded_at", soon)},
		{"observation", cells("system", "'loinc'", "code", "'4548-4'", "unit", "'mmol/mol'", "value", "40", "at", soon)},
		{"self_record", cells("system", "'loinc'", "code", "'4548-4'", "unit", "'mmol/mol'", "value", "40", "at", soon, "recorder", "'self'")},
		{"medication", cells("kind", "'dispense'", "system", "'dmd'", "code", "'100'", "at", soon)},
		{"reading", cells("metric", "'steps'", "span", "'day'", "value", "100", "local_day", soon)},
		{"reading", cells("metric", "'steps'", "span", "'interval'", "value", "100", "start_at", soon)},
		{"encounter", cells("kind", "'ae'", "start_at", soon)},
		{"encounter", cells("kind", "'admission'", "start_at", "TIMESTAMP '2025-12-20'")},
		{"encounter", cells("kind", "'admission'", "start_at", long)},                     // still open for less than a year
		{"encounter", cells("kind", "'admission'", "start_at", "TIMESTAMP '2025-01-20'")}, // not any more
		{"encounter", cells("kind", "'admission'", "start_at", "TIMESTAMP '2024-01-20'", "end_at", later)},
		{"encounter", cells("kind", "'admission'", "start_at", "TIMESTAMP '2025-12-20'", "end_at", soon)},
		{"appointment", cells("status", "'noshow'", "treatment_function", "'300'", "start_at", soon)},
		{"person", cells("practice", "'M9'", "registered_from", soon)},
		{"person", cells("practice", "'M9'", "registered_to", soon)},
		{"person", cells("practice", "'M1'")}, // whose network changes
		{"person", cells("birth_year", "1960", "birth_month", "2")},
		{"person", cells("birth_year", "1960")},
		{"person", cells("birth_year", "1936", "birth_month", "2")},
		{"person", cells("birth_year", "1930", "death_month", "TIMESTAMP '2005-05-01'")},
	} {
		rows[int64(i+1)] = []told{r}
	}
	return rows
}
