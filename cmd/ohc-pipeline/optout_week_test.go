package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/optout/exchange"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/schedules/clock"
	"secondaryuse/testdata/population"
)

// weeks is an installation whose jobs are called for by a clock of the test's, and
// the service that it asks.
type weeks struct {
	*desk
	dir   string
	conf  config.Config
	began time.Time
	now   time.Time
	log   bytes.Buffer
}

// Now and Sleep make it the clock of what is done.
func (w *weeks) Now() time.Time { return w.now }

func (w *weeks) Sleep(ctx context.Context, d time.Duration) error {
	w.now = w.now.Add(d)
	return ctx.Err()
}

func newWeeks(t *testing.T, sandbox bool) *weeks {
	t.Helper()
	w := &weeks{desk: newDesk(t, sandbox), dir: filepath.Join(t.TempDir(), "site")}
	_, err := population.Write(t.Context(), population.Plan{Persons: 120, Seed: 4, Out: w.dir, Months: 2, AsOf: time.Date(2026, 12, 7, 0, 0, 0, 0, time.UTC)}, nil)
	w.must(err)
	w.allowed = filepath.Join(w.dir, "lists/optout.dat")
	path := filepath.Join(w.dir, "config.yaml")
	text, err := os.ReadFile(path)
	w.must(err)
	w.must(os.WriteFile(path, []byte(strings.ReplaceAll(w.configured(string(text), ", weekly: true"), "max_age: 8d", "max_age: 60d")), 0o600))
	w.conf, err = load(path)
	w.must(err)
	w.began = w.conf.AsOf.Time
	return w
}

// call calls for a job at a time of a day, and returns the exit code.
func (w *weeks) call(day int, hour time.Duration, job string) int {
	w.t.Helper()
	w.now = w.began.AddDate(0, 0, day).Add(hour).Add(5 * time.Minute)
	set, err := jobs(w.conf)
	w.must(err)
	l, err := openLedger(w.conf)
	w.must(err)
	defer l.Close()
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	watcher := newWatcher(w.conf, log)
	defer watcher.end()
	h := newHands(w.conf, set, l, log, watcher)
	h.Now = w.Now
	ctx := timed(context.WithValue(w.t.Context(), unwatched{}, true), w)
	err = h.Once(ctx, job, time.Time{})
	if s, err := exchange.Look(exchangeOf(w.conf, w.Now)); err == nil {
		w.t.Logf("%s, %s: %s", w.now.Format("Mon 02 15:04"), job, s)
	}
	if errors.Is(err, clock.ErrSettled) {
		err = nil
	}
	if err != nil {
		w.t.Logf("day %d, %s: %v", day, job, err)
		fmt.Fprintln(&w.log, err)
		return code(err)
	}
	return 0
}

// evening has the job of the exchange be called for at its times, the service
// answer in between, and the night come after. It returns how the worst of the
// evening and the night ended.
func (w *weeks) evening(day int, answer string) (evening, night int) {
	w.t.Helper()
	for hour := 18; hour <= 22; hour += 2 {
		evening = max(evening, w.call(day, time.Duration(hour)*time.Hour, "optout"))
		w.answer(answer)
	}
	return evening, w.call(day+1, 2*time.Hour, "nightly")
}

// served is what is published, which must be whole.
func (w *weeks) served() string {
	w.t.Helper()
	folder, m, err := snapshot.Current(w.conf.Marts)
	w.must(err)
	w.must(snapshot.Verify(folder))
	return m.ID
}

// persons is how many are staged.
func (w *weeks) persons() (n int) {
	w.t.Helper()
	w.must(look(w.t.(*testing.T), w.conf).QueryRow("SELECT count(*) FROM person").Scan(&n))
	return n
}

// held is what the exchange holds beside its state.
func (w *weeks) held() (n int) {
	for _, name := range []string{"lists", "requests"} {
		filepath.WalkDir(filepath.Join(w.conf.Work, "optout", name), func(_ string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				n++
			}
			return nil
		})
	}
	return n
}

// newcomer adds a person to the shared record whom nobody has asked about.
func (w *weeks) newcomer() {
	w.t.Helper()
	number := gatetest.Number(7777)
	text := `{"resourceType":"Patient","id":"newcomer-1","meta":{"lastUpdated":"2026-01-01T00:00:00Z"},"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"` + number +
		`","extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus","code":"01"}]}}]}],"gender":"female","birthDate":"1970-05-05"}` + "\n"
	w.must(os.WriteFile(filepath.Join(w.dir, "shared-record", "Patient.900.ndjson"), []byte(text), 0o600))
	allowed, err := os.ReadFile(w.allowed)
	w.must(err)
	w.must(os.WriteFile(w.allowed, append(allowed, number+",\n"...), 0o600))
}

// TestOptOutWeeks goes through two weeks by the schedules: a list comes, a person
// appears whom nobody has asked about, the service falls silent, the list expires
// in the middle of a week, is refused and erased while what was published stays
// served, and then the service answers again.
func TestOptOutWeeks(t *testing.T) {
	for _, kind := range []string{"fake", "sandbox"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWeeks(t, kind == "sandbox")
			persons := w.comes()
			w.expires()
			w.answers(persons + 1)
			w.locals()
			w.apart()
		})
	}
}

// comes is the first week: a list comes, and a person of whom it knows nothing.
func (w *weeks) comes() (persons int) {
	t := w.t
	if evening, night := w.evening(0, "well"); evening != 0 || night != 0 {
		t.Fatalf("the first evening ended with %d, the night with %d", evening, night)
	}
	first := w.served()
	persons = w.persons()
	w.newcomer()
	if evening, night := w.evening(5, "well"); evening != 0 || night != 0 || w.served() == first || len(w.asked) != 1 {
		t.Fatalf("day 5 ended with %d, the night with %d, asked %d times", evening, night, len(w.asked))
	}
	if got := w.persons(); got != persons {
		t.Errorf("a person whom nobody has asked about is used: %d, not %d", got, persons)
	}
	// The list has come of age: it is asked for anew, and counts meanwhile.
	if evening, night := w.evening(6, "none"); evening != 0 || night != 0 || len(w.asked) != 2 {
		t.Fatalf("day 6 ended with %d, the night with %d, asked %d times", evening, night, len(w.asked))
	}
	w.away()
	return persons
}

// away has nobody reach MESH for an evening: that is told, and the night goes on
// with the list in use.
func (w *weeks) away() {
	t, last, url := w.t, w.served(), w.conf.Gates.OptOut.Mesh.URL
	w.conf.Gates.OptOut.Mesh.URL = "https://127.0.0.1:1"
	defer func() { w.conf.Gates.OptOut.Mesh.URL = url }()
	if evening, night := w.evening(7, "none"); evening != exitFailed || night != 0 || w.served() == last {
		t.Errorf("without MESH the evening ended with %d, the night with %d", evening, night)
	}
}

// expires is the second: the service is silent, and the list expires.
func (w *weeks) expires() {
	t, last := w.t, w.served()
	if evening, night := w.evening(8, "none"); evening != exitRefused || night != 0 || len(w.asked) != 3 || w.served() == last {
		t.Errorf("without an answer the evening ended with %d, the night with %d", evening, night)
	}
	w.evening(11, "none")
	w.evening(12, "none")
	last = w.served()
	if w.held() == 0 {
		t.Error("the list is gone before its time")
	}
	// Thirteen days are over.
	for day := 13; day <= 14; day++ {
		if _, night := w.evening(day, "none"); night == 0 || w.served() != last {
			t.Errorf("with a list that has expired the night of day %d ended with %d", day, night)
		}
	}
	if code := w.call(15, 12*time.Hour, "noon"); code != exitRefused || w.served() != last {
		t.Errorf("noon ended with %d", code)
	}
	if lists, _ := os.ReadDir(filepath.Join(w.conf.Work, "optout", "lists")); len(lists) > 0 {
		t.Error("a list that has expired is still there")
	}
}

// answers is the third: the service answers again.
func (w *weeks) answers(persons int) {
	t, last := w.t, w.served()
	w.open = nil
	evening, night := w.evening(16, "well")
	if evening, night = w.evening(17, "well"); evening != 0 || night != 0 || w.served() == last {
		t.Fatalf("with an answer the evening ended with %d, the night with %d", evening, night)
	}
	if got := w.persons(); got != persons {
		t.Errorf("a person who was asked about since is not used: %d, not %d", got, persons)
	}
}

// apart holds that no number that was asked about, and no local id, lies anywhere
// but with the exchange, or was told to the log.
func (w *weeks) apart() {
	w.t.Helper()
	var words []string
	for _, l := range w.asked {
		words = append(words, strings.Fields(strings.ReplaceAll(l.text, ",", ""))...)
	}
	if len(words) < 200 {
		w.t.Fatal("next to nothing was asked")
	}
	search := func(name string, text []byte) {
		for _, number := range words {
			if bytes.Contains(text, []byte(number)) {
				w.t.Errorf("a number lies in %s", name)
				return
			}
		}
	}
	search("the log", w.log.Bytes())
	for _, dir := range []string{w.conf.Work, w.conf.Marts} {
		w.must(filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "optout" {
				return filepath.SkipDir
			}
			if d.Type().IsRegular() {
				text, err := os.ReadFile(path)
				w.must(err)
				search(d.Name(), text)
			}
			return nil
		}))
	}
}
