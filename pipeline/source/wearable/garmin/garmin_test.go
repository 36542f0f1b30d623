package garmin

import (
	"fmt"
	"path/filepath"
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

func sample(t testing.TB) string { return wearabletest.File(t, "push.json") }

// TestPush reads one payload with every kind of summary in it.
func TestPush(t *testing.T) {
	rows, all := read(t, wearabletest.Folder(t, map[string]string{"push.json": sample(t)}))
	wearabletest.Same(t, rows, wearabletest.File(t, "push.want"))
	if s := fmt.Sprint(all.Read, all.Rejects, all.Unused); s != "21 [] map[activity-details:1 deregistration:1 empty:1 move-iq:1 notification:1 other-summary:1 permission:1]" {
		t.Error(s)
	}
	for _, r := range rows {
		if r.Subject != (record.Ref{Kind: record.Account, ID: "garmin|u-1"}) || r.Row.Vendor != "garmin" || strings.Contains(r.ID.ID, "s3cret") {
			t.Errorf("%+v", r)
		}
	}
	wearabletest.Silent(t, rows, all, "u-1", "s3cret", "Forerunner")
}

// TestClockChanges: the day on which clocks go back has 25 hours and the one
// on which they go forward 23, with the wall time right on both sides and one
// local day throughout; far from here the offset holds.
func TestClockChanges(t *testing.T) {
	const push = `{"dailies":[{"userId":"u","summaryId":"s","calendarDate":"%s","startTimeInSeconds":%d,"startTimeOffsetInSeconds":%d,"durationInSeconds":%d,"steps":1,
"timeOffsetHeartRateSamples":{"3600":61,"7200":62,"10800":63,"%d":64}}]}`
	for name, c := range map[string]struct {
		date                string
		start, offset, long int
		want                string
	}{
		"back": {"2025-10-26", 1761433200, 3600, 90000, `
			0 steps 1 {count} | 10-26 00:00:00 to 10-27 00:00:00, day 10-26 | watch day
			1 heart-rate 61 /min | 10-26 01:00:00 to 10-26 01:00:00, day 10-26 | watch sample
			2 heart-rate 62 /min | 10-26 01:00:00 to 10-26 01:00:00, day 10-26 | watch sample
			3 heart-rate 63 /min | 10-26 02:00:00 to 10-26 02:00:00, day 10-26 | watch sample
			4 heart-rate 64 /min | 10-26 23:30:00 to 10-26 23:30:00, day 10-26 | watch sample`},
		"forward": {"2026-03-29", 1774742400, 0, 82800, `
			0 steps 1 {count} | 03-29 00:00:00 to 03-30 00:00:00, day 03-29 | watch day
			1 heart-rate 61 /min | 03-29 02:00:00 to 03-29 02:00:00, day 03-29 | watch sample
			2 heart-rate 62 /min | 03-29 03:00:00 to 03-29 03:00:00, day 03-29 | watch sample
			3 heart-rate 63 /min | 03-29 04:00:00 to 03-29 04:00:00, day 03-29 | watch sample
			4 heart-rate 64 /min | 03-29 23:30:00 to 03-29 23:30:00, day 03-29 | watch sample`},
		"elsewhere": {"2025-10-26", 1761451200, -14400, 86400, `
			0 steps 1 {count} | 10-26 00:00:00 to 10-27 00:00:00, day 10-26 | watch day
			1 heart-rate 61 /min | 10-26 01:00:00 to 10-26 01:00:00, day 10-26 | watch sample
			2 heart-rate 62 /min | 10-26 02:00:00 to 10-26 02:00:00, day 10-26 | watch sample
			3 heart-rate 63 /min | 10-26 03:00:00 to 10-26 03:00:00, day 10-26 | watch sample
			4 heart-rate 64 /min | 10-26 23:30:00 to 10-26 23:30:00, day 10-26 | watch sample`},
	} {
		t.Run(name, func(t *testing.T) {
			text := fmt.Sprintf(push, c.date, c.start, c.offset, c.long, c.long-1800)
			rows, _ := read(t, wearabletest.Folder(t, map[string]string{"a.json": text}))
			wearabletest.Same(t, rows, c.want)
			again, _ := read(t, wearabletest.Folder(t, map[string]string{"a.json": strings.Replace(text, `"calendarDate":"`+c.date+`",`, "", 1)}))
			wearabletest.Same(t, again, c.want)
		})
	}
}

// TestTraveller: who flies to New York at noon has each piece of the day by
// the clock that was then on the wrist, and sleep counts where it ends.
func TestTraveller(t *testing.T) {
	rows, _ := read(t, wearabletest.Folder(t, map[string]string{"a.json": `{"epochs":[
{"userId":"u","summaryId":"1","startTimeInSeconds":1768039200,"startTimeOffsetInSeconds":0,"durationInSeconds":900,"steps":10},
{"userId":"u","summaryId":"2","startTimeInSeconds":1768093200,"startTimeOffsetInSeconds":-18000,"durationInSeconds":900,"steps":20},
{"userId":"u","summaryId":"3","startTimeInSeconds":1768093200,"startTimeOffsetInSeconds":0,"durationInSeconds":900,"steps":30}],
"sleeps":[{"userId":"u","summaryId":"4","startTimeInSeconds":1768104000,"startTimeOffsetInSeconds":-18000,"durationInSeconds":25200,"awakeDurationInSeconds":600}]}`}))
	wearabletest.Same(t, rows, `
		0 steps 10 {count} | 01-10 10:00:00 to 01-10 10:15:00, day 01-10 | watch interval
		0 steps 20 {count} | 01-10 20:00:00 to 01-10 20:15:00, day 01-10 | watch interval
		0 steps 30 {count} | 01-11 01:00:00 to 01-11 01:15:00, day 01-11 | watch interval
		0 sleep 410 min | 01-10 23:00:00 to 01-11 06:00:00, day 01-11 | watch interval
		1 awake 10 min | 01-10 23:00:00 to 01-11 06:00:00, day 01-11 | watch interval`)
}

// TestSentAgain: of a day that is sent again the later one is newer: by the
// time in the file's name, or by how much it covers, or by the file's number.
func TestSentAgain(t *testing.T) {
	day := func(seconds int) string {
		return fmt.Sprintf(`{"dailies":[{"userId":"u","summaryId":"s","startTimeInSeconds":1768003200,"startTimeOffsetInSeconds":0,"durationInSeconds":%d,"steps":%d}]}`, seconds, seconds)
	}
	for _, c := range [][2]struct {
		file    string
		seconds int
	}{
		{{"push-20260110T120000Z.json", 43200}, {"push-20260111T070000Z.json", 86400}},
		{{"push-20260110T120000Z.json", 86400}, {"push-20260111T070000Z.json", 43200}},
		{{"20260110-1.json", 43200}, {"20260110-1.b.json", 86400}},
		{{"b.json", 43200}, {"a.json", 86400}},
		{{"push-1.json", 86400}, {"push-2.json", 86400}},
		{{"9.json", 86400}, {"10.json", 86400}},
	} {
		rows, _ := read(t, wearabletest.Folder(t, map[string]string{c[0].file: day(c[0].seconds), c[1].file: day(c[1].seconds)}))
		if len(rows) != 2 || rows[0].ID != rows[1].ID {
			t.Fatalf("%v: not the same record twice", c)
		}
		first, second := rows[0], rows[1]
		if filepath.Base(c[1].file) < filepath.Base(c[0].file) {
			first, second = second, first
		}
		if first.Version >= second.Version {
			t.Errorf("%v: versions %v, %v", c, first.Version.Clock(), second.Version.Clock())
		}
	}
}

// TestUsersApart: the same summaryId of two users is two records.
func TestUsersApart(t *testing.T) {
	rows, _ := read(t, wearabletest.Folder(t, map[string]string{"a.json": `{"userMetrics":[
{"userId":"u1","summaryId":"s","calendarDate":"2026-01-10","vo2Max":40},{"userId":"u2","summaryId":"s","calendarDate":"2026-01-10","vo2Max":41}]}`}))
	if len(rows) != 2 || rows[0].ID == rows[1].ID || rows[0].Subject.ID != "garmin|u1" || rows[1].Subject.ID != "garmin|u2" {
		t.Errorf("%v", rows)
	}
}

// TestRejects: what cannot be read is rejected with its line and member, once,
// and the summaries around it are read.
func TestRejects(t *testing.T) {
	const good = `{"userId":"u","summaryId":"s","startTimeInSeconds":1768003200,"startTimeOffsetInSeconds":0,"durationInSeconds":900,"steps":10}`
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for name, c := range map[string]struct{ text, field, reason string }{
		"no user":      {with(`"userId":"u",`, ""), "userId", "missing"},
		"no id":        {with(`"summaryId":"s",`, ""), "summaryId", "missing"},
		"no start":     {with(`startTimeInSeconds`, "x"), "startTimeInSeconds", "missing"},
		"no offset":    {with(`"startTimeOffsetInSeconds":0,`, ""), "startTimeOffsetInSeconds", "missing"},
		"offset":       {with(`Seconds":0`, `Seconds":99999`), "startTimeInSeconds", "not a time, or its offset is none"},
		"millis":       {with(`1768003200`, `1768003200000`), "startTimeInSeconds", "not a time"},
		"date":         {with(`"steps"`, `"calendarDate":"2026-02-31","steps"`), "calendarDate", "not a date"},
		"duration":     {with(`900`, `-900`), "durationInSeconds", "beyond what can be"},
		"text":         {with(`10}`, `"many"}`), "steps", "not a number"},
		"negative":     {with(`10}`, `-1}`), "steps", "beyond what can be"},
		"broken":       {with(`10}`, `1.}`), "steps", "not a number"},
		"null":         {`null`, "", "not an object"},
		"list":         {`[1]`, "", "not an object"},
		"number":       {`12`, "", "not an object"},
		"wrong closer": {with(`10}`, `[1}}`), "steps", "not a number"},
	} {
		text := "{\"epochs\":[" + good + ",\n" + c.text + ",\n" + good + "]}"
		rows, all := read(t, wearabletest.Folder(t, map[string]string{"a.json": text}))
		want := record.Reject{Dataset: "reading", Line: 2, Field: c.field, Reason: c.reason}
		if len(all.Rejects) != 1 || all.Rejects[0] != want || all.Read != 3 || len(rows) != 2 {
			t.Errorf("%s: %d rows, rejects %v, want 2 and %v", name, len(rows), all.Rejects, want)
		}
	}
}

// TestBrokenFiles: what is no payload, and what of one cannot be read on, is
// one reject.
func TestBrokenFiles(t *testing.T) {
	const good = `{"userId":"u","summaryId":"s","startTimeInSeconds":1768003200,"startTimeOffsetInSeconds":0,"durationInSeconds":900,"steps":10}`
	for text, reason := range map[string]string{
		"":                                       "the file is empty",
		"[]":                                     "not a push payload",
		"{}":                                     "not a push payload",
		`{"resourceType":"Patient"}`:             "not a push payload",
		`{"epochs":[` + good + `,]}`:             "no value after a comma",
		`{"epochs":[` + good + ` ` + good + `]}`: "no comma after a value",
		`{"epochs":[` + good + `]`:               "the file is cut off",
		`{"epochs":[` + good:                     "the file is cut off",
		`{"epochs":[` + good[:40]:                "the file is cut off",
		`{"epochs"[]}`:                           "no colon after a name",
		`{epochs:[]}`:                            "no name of a member",
		`{"epochs":{}}`:                          "not an array",
	} {
		_, all := read(t, wearabletest.Folder(t, map[string]string{"a.json": text}))
		if len(all.Rejects) != 1 || all.Rejects[0].Reason != reason {
			t.Errorf("%s: rejects %v, want %s", text, all.Rejects, reason)
		}
	}
}

// TestSeveralPayloads: a file may hold one payload after the other.
func TestSeveralPayloads(t *testing.T) {
	const one = `{"userMetrics":[{"userId":"u1","summaryId":"s","calendarDate":"2026-01-10","vo2Max":40}]}`
	rows, all := read(t, wearabletest.Folder(t, map[string]string{"a.json": one + "\n" + one + "\r\n\n" + one}))
	if len(rows) != 3 || all.Read != 3 || len(all.Rejects) != 0 {
		t.Errorf("%d rows, read %d, rejects %v", len(rows), all.Read, all.Rejects)
	}
}

func TestSuite(t *testing.T) {
	sourcetest.Run(t, sourcetest.Fixture{
		Open:   func(dir string) (source.Source, error) { return Open(dir), nil },
		Format: sourcetest.Document, Packed: []string{".gz"}, Target: "a/push.json",
		Files: map[string][]byte{"a/push.json": []byte(sample(t)), "b.json": []byte(sample(t))},
	})
}

func TestRealPayloads(t *testing.T) {
	rows, all := read(t, wearabletest.Shared(t, "wearables/RADAR-base__RADAR-PushEndpoint/garmin-push"))
	wearabletest.Tally(t, rows, all)
	if all.Read != 18 || all.Unused["activity-details"] != 1 || all.Unused["move-iq"] != 1 {
		t.Errorf("%d records read, unused %v", all.Read, all.Unused)
	}
}
