package population_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/testdata/population"
	"secondaryuse/testdata/population/internal/hes"
)

// written writes a population and its days.
func written(t *testing.T, p population.Plan) (dir string) {
	t.Helper()
	p.Out = filepath.Join(t.TempDir(), "out")
	if _, err := population.Write(context.Background(), p, nil); err != nil {
		t.Fatal(err)
	}
	return p.Out
}

// bytesOf returns the bytes of all files of a folder, without those of days.
func bytesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, name := range files(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(data)
	}
	return all
}

func sameFiles(t *testing.T, what string, one, other map[string]string) {
	t.Helper()
	for name := range one {
		if _, ok := other[name]; !ok {
			t.Errorf("%s: only one has %s", what, name)
		} else if one[name] != other[name] {
			t.Errorf("%s: %s differs", what, name)
		}
	}
	for name := range other {
		if _, ok := one[name]; !ok {
			t.Errorf("%s: only the other has %s", what, name)
		}
	}
}

func day(dir string, n int) string { return filepath.Join(dir, "days", fmt.Sprintf("%04d", n)) }

// TestDaysOfOnePlan writes the days of a plan on one core and on several, for
// fewer days and one by one: the bytes are the same. Day 0 is what it is without
// days.
func TestDaysOfOnePlan(t *testing.T) {
	const days = 9
	p := living(t, 21, 400)
	p.Days, p.Workers = days, 1
	one := written(t, p)
	p.Workers = 3
	several := written(t, p)
	p.Days = 4
	fewer := written(t, p)
	p.Days = 0
	none := written(t, p)
	sameFiles(t, "day 0 with days and without", bytesOf(t, none), bytesOf(t, one))
	sameFiles(t, "day 0 with fewer days and without", bytesOf(t, none), bytesOf(t, fewer))
	for n := 1; n <= days; n++ {
		want := bytesOf(t, day(one, n))
		sameFiles(t, "on several cores", want, bytesOf(t, day(several, n)))
		sameFiles(t, "as a delta", want, bytesOf(t, delta(t, p, n-1, n)))
		if n <= 4 {
			sameFiles(t, "of fewer days", want, bytesOf(t, day(fewer, n)))
		}
	}
	if _, err := os.Stat(day(one, days+1)); err == nil {
		t.Error("there is a day too many")
	}
	p.Seed++
	p.Days = 1
	if maps.Equal(bytesOf(t, day(written(t, p), 1)), bytesOf(t, day(one, 1))) {
		t.Error("another seed gives the same day")
	}
}

// TestDaysOverDayZero lays the days over day 0 as it is written, with its older
// versions, copies and deletions, and wants the state of the last day.
func TestDaysOverDayZero(t *testing.T) {
	for seed := range uint64(3) {
		p := living(t, 30+seed, 300)
		for _, r := range p.Faults.Rates() {
			if r.Name == "shared-id" {
				*r.Value = 0 // two Patients with one id have two versions, of which a model keeps the newer
			}
		}
		p.Days = 12
		dir := written(t, p)
		got := make(model)
		got.take(t, dir)
		for n := 1; n <= p.Days; n++ {
			got.take(t, day(dir, n))
		}
		_, want := state(t, p, p.Days)
		differ(t, fmt.Sprintf("seed %d", seed), want, got)
	}
}

// happened reads what is said to have happened.
func happened(t *testing.T, dir string) map[string]int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "days", "happened.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[2])
		if err != nil {
			t.Fatal(err)
		}
		count[row[1]] += n
	}
	return count
}

// TestEverythingHappens looks for everything that can happen, and counts in the
// files what can be counted there.
func TestEverythingHappens(t *testing.T) {
	p := living(t, 40, 900)
	p.Days, p.Months = 30, 2
	dir := written(t, p)
	count := happened(t, dir)
	for _, what := range population.Happenings() {
		if count[what] == 0 {
			t.Errorf("nothing is a %q", what)
		}
	}
	found := make(map[string]int)
	for n := 1; n <= p.Days; n++ {
		inFiles(t, day(dir, n), found)
	}
	for what, want := range map[string]int{
		"a Patient deleted": count["patients merged"] + count["patient deleted"],
		"a record deleted":  count["record deleted"],
		"cut off":           count["unreadable line"],
	} {
		if found[what] != want {
			t.Errorf("%s: %d in the files, %d happened", what, found[what], want)
		}
	}
	for what, least := range map[string]int{
		"a hospital line":  count["hospital line"] + count["late hospital line"] + count["hospital line corrected"],
		"a late value":     count["late observation"] / 2, // one may be moved again
		"an old number":    count["number superseded"] / 2,
		"a death":          count["death"] / 2,
		"a GP record":      1,
		"an entry deleted": 1,
		"garmin":           1, "fitbit": 1, "apple": 1,
	} {
		if found[what] < least {
			t.Errorf("%s: %d in the files, at least %d happened", what, found[what], least)
		}
	}
	lines := func(n int, list string) int {
		data, err := os.ReadFile(filepath.Join(day(dir, n), "lists", list))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(data, []byte("\n"))
	}
	if rows := lines(p.Days, "objections.csv") - lines(1, "objections.csv"); rows < (count["objected"]+count["objection withdrawn"])*8/10 {
		t.Errorf("the list of objections has grown by %d rows", rows)
	}
	touched := 0
	for what, n := range count {
		if !strings.HasPrefix(what, "agreement") {
			touched += n
		}
	}
	if share := float64(touched) / float64(p.Persons*p.Days); share < 0.7*p.Touch || share > 1.3*p.Touch {
		t.Errorf("a share of %.4f is touched a day, want about %.4f", share, p.Touch)
	}
}

// inFiles counts what a day's files tell.
func inFiles(t *testing.T, dir string, found map[string]int) {
	t.Helper()
	now := filepath.Base(dir)
	n, err := strconv.Atoi(now)
	if err != nil {
		t.Fatal(err)
	}
	long := time.Date(2026, 11, n-39, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	for _, name := range files(t, dir) {
		text := unpacked(t, filepath.Join(dir, name))
		feed, rest, _ := strings.Cut(name, "/")
		switch {
		case feed == "gp-connect":
			found["a GP record"]++
		case feed == "hospital" && strings.HasSuffix(name, ".csv"):
			found["a hospital line"] += bytes.Count(text, []byte("\n")) - 1
		case feed == "hospital":
			rows, err := parquet.ReadFile[hes.Visit](filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			found["a hospital line"] += len(rows)
		case feed == "wearable":
			vendor, _, _ := strings.Cut(rest, "/")
			found[vendor]++
		case name == "phr/deleted/Bundle.ndjson":
			found["an entry deleted"] += bytes.Count(text, []byte("\n"))
		case name == "shared-record/deleted/Bundle.ndjson":
			patients := bytes.Count(text, []byte(`"url":"Patient/`))
			found["a Patient deleted"] += patients
			found["a record deleted"] += bytes.Count(text, []byte("\n")) - patients
		case feed == "shared-record":
			for line := range bytes.Lines(text) {
				var r struct {
					ResourceType, EffectiveDateTime, DeceasedDateTime string
					Identifier                                        []struct{ Use string }
				}
				if json.Unmarshal(line, &r) != nil {
					found["cut off"]++
					continue
				}
				if r.ResourceType == "Observation" && r.EffectiveDateTime < long {
					found["a late value"]++
				}
				if r.DeceasedDateTime != "" {
					found["a death"]++
				}
				for _, id := range r.Identifier {
					if id.Use == "old" {
						found["an old number"]++
					}
				}
			}
		}
	}
}

// TestWithout leaves some of it out.
func TestWithout(t *testing.T) {
	p := living(t, 41, 500)
	p.Days, p.Months = 20, 1
	p.Without = []string{"second patient", "patient deleted", "moved in", "agreement ends"}
	count := happened(t, written(t, p))
	for _, what := range append(p.Without, "patients merged", "patient sent again", "birth", "records before their patient", "patient after the records") {
		if !slices.Contains(population.Happenings(), what) {
			t.Errorf("nothing is called %q", what)
		}
		if count[what] > 0 {
			t.Errorf("%d times %q", count[what], what)
		}
	}
	if count["death"] == 0 {
		t.Error("nobody died")
	}
}

func TestDaysThatCannotBe(t *testing.T) {
	base := population.Plan{Persons: 10, Months: 1, Seed: 1}
	for name, change := range map[string]func(*population.Plan){
		"days before":      func(p *population.Plan) { p.Days = -1 },
		"too many days":    func(p *population.Plan) { p.Days = population.MostDays + 1 },
		"more than all":    func(p *population.Plan) { p.Touch = 1.1 },
		"less than nobody": func(p *population.Plan) { p.Touch = -0.1 },
		"unheard of":       func(p *population.Plan) { p.Without = []string{"sunshine"} },
	} {
		p := base
		p.Out = filepath.Join(t.TempDir(), "out")
		change(&p)
		if _, err := population.Write(context.Background(), p, nil); err == nil {
			t.Errorf("%s: it was written", name)
		}
	}
	for _, c := range [][2]int{{-1, 3}, {3, 3}, {4, 3}, {0, population.MostDays + 1}} {
		p := base
		p.Out = filepath.Join(t.TempDir(), "out")
		if err := population.Delta(context.Background(), p, c[0], c[1]); err == nil {
			t.Errorf("a delta leads from day %d to %d", c[0], c[1])
		}
	}
	if _, err := population.State(context.Background(), base, -1, nil); err == nil {
		t.Error("there is a state before day 0")
	}
}

// TestDayZeroStaysAsItWas holds what is written of one plan against a digest
// taken when there were no days yet, and once more when people began to share
// parts of what they record: of the texts and rows, not of how they are packed.
func TestDayZeroStaysAsItWas(t *testing.T) {
	p := population.Plan{Persons: 700, Seed: 3, Months: 6, AsOf: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	dir := written(t, p)
	h := sha256.New()
	for _, name := range files(t, dir) {
		path := filepath.Join(dir, name)
		io.WriteString(h, name+"\x00")
		if strings.HasSuffix(name, ".parquet") {
			rows, err := parquet.ReadFile[hes.Visit](path)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(h, "%q", rows)
			continue
		}
		h.Write(unpacked(t, path))
	}
	const want = "74fb1cb4fe72aae5def4e66ea08e89d14569f43db73f74ba6c74731230e4bb4f"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("the digest is %s, want %s", got, want)
	}
}
