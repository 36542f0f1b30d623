package fitbit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"
	"secondaryuse/pipeline/source/sourcetest"
	"secondaryuse/pipeline/source/wearable/wearabletest"
)

// read reads every file of a folder.
func read(t testing.TB, dir string) (wearabletest.Rows, record.Block) {
	return wearabletest.Read(t, Open(dir))
}

// TestExport reads rows of every dataset of the export, in all their shapes.
func TestExport(t *testing.T) {
	rows, all := read(t, wearabletest.Folder(t, map[string]string{"any.json": wearabletest.File(t, "export.json")}))
	wearabletest.Same(t, rows, wearabletest.File(t, "export.want"))
	if s := fmt.Sprint(all.Read, all.Rejects, all.Unused); s != "18 [] map[device:1 elevation:1 energy-total:1 other-row:1 other-series:1 symptom:1]" {
		t.Error(s)
	}
	if rows[0].Subject.ID != "fitbit|MDH-1" || rows[0].Version.Clock().Format("2006-01-02 15:04:05") != "2026-01-13 03:04:49" {
		t.Errorf("%+v", rows[0])
	}
	wearabletest.Silent(t, rows, all, "MDH", "Versa", "Walk", "bad today")
}

// TestAnswer reads every collection of the API that is known.
func TestAnswer(t *testing.T) {
	rows, all := read(t, wearabletest.Folder(t, map[string]string{"acct/answer.json": wearabletest.File(t, "answer.json")}))
	wearabletest.Same(t, rows, wearabletest.File(t, "answer.want"))
	if s := fmt.Sprint(all.Read, all.Rejects, all.Unused); s != "24 [] map[elevation:1 empty:1 energy-total:1 nutrition:1 other-collection:2 profile:1 skin-temperature:1]" {
		t.Error(s)
	}
	for _, r := range rows {
		if r.Subject.ID != "fitbit|acct" {
			t.Errorf("%+v", r)
		}
	}
	wearabletest.Silent(t, rows, all, "acct", "Aria", "Apple", "Full name", "1990")
}

// TestBare reads answers that name no collection.
func TestBare(t *testing.T) {
	rows, all := read(t, wearabletest.Folder(t, map[string]string{
		"a/1.json": `{"dateTime":"2026-01-10","value":{"avg":97.5,"min":94.0,"max":100.0}}`,
		"a/2.json": `[{"value":{"avg":96.5},"dateTime":"2026-01-11"},{"dateTime":"2026-01-12","minutes":[{"value":95.3,"minute":"2026-01-11T23:10:00"}]}]`,
		"a/3.json": `[{"battery":"Medium","deviceVersion":"Charge 2","id":"816","mac":"16AD"}]`,
		"a/4.json": "[]",
	}))
	wearabletest.Same(t, rows, `
		0 spo2 97.5 % | 01-10 00:00:00 to 01-11 00:00:00, day 01-10 | band day
		0 spo2 96.5 % | 01-11 00:00:00 to 01-12 00:00:00, day 01-11 | band day
		0 spo2 95.3 % | 01-11 23:10:00 to 01-11 23:10:00, day 01-12 | band sample`)
	if s := fmt.Sprint(all.Read, all.Rejects, all.Unused); s != "4 [] map[device:1]" {
		t.Error(s)
	}
}

// TestClockChanges: the day of a 25 and of a 23 hour day is the day on the
// wrist, and a night over the change counts towards the day it ends.
func TestClockChanges(t *testing.T) {
	rows, _ := read(t, wearabletest.Folder(t, map[string]string{"a/1.json": `{"activities-steps":[{"dateTime":"2025-10-26","value":"9000"}],
"activities-steps-intraday":{"dataset":[{"time":"00:30:00","value":7},{"time":"01:30:00","value":8},{"time":"23:59:00","value":9}],"datasetInterval":1,"datasetType":"minute"},
"sleep":[{"logId":1,"dateOfSleep":"2026-03-29","startTime":"2026-03-28T23:30:00.000","endTime":"2026-03-29T07:30:00.000","minutesAsleep":400,"minutesAwake":20}]}`}))
	wearabletest.Same(t, rows, `
		0 steps 9000 {count} | 10-26 00:00:00 to 10-27 00:00:00, day 10-26 |  day
		0 sleep 400 min | 03-28 23:30:00 to 03-29 07:30:00, day 03-29 | band interval
		1 awake 20 min | 03-28 23:30:00 to 03-29 07:30:00, day 03-29 | band interval
		0 steps 7 {count} | 10-26 00:30:00 to 10-26 00:31:00, day 10-26 |  interval
		1 steps 8 {count} | 10-26 01:30:00 to 10-26 01:31:00, day 10-26 |  interval
		2 steps 9 {count} | 10-26 23:59:00 to 10-27 00:00:00, day 10-26 |  interval`)
}

// TestRejectedRows: a row of the export that cannot be read is rejected with
// its line and member, and the rows around it are read.
func TestRejectedRows(t *testing.T) {
	all := strings.Split(strings.TrimSpace(wearabletest.File(t, "export.json")), "\n")
	steps, daily, night, walk := all[0], all[9], all[12], all[13]
	for name, c := range map[string]struct{ text, field, reason string }{
		"word":       {strings.Replace(steps, `"31"`, `"many"`, 1), "Value", "not a number"},
		"object":     {strings.Replace(steps, `"31"`, `{"a":1}`, 1), "Value", "not a number"},
		"negative":   {strings.Replace(steps, `"31"`, `"-31"`, 1), "Value", "beyond what can be"},
		"time":       {strings.Replace(steps, `T08:01`, `T28:01`, 1), "DateTime", "not a time"},
		"number":     {strings.Replace(steps, `"MDH-1"`, `{}`, 1), "ParticipantIdentifier", "not a string"},
		"day":        {strings.Replace(daily, `"2026-01-10T`, `"2026-13-10T`, 1), "Date", "not a date"},
		"day's":      {strings.Replace(daily, `"1254"`, `"1254 steps"`, 1), "Steps", "not a number"},
		"day's hrv":  {strings.Replace(daily, `"42.196"`, `"x"`, 1), "DailyRmssd", "not a number"},
		"fitness":    {strings.Replace(daily, `"53"`, `"fit"`, 1), "CardioScore", "not a number"},
		"night":      {strings.Replace(night, `"EndDate":"2026-01-10`, `"EndDate":"2026-01-08`, 1), "EndDate", "missing, not a time or before StartDate"},
		"no log":     {strings.Replace(night, `LogId`, `Log`, 1), "LogId", "missing"},
		"stage":      {strings.Replace(night, `"2026-01-10T08:24:00"`, `"later"`, 1), "SleepLogDetails", "not a time from and to"},
		"too long":   {strings.Replace(night, `"616"`, `"61600"`, 1), "sleep", "beyond what can be"},
		"walk":       {strings.Replace(walk, `"StartDate":"2026-01-08T`, `"StartDate":"08/01/2026 `, 1), "StartDate", "missing or not a time"},
		"cut":        {steps[:60], "", "no colon after a name"},
		"empty":      {"{}", "", "not a Fitbit answer"},
		"other JSON": {`{"resourceType":"Patient"}`, "", "not a Fitbit answer"},
	} {
		rows, all := read(t, wearabletest.Folder(t, map[string]string{"a/x.json": steps + "\n" + c.text + "\n" + steps + "\n"}))
		want := record.Reject{Dataset: "reading", Line: 2, Field: c.field, Reason: c.reason}
		if len(all.Rejects) != 1 || all.Rejects[0] != want || all.Read != 3 || len(rows) != 2 {
			t.Errorf("%s: %d rows, rejects %v, want 2 and %v", name, len(rows), all.Rejects, want)
		}
	}
}

// TestRejectedEntries: the same of entries of an answer.
func TestRejectedEntries(t *testing.T) {
	const good = `{"dateTime":"2026-01-10","value":"1"}`
	for name, c := range map[string]struct{ collection, text, field, reason string }{
		"no date":     {"body-weight", `{"value":"73"}`, "dateTime", "missing or not a date"},
		"word":        {"body-weight", `{"dateTime":"2026-01-11","value":"heavy"}`, "value", "not a number"},
		"impossible":  {"body-weight", `{"dateTime":"2026-01-11","value":"7300"}`, "value", "beyond what can be"},
		"number":      {"body-weight", `7`, "", "not an object"},
		"log":         {"weight", `{"date":"2026-01-11","weight":73}`, "logId", "missing"},
		"time":        {"weight", `{"date":"2026-01-11","time":"late","weight":73,"logId":1}`, "time", "not a time"},
		"night":       {"sleep", `{"dateOfSleep":"2026-01-11","startTime":"2026-01-11T10:00:00","endTime":"2026-01-11T09:00:00","logId":1}`, "endTime", "missing, not a time or before startTime"},
		"no day":      {"sleep", `{"startTime":"2026-01-11T08:00:00","endTime":"2026-01-11T09:00:00","logId":1}`, "dateOfSleep", "missing or not a date"},
		"level":       {"sleep", `{"dateOfSleep":"2026-01-11","startTime":"2026-01-11T08:00:00","endTime":"2026-01-11T09:00:00","logId":1,"levels":{"data":[{"dateTime":"x"}]}}`, "levels", "not a time and a length"},
		"levels":      {"sleep", `{"dateOfSleep":"2026-01-11","startTime":"2026-01-11T08:00:00","endTime":"2026-01-11T09:00:00","logId":1,"levels":7}`, "", "not an object"},
		"no time":     {"activities", `{"logId":1,"startTime":"10:00"}`, "startTime", "missing or not a time"},
		"duration":    {"activities", `{"logId":1,"startTime":"10:00","startDate":"2026-01-11","duration":-1}`, "duration", "beyond what can be"},
		"minute":      {"hrv", `{"dateTime":"2026-01-11","minutes":[{"value":1}]}`, "minutes", "not a time and a value"},
		"minute list": {"hrv", `{"dateTime":"2026-01-11","minutes":{}}`, "minutes", "not a list"},
	} {
		text := "{\"activities-steps\":[" + good + "],\n\"" + c.collection + "\":[\n" + c.text + "],\n\"activities-floors\":[" + good + "]}\n"
		rows, all := read(t, wearabletest.Folder(t, map[string]string{"a/x.json": text}))
		want := record.Reject{Dataset: "reading", Line: 3, Field: c.field, Reason: c.reason}
		if len(all.Rejects) != 1 || all.Rejects[0] != want || all.Read != 3 || len(rows) != 2 {
			t.Errorf("%s: %d rows, rejects %v, want 2 and %v", name, len(rows), all.Rejects, want)
		}
	}
}

// TestBrokenFiles: what is no answer, and what of one cannot be read on, is one
// reject.
func TestBrokenFiles(t *testing.T) {
	const good = `{"dateTime":"2026-01-10","value":"1"}`
	for text, reason := range map[string]string{
		`{"activities-steps":[` + good + "],\n": "no name of a member",
		"[1]":                                   "not an object",
		"7\n":                                   "not a Fitbit answer",
		`{"activities-heart-intraday":{"dataset":[{"time":"00:00:05","value":67}]},"pagination":{}}`: "of which day, the answer does not say",
		"": "the file is empty",
	} {
		_, all := read(t, wearabletest.Folder(t, map[string]string{"a/x.json": text}))
		if len(all.Rejects) != 1 || all.Rejects[0].Reason != reason {
			t.Errorf("%s: rejects %v, want %s", text, all.Rejects, reason)
		}
	}
	_, all := read(t, wearabletest.Folder(t, map[string]string{"x.json": `{"activities-steps":[` + good + "]}"}))
	if len(all.Rejects) != 1 || all.Rejects[0].Reason != "in no folder that says whose it is" {
		t.Errorf("no account: rejects %v", all.Rejects)
	}
}

// TestBlocks: a large file of lines is read in blocks, one document is not.
func TestBlocks(t *testing.T) {
	dir := wearabletest.Folder(t, map[string]string{"lines.json": wearabletest.File(t, "export.json"), "a/whole.json": wearabletest.File(t, "answer.json")})
	src := Open(dir)
	src.block = 1000
	list, err := src.Shards(context.Background(), source.Rows)
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, sh := range list {
		n[sh.File]++
	}
	if n["lines.json"] < 4 || n["a/whole.json"] != 1 {
		t.Errorf("%v", n)
	}
}

func TestSuite(t *testing.T) {
	open := func(dir string) (source.Source, error) { return Open(dir), nil }
	t.Run("export", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Fixture{
			Open: open, Format: sourcetest.Lines, Packed: []string{".gz"}, Target: "a/export.json", Split: true,
			Files: map[string][]byte{"a/export.json": []byte(wearabletest.File(t, "export.json")), "b/answer.json": []byte(wearabletest.File(t, "answer.json")), "Manifest.csv": []byte("a,b\n1,2\n")},
		})
	})
	t.Run("answer", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Fixture{
			Open: open, Format: sourcetest.Document, Packed: []string{".gz"}, Target: "a/answer.json",
			Files: map[string][]byte{"a/answer.json": []byte(wearabletest.File(t, "answer.json")), "b/answer.json": []byte(wearabletest.File(t, "answer.json"))},
		})
	})
}

// TestRealExport reads the study platform's export: every line of the intraday
// file in each of its shapes, and its totals agree with the daily file.
func TestRealExport(t *testing.T) {
	rows, all := read(t, wearabletest.Shared(t, "wearables/Sage-Bionetworks__recover"))
	if n := len(all.Rejects); n != 7 { // lines that test another of its programs
		t.Errorf("%d rejects", n)
	}
	all.Rejects = slices.DeleteFunc(all.Rejects, func(x record.Reject) bool { return x.Reason == "not a Fitbit answer" })
	wearabletest.Tally(t, rows, all)
	total := map[string]float64{}
	for _, r := range rows {
		if r.Row.Day.Clock().Format("2006-01-02") == "2023-01-11" && r.Subject.ID == "fitbit|MDH-9352-3209" {
			total[string(r.Row.Metric)+" "+string(r.Row.Span)] += r.Row.Value
		}
	}
	if total["steps day"] != 4087 || total["steps interval"] != 4087 || total["floors day"] != 8 || total["floors interval"] != 8 {
		t.Errorf("%v", total)
	}
	if d := total["distance day"] - total["distance interval"]; d < -10 || d > 10 {
		t.Errorf("distance: %v m a day, %v m by the minute", total["distance day"], total["distance interval"])
	}
}

func TestRealAnswers(t *testing.T) {
	from := wearabletest.Shared(t, "wearables/allenporter__fitbit-web-api/test/testdata")
	more := wearabletest.Shared(t, "wearables/openmhealth__shimmer/shim-server/src/test/resources/org/openmhealth/shim/fitbit/mapper")
	for name, folder := range map[string]string{"A": from, "B": more} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, e := range entries {
			b, err := os.ReadFile(filepath.Join(folder, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			files[name+"/"+e.Name()] = string(b)
		}
		rows, all := read(t, wearabletest.Folder(t, files))
		wearabletest.Tally(t, rows, all)
		wearabletest.Silent(t, rows, all, "Display name", "1990")
	}
}
