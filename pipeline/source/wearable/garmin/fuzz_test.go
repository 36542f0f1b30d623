package garmin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"secondaryuse/deid/record"

	"secondaryuse/pipeline/source/wearable/wearabletest"
)

// tally reads text as a file and checks that every record ended in one tally.
func tally(t testing.TB, r *reader, text io.Reader) (read int64, rows []string, rejects []record.Reject) {
	t.Helper()
	var b record.Block
	var sum int64
	r.sink.Reset(t.Context(), "garmin", &b, func() error {
		for i := range b.Readings {
			if b.Readings[i].Part == 0 {
				sum++
			}
			rows = append(rows, wearabletest.Line(b.Readings[i]))
		}
		for _, n := range b.Unused {
			sum += n
		}
		rejects = append(rejects, b.Rejects...)
		sum += int64(len(b.Rejects))
		read += b.Read
		return nil
	})
	r.Reset(text, io.NopCloser(nil))
	if err := r.file(); err != nil {
		t.Fatal(err)
	}
	if err := r.sink.Close(); err != nil {
		t.Fatal(err)
	}
	if sum != read {
		t.Fatalf("%d read, %d in tallies", read, sum)
	}
	return read, rows, rejects
}

// count returns how many records encoding/json finds: the elements of the
// arrays that members hold, and the members of a known kind that hold none. It
// reports false for what is not a run of payloads.
func count(text []byte) (n int64, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	for payloads := 0; ; payloads++ {
		if t, err := d.Token(); err == io.EOF {
			return n, payloads > 0
		} else if err != nil || t != json.Delim('{') {
			return 0, false
		}
		known := false
		for d.More() {
			key, err := d.Token()
			var value json.RawMessage
			if err != nil || d.Decode(&value) != nil {
				return 0, false
			}
			var list []json.RawMessage
			isKind := kinds[key.(string)] != nil
			if value[0] == '[' && json.Unmarshal(value, &list) == nil {
				n += int64(len(list))
			} else if isKind {
				n++
			}
			known = known || isKind || len(list) > 0
		}
		if _, err := d.Token(); err != nil || !known {
			return 0, false
		}
	}
}

// FuzzPush: whatever a file holds, every record ends in one tally, however
// small the pieces in which the file comes; and of a run of payloads that
// encoding/json takes, no record is missed.
func FuzzPush(f *testing.F) {
	f.Add([]byte(sample(f)))
	for _, s := range []string{`{"dailies":[]}{"x":[{}]}`, `{"epochs":null,"a":{"b":[1]},"c":"]}","hrv":[{"userId":"\"}]"}]}`, "\xef\xbb\xbf{\"hrv\":[1,\"a\",[],{},null ]\r\n}", `{"hrv":[{"a":[}]}`} {
		f.Add([]byte(s))
	}
	var r, pieces reader
	f.Fuzz(func(t *testing.T, text []byte) {
		read, rows, rejects := tally(t, &r, bytes.NewReader(text))
		again, same, also := tally(t, &pieces, iotest.OneByteReader(bytes.NewReader(text)))
		if read != again || strings.Join(rows, "\n") != strings.Join(same, "\n") || fmt.Sprint(rejects) != fmt.Sprint(also) {
			t.Fatalf("in pieces: %d read, rejects %v; at once: %d, %v", again, also, read, rejects)
		}
		bare := bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		if want, ok := count(bare); ok && read != want && !bytes.ContainsAny(text, "\x00\\") {
			t.Fatalf("%d read, want %d", read, want)
		}
	})
}

// TestLongSummary: a summary that no window holds is rejected, the others read.
func TestLongSummary(t *testing.T) {
	const good = `{"userId":"u","summaryId":"s","calendarDate":"2026-01-10","vo2Max":40}`
	var r reader
	text := io.MultiReader(strings.NewReader(`{"userMetrics":[`+good+",\n"+`{"userId":"`), &zeros{40 << 20}, strings.NewReader(`"},`+good+`]}`))
	read, rows, rejects := tally(t, &r, text)
	if read != 3 || len(rows) != 2 || len(rejects) != 1 || rejects[0].Line != 2 {
		t.Errorf("read %d, %d rows, rejects %v", read, len(rows), rejects)
	}
}

// zeros gives n digits 0.
type zeros struct{ n int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.n)
	for i := range p[:n] {
		p[i] = '0'
	}
	z.n -= n
	return n, nil
}

// day is a payload like those that come: a day with its heart rate, and epochs.
func day() []byte {
	var b bytes.Buffer
	b.WriteString(`{"dailies":[`)
	for i := range 50 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"userId":"4aacafe82427c251df9c9592d0c06768","userAccessToken":"8f57a6f1-26ba-4b05-a7cd-c6b525a4c7a2","summaryId":"x153a9f3-%x","calendarDate":"2026-01-10","activityType":"WALKING","activeKilocalories":321,"bmrKilocalories":1731,"steps":4210,"distanceInMeters":3146.5,"durationInSeconds":86400,"activeTimeInSeconds":12240,"startTimeInSeconds":1768003200,"startTimeOffsetInSeconds":0,"moderateIntensityDurationInSeconds":1870,"vigorousIntensityDurationInSeconds":4530,"floorsClimbed":8,"minHeartRateInBeatsPerMinute":59,"averageHeartRateInBeatsPerMinute":64,"timeOffsetHeartRateSamples":{`, i)
		for j := range 200 {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"%d":%d`, 15*j, 55+j%40)
		}
		b.WriteString(`}}`)
	}
	b.WriteString(`],"epochs":[`)
	for i := range 2000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"userId":"4aacafe82427c251df9c9592d0c06768","userAccessToken":"8f57a6f1-26ba-4b05-a7cd-c6b525a4c7a2","summaryId":"x153a9f3-5a9478d4-%d","activityType":"WALKING","activeKilocalories":24,"steps":93,"distanceInMeters":49.11,"durationInSeconds":840,"activeTimeInSeconds":449,"startTimeInSeconds":1768039200,"startTimeOffsetInSeconds":0,"met":3.3020337,"intensity":"ACTIVE","meanMotionIntensity":4,"maxMotionIntensity":7}`, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func BenchmarkPush(b *testing.B) {
	text := day()
	var r reader
	var block record.Block
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		rows = 0
		r.sink.Reset(b.Context(), "garmin", &block, func() error { rows += len(block.Readings); return nil })
		r.Reset(bytes.NewReader(text), io.NopCloser(nil))
		if err := r.file(); err != nil {
			b.Fatal(err)
		}
		if err := r.sink.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
