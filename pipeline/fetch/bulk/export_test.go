package bulk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/bulk"
	"secondaryuse/pipeline/fetch/bulk/bulktest"
)

// TestDelivery holds how a delivery lies there, and what is said of it.
func TestDelivery(t *testing.T) {
	s := newSite(t)
	l := s.take(fetch.Last{}, s.everything())
	if l.Mark != "2026-11-22T02:00:10Z" || instantOf(l) != l.Mark || !l.Whole || l.Records != 9 || l.Bytes == 0 {
		t.Errorf("%+v", l.Delivery)
	}
	want := []string{".bulk.jsonl", "Observation.000.ndjson", "Observation.001.ndjson", "Observation.002.ndjson", "Patient.000.ndjson", "Patient.001.ndjson"}
	if got := files(t, l.Dir); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, name := range want {
		if info, err := os.Stat(filepath.Join(l.Dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if s.Jobs() != 1 {
		t.Error("the server has no export any more before Done")
	}
	if err := s.client().Done(context.Background(), l.Delivery, l.Dir); err != nil || s.Jobs() != 0 {
		t.Errorf("%d exports after Done, %v", s.Jobs(), err)
	}
	if got := s.notes.all(); !slices.Equal(got, []string{"half way, at (number)"}) {
		t.Errorf("notes %q", got)
	}
}

func instantOf(l fetch.Last) string { return l.At.Format(time.RFC3339) }

// TestDeleted holds that what was deleted there comes as deletions, and that a
// delivery of nothing else is one.
func TestDeleted(t *testing.T) {
	s := newSite(t)
	l := s.take(fetch.Last{}, s.everything())
	s.Delete("Observation", "o-p1")
	l2 := s.take(l, s.Deletions(l.At))
	if l2.Whole || l2.Records != -1 || !slices.Contains(files(t, l2.Dir), "deleted/Bundle.000.ndjson") {
		t.Errorf("%+v %q", l2.Delivery, files(t, l2.Dir))
	}
	dir := t.TempDir()
	if _, err := s.fetch(l2, dir); !errors.Is(err, fetch.ErrNothing) || len(files(t, dir)) != 0 {
		t.Errorf("%v, and %q is left", err, files(t, dir))
	}
	if s.Jobs() != 2 {
		t.Errorf("%d exports are kept: that of nothing is too", s.Jobs())
	}
}

// TestAsked holds what is asked for, in both editions. The server checks the
// rest.
func TestAsked(t *testing.T) {
	for _, edition := range []int{3, 4} {
		s := newSite(t)
		s.Next, s.config.Edition = edition == 4, edition
		s.config.Types, s.config.Filters = []string{"Patient", "Observation"}, []string{"Observation?category=a", "Observation?date=ge2020"}
		for _, of := range []string{"patient", "system"} {
			s.config.Of = of
			l := s.take(fetch.Last{}, s.Lines("", zero, nil, "Patient", "Observation"))
			s.Put("Observation", "new", "p1")
			s.Put("Condition", "new", "p1")
			s.take(l, s.Lines("", l.At, nil, "Observation"))
		}
	}
	s := newSite(t)
	s.Next = true // a GET is answered by 405
	s.take(fetch.Last{}, s.everything())
}

// TestPlan holds what the operator is told.
func TestPlan(t *testing.T) {
	s := newSite(t)
	s.config.Of, s.config.Group, s.config.Types, s.config.Filters = "group", "g", []string{"Patient", "Observation"}, []string{"Observation?a=b"}
	p, err := s.client().Plan(context.Background(), fetch.Last{Delivery: fetch.Delivery{Mark: "2026-11-22T02:00:10Z"}})
	want := []string{
		"GET " + s.URL + "/Group/g/$export?_elements=id&_type=Patient",
		"POST " + s.URL + "/Group/g/$export for patients who have joined the group",
		"GET " + s.URL + "/Group/g/$export?_since=2026-11-22T02:00:10Z&_type=Patient,Observation&_typeFilter=Observation?a=b",
	}
	if err != nil || !slices.Equal(p.Asks, want) || p.From != s.URL || p.Since != "what has changed since 2026-11-22T02:00:10Z" {
		t.Errorf("%+v %v", p, err)
	}
	if n := s.Requests("discovery") + s.Requests("kick-off"); n != 0 {
		t.Errorf("%d requests", n)
	}
	if _, err := s.client().Plan(context.Background(), fetch.Last{Delivery: fetch.Delivery{Mark: "17"}}); !errors.Is(err, fetch.ErrLost) {
		t.Error(err)
	}
}

// TestWaits holds that a server that is busy is waited for as long as it asks.
func TestWaits(t *testing.T) {
	s := newSite(t)
	s.Polls = -1
	at := s.Clock.Now().Add(10 * time.Minute)
	s.Fail("kick-off", bulktest.Fault{Status: 429, RetryAfter: "77"}, bulktest.Fault{Status: 503}, bulktest.Fault{Status: 503, Issue: "processing", RetryAfter: "11"})
	s.Fail("status", bulktest.Fault{Status: 429, Issue: "throttled", RetryAfter: at.Format("Mon, 02 Jan 2006 15:04:05 GMT")},
		bulktest.Fault{Status: 500, Issue: "transient"}, bulktest.Fault{Status: 404, Issue: "timeout", RetryAfter: "3"}, bulktest.Fault{Cut: 1, Hang: false, Status: 502})
	s.Fail("file", bulktest.Fault{Status: 429, RetryAfter: "99"})
	s.Fail("token", bulktest.Fault{Status: 500})
	s.take(fetch.Last{}, s.everything())
	slept := s.Clock.Slept()
	for _, d := range []time.Duration{77 * time.Second, 11 * time.Second, 3 * time.Second, 99 * time.Second} {
		if !slices.Contains(slept, d) {
			t.Errorf("not waited for %v: %v", d, slept)
		}
	}
	if !slices.ContainsFunc(slept, func(d time.Duration) bool { return d > 5*time.Minute && d <= 10*time.Minute }) {
		t.Errorf("not waited for the date: %v", slept)
	}
}

// TestGivesUp holds that tries are bounded, and that each failure is told by its
// endpoint, status and code, and nothing else.
func TestGivesUp(t *testing.T) {
	many := func(f bulktest.Fault) []bulktest.Fault { return slices.Repeat([]bulktest.Fault{f}, 50) }
	for _, tc := range []struct {
		kind  string
		fault bulktest.Fault
		want  string
		most  int
	}{
		{"discovery", bulktest.Fault{Status: 404}, "discovery: 404 Not Found", 1},
		{"kick-off", bulktest.Fault{Status: 400, Issue: "not-supported"}, "kick-off: 400 Bad Request: issue not-supported", 1},
		{"kick-off", bulktest.Fault{Status: 400, Issue: bulktest.Name}, "kick-off: 400 Bad Request: issue not in FHIR's list", 1},
		{"kick-off", bulktest.Fault{Status: 500}, "kick-off: 500 Internal Server Error", 10},
		{"kick-off", bulktest.Fault{Status: 200}, "kick-off: 200 OK", 1},
		{"kick-off", bulktest.Fault{Status: 202}, "does not say where the status", 1},
		{"status", bulktest.Fault{Status: 500, Issue: "exception"}, "status: 500 Internal Server Error: issue exception: the export has failed", 1},
		{"status", bulktest.Fault{Status: 503}, "status: 503 Service Unavailable", 10},
		{"status", bulktest.Fault{Status: 403, Issue: "forbidden"}, "status: 403 Forbidden: issue forbidden: next:", 1},
		{"status", bulktest.Fault{Lose: true}, "status: 404 Not Found: issue not-found", 3},
		{"status", bulktest.Fault{Body: `{"transactionTime":"` + bulktest.Name + `","requiresAccessToken":false,"output":[]}`}, "transactionTime is not an instant", 1},
		{"status", bulktest.Fault{Body: bulktest.Name}, "status: the manifest is not JSON", 1},
		{"file", bulktest.Fault{Status: 500}, "file Observation.000.ndjson: 500 Internal Server Error", 10},
		{"file", bulktest.Fault{Status: 418}, "file Observation.000.ndjson: 418 I'm a teapot", 1},
	} {
		s := newSite(t)
		s.config.Parallel = 1
		s.Fail(tc.kind, many(tc.fault)...)
		_, err := s.fetch(fetch.Last{}, t.TempDir())
		s.refused(err, "bulk: "+s.URL+": ", tc.want)
		if n := s.Requests(tc.kind); n > tc.most {
			t.Errorf("%s: %d requests, of at most %d", tc.want, n, tc.most)
		}
	}
}

// TestLost holds that an export which the server has lost is asked for anew, and
// that nothing of the old one stays.
func TestLost(t *testing.T) {
	s := newSite(t)
	s.Fail("status", bulktest.Fault{}, bulktest.Fault{Lose: true}, bulktest.Fault{Status: 410})
	s.take(fetch.Last{}, s.everything())
	if n := s.Requests("kick-off"); n != 3 {
		t.Errorf("%d exports", n)
	}
	s = newSite(t) // lost while it is downloaded
	s.config.Parallel = 1
	s.Fail("file", bulktest.Fault{}, bulktest.Fault{Expire: true})
	s.Fail("status", bulktest.Fault{}, bulktest.Fault{}, bulktest.Fault{Lose: true})
	s.take(fetch.Last{}, s.everything())
	if n := s.Requests("kick-off"); n != 2 {
		t.Errorf("%d exports", n)
	}
}

// TestExpired holds that links that expired are told anew, and not that the
// files which are here already are fetched again.
func TestExpired(t *testing.T) {
	s := newSite(t)
	s.config.Parallel = 1
	s.Fail("file", bulktest.Fault{}, bulktest.Fault{}, bulktest.Fault{Expire: true})
	s.take(fetch.Last{}, s.everything())
	if k, n := s.Requests("kick-off"), s.Requests("file"); k != 1 || n != 6 {
		t.Errorf("%d exports, %d requests for 5 files", k, n)
	}
}

// TestResume holds that a download goes on where it was cut off, and from the
// beginning where the server cannot say that it is the same.
func TestResume(t *testing.T) {
	cut := []bulktest.Fault{{Cut: 700}, {Cut: 100}}
	for name, tc := range map[string]struct {
		how    func(*site)
		faults []bulktest.Fault
		over   bool // more bytes come than there are
	}{
		"plain":            {func(*site) {}, cut, false},
		"gzip":             {func(s *site) { s.Gzip = true }, []bulktest.Fault{{Cut: 50}, {Cut: 30}}, false},
		"gzip, no tag":     {func(s *site) { s.Gzip, s.NoTag = true, true }, []bulktest.Fault{{Cut: 50}, {Cut: 30}}, false},
		"without length":   {func(s *site) { s.Chunked = true }, cut, false},
		"no tag":           {func(s *site) { s.NoTag = true }, cut, true},
		"no ranges":        {func(s *site) { s.NoRange = true }, cut, true},
		"another tag":      {func(*site) {}, []bulktest.Fault{{Cut: 700}, {Retag: true}}, true},
		"range ignored":    {func(*site) {}, []bulktest.Fault{{Cut: 700}, {Whole: true}}, true},
		"another length":   {func(s *site) { s.NoCount = true }, []bulktest.Fault{{Cut: 700}, {Resize: true}}, true},
		"another range":    {func(*site) {}, []bulktest.Fault{{Cut: 700}, {Shift: true}}, true},
		"cut at its end":   {func(s *site) { s.Chunked = true }, []bulktest.Fault{{Cut: 1 << 20}}, false},
		"proxy in between": {func(*site) {}, []bulktest.Fault{{Cut: 700}, {Body: "<html>" + bulktest.Text}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.config.Parallel, s.PerFile = 1, 100
			tc.how(s)
			s.Fail("file", tc.faults...)
			counter := &counted{}
			dir := t.TempDir()
			d, err := s.client().Fetch(context.Background(), fetch.Last{}, dir, counter)
			if err != nil {
				t.Fatal(err)
			}
			s.holds(dir, s.everything())
			if over := counter.sum > d.Bytes; over != tc.over {
				t.Errorf("%d bytes came for %d", counter.sum, d.Bytes)
			}
		})
	}
}

type counted struct {
	notes
	sum int64
}

// Add adds.
func (c *counted) Add(n int64) { c.sum += n }

// TestDamaged holds that a file that is not what the manifest says is fetched
// again, and an error in the end: the export is forgotten, and the next Fetch
// asks for another.
func TestDamaged(t *testing.T) {
	short := func(b []byte) []byte { return b[:strings.Index(string(b), "\n")+1] }
	for want, f := range map[string]func([]byte) []byte{
		"as many lines as the manifest counts": short,
		"a line is not a resource":             func(b []byte) []byte { return b[:len(b)-20] },
		"cut resources short (SUBSETTED)": func(b []byte) []byte {
			return []byte(strings.ReplaceAll(string(b), `"meta":{`, `"meta":{"tag":[{"code":"SUBSETTED"}],`))
		},
	} {
		for _, zipped := range []bool{false, true} {
			s := newSite(t)
			s.Gzip = zipped
			s.config.Parallel = 1
			s.Fail("file", bulktest.Fault{}, bulktest.Fault{Alter: f}, bulktest.Fault{Alter: f})
			s.take(fetch.Last{}, s.everything()) // it gets better
			dir := t.TempDir()
			s.Fail("file", bulktest.Fault{}, bulktest.Fault{Alter: f}, bulktest.Fault{Alter: f}, bulktest.Fault{Alter: f})
			_, err := s.fetch(fetch.Last{}, dir)
			s.refused(err, "file Observation.001.ndjson: ", want)
			if s.Jobs() != 1 || len(files(t, dir)) != 0 {
				t.Errorf("%d exports, %q are left", s.Jobs(), files(t, dir))
			}
			if _, err := s.fetch(fetch.Last{}, dir); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestErrors holds that what the server could not export is an error, or a
// reason, and that mere information is neither.
func TestErrors(t *testing.T) {
	for _, next := range []bool{false, true} {
		s := newSite(t)
		if s.Next = next; next {
			s.config.Edition = 4
		}
		s.Issues = []bulktest.Issue{{Severity: "information", Code: "informational"}}
		s.take(fetch.Last{}, s.everything())
		s.Issues = append(s.Issues, bulktest.Issue{Severity: "error", Code: "processing"}, bulktest.Issue{Severity: "warning", Code: bulktest.Name})
		dir := t.TempDir()
		_, err := s.fetch(fetch.Last{}, dir)
		s.refused(err, "export: issue not in FHIR's list, processing: the server could not export everything; next:")
		s.config.Accept = true
		d, err := s.fetch(fetch.Last{}, dir)
		want := []string{"the server could not export everything (not in FHIR's list)", "the server could not export everything (processing)"}
		if err != nil || !slices.Equal(d.Incomplete, want) {
			t.Errorf("%q %v", d.Incomplete, err)
		}
		s.holds(dir, s.everything())
		again, err := s.fetch(fetch.Last{}, dir) // of what is here
		if err != nil || !slices.Equal(again.Incomplete, want) {
			t.Errorf("%q %v", again.Incomplete, err)
		}
	}
}

// TestTime holds that a mark which would lose something is refused.
func TestTime(t *testing.T) {
	s := newSite(t)
	s.Time = func(now time.Time) time.Time { return now.Add(48 * time.Hour) }
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "more than a day to come")
	s.Time = nil
	l := s.take(fetch.Last{}, s.everything())
	s.Put("Observation", "new", "p1")
	s.Time = func(now time.Time) time.Time { return now.Add(-time.Hour) }
	_, err = s.fetch(l, t.TempDir())
	if s.refused(err, "before that of the last delivery"); !errors.Is(err, fetch.ErrLost) {
		t.Error("and it does not say that everything is to be fetched anew")
	}
	s.config.Types = []string{"Group"}
	s.Time = nil
	_, err = s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "holds nothing for us")
}

// TestBounds holds that a server cannot have us take without end.
func TestBounds(t *testing.T) {
	s := newSite(t)
	s.config.Partial, s.PerPage = true, 1
	for want, limit := range map[string]func(*bulk.Fetcher) *bulk.Fetcher{
		"the answer is too big": func(f *bulk.Fetcher) *bulk.Fetcher { return f.Limit(100, 1<<20, 100, 100, time.Minute) },
		"it is too big":         func(f *bulk.Fetcher) *bulk.Fetcher { return f.Limit(1<<20, 100, 100, 100, time.Minute) },
		"too many files":        func(f *bulk.Fetcher) *bulk.Fetcher { return f.Limit(1<<20, 1<<20, 2, 100, time.Minute) },
		"pages of the manifest": func(f *bulk.Fetcher) *bulk.Fetcher { return f.Limit(1<<20, 1<<20, 100, 2, time.Minute) },
	} {
		for _, zipped := range []bool{false, true} {
			s.Gzip = zipped
			_, err := limit(s.client()).Fetch(context.Background(), fetch.Last{}, t.TempDir(), &s.notes)
			s.refused(err, want)
		}
	}
	s.config.Partial, s.Gzip, s.Polls = false, false, 1000
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "the export does not end")
}

// TestHangs holds that a server that says nothing more is given up.
func TestHangs(t *testing.T) {
	s := newSite(t)
	s.Fail("file", slices.Repeat([]bulktest.Fault{{Hang: true}}, 100)...)
	f := s.client().Limit(1<<20, 1<<20, 100, 100, 20*time.Millisecond)
	_, err := f.Fetch(context.Background(), fetch.Last{}, t.TempDir(), &s.notes)
	s.refused(err, "no answer in time")
}

// TestForeign holds that a folder that holds something else is left alone.
func TestForeign(t *testing.T) {
	s := newSite(t)
	for _, name := range []string{"notes.txt", "Patient.ndjson", "deleted/x"} {
		dir := t.TempDir()
		os.Mkdir(filepath.Join(dir, "deleted"), 0o700)
		path := filepath.Join(dir, name)
		os.WriteFile(path, []byte("x"), 0o600)
		_, err := s.fetch(fetch.Last{}, dir)
		s.refused(err, "holds what is not ours")
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// TestConfig holds what is refused of a configuration.
func TestConfig(t *testing.T) {
	good := bulk.Config{URL: "https://a/fhir"}
	if _, err := bulk.New(good); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*bulk.Config){
		"url: not an https address": func(c *bulk.Config) { c.URL = "http://a/fhir" },
		"url: not an https":         func(c *bulk.Config) { c.URL = "https://me:hunter2@a/fhir" },
		"url: not an":               func(c *bulk.Config) { c.URL = "https://a/fhir?key=hunter2" },
		"of: not":                   func(c *bulk.Config) { c.Of = "ward" },
		"group: give":               func(c *bulk.Config) { c.Of = "group" },
		"group: give its":           func(c *bulk.Config) { c.Group = "g" },
		"group: not":                func(c *bulk.Config) { c.Of, c.Group = "group", "a/b" },
		"client and key":            func(c *bulk.Config) { c.Client = "hunter2" },
		"edition":                   func(c *bulk.Config) { c.Edition = 5 },
		"parallel":                  func(c *bulk.Config) { c.Parallel = 17 },
		"types":                     func(c *bulk.Config) { c.Types = []string{"hunter2"} },
		"token_url":                 func(c *bulk.Config) { c.Token = "ftp://a" },
	} {
		c := good
		change(&c)
		if _, err := bulk.New(c); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("want %q: %v", want, err)
		}
	}
}
