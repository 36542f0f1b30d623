package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/bulk/bulktest"
)

// TestAltered holds that a manifest that is another when it is told again is
// not mixed with what is here: the export is asked for anew.
func TestAltered(t *testing.T) {
	same := ""
	for _, f := range []string{"Observation 2", "Observation 2", "Observation 2", "Patient 2", "Patient 1"} {
		typ, count, _ := strings.Cut(f, " ")
		same += fmt.Sprintf(`,{"type":%q,"count":%s,"url":"https://127.0.0.1:1/x"}`, typ, count)
	}
	same = same[1:]
	form := `{"transactionTime":%q,"requiresAccessToken":true,"output":[%s]}`
	for name, body := range map[string]string{
		"another time": fmt.Sprintf(form, "2026-11-22T01:00:00Z", same),
		"fewer files":  fmt.Sprintf(form, "2026-11-22T02:00:10Z", ""),
		"other files":  fmt.Sprintf(form, "2026-11-22T02:00:10Z", strings.Repeat(`{"type":"Patient","url":"https://a/b","count":2},`, 5)+`{"type":"Patient","url":"https://a/b"}`),
	} {
		s := newSite(t)
		s.config.Parallel = 1
		s.Fail("file", bulktest.Fault{}, bulktest.Fault{Status: 404})
		s.Fail("status", bulktest.Fault{}, bulktest.Fault{}, bulktest.Fault{Body: body})
		s.take(fetch.Last{}, s.everything())
		if n := s.Requests("kick-off"); n != 2 {
			t.Errorf("%s: %d exports", name, n)
		}
	}
}

// TestOddAnswers holds what is said of a server that is not one of ours.
func TestOddAnswers(t *testing.T) {
	manifest := `{"transactionTime":"2026-11-22T02:00:10Z","requiresAccessToken":%t,"output":[{"type":"Patient","url":%q}],"link":[%s]}`
	for want, body := range map[string]string{
		"file Patient.000.ndjson: the server gave an":          fmt.Sprintf(manifest, false, "http://127.0.0.1/x", ""),
		"ndjson: the server gave an address that is":           fmt.Sprintf(manifest, false, "https://"+bulktest.Name+":"+bulktest.Number+"@a/x", ""),
		"status: the server gave an address that is not https": fmt.Sprintf(`{"transactionTime":"2026-11-22T02:00:10Z","requiresAccessToken":true,"output":[],"link":[{"relation":"next","url":%q}]}`, bulktest.Name),
	} {
		s := newSite(t)
		s.Fail("status", slices.Repeat([]bulktest.Fault{{Body: body}}, 9)...)
		_, err := s.fetch(fetch.Last{}, t.TempDir())
		s.refused(err, want)
	}
	s := newSite(t)
	s.Open, s.config.Client, s.config.Key = true, "", ""
	s.Fail("status", bulktest.Fault{Body: fmt.Sprintf(manifest, true, s.URL+"/x", "")})
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "the server wants a token, and none is configured; next: set client and key")
}

// TestDoneLater holds that Done says when the server cannot be reached, so that
// it is told later, and does not wait for it long; and that it is content where the server has forgotten, or
// never forgets when told.
func TestDoneLater(t *testing.T) {
	s := newSite(t)
	l := s.take(fetch.Last{}, s.everything())
	for reason, some := range map[string][]bulktest.Fault{
		"delete: 500 Internal Server Error": slices.Repeat([]bulktest.Fault{{Status: 500}}, 3),
		"delete: 429 Too Many Requests":     {{Status: 429, RetryAfter: "3600"}},
		"delete: 503 Service Unavailable":   {{Status: 503, RetryAfter: "86400"}},
	} {
		s.Fail("delete", some...)
		begun := s.Clock.Now()
		s.refused(s.client().Done(context.Background(), l.Delivery, l.Dir), reason)
		if waited := s.Clock.Now().Sub(begun); waited > time.Minute {
			t.Errorf("%s: it waited %s for a courtesy", reason, waited)
		}
	}
	s.Fail("delete", bulktest.Fault{Status: 405}, bulktest.Fault{Status: 403, Issue: "forbidden"})
	if err := s.client().Done(context.Background(), l.Delivery, l.Dir); err != nil {
		t.Error(err)
	}
	s.refused(s.client().Done(context.Background(), l.Delivery, l.Dir), "delete: 403 Forbidden: issue forbidden")
	for range 2 {
		if err := s.client().Done(context.Background(), l.Delivery, l.Dir); err != nil || s.Jobs() != 0 {
			t.Error(s.Jobs(), err)
		}
	}
	if err := s.client().Done(context.Background(), l.Delivery, t.TempDir()); err != nil {
		t.Error(err)
	}
}

// TestDamagedHere holds that a file of a delivery that was damaged here before
// it was taken up comes again.
func TestDamagedHere(t *testing.T) {
	s := newSite(t)
	l := s.take(fetch.Last{}, s.everything())
	for name, damage := range map[string]func(path string) error{
		"gone":  os.Remove,
		"short": func(path string) error { return os.Truncate(path, 5) },
	} {
		if err := damage(filepath.Join(l.Dir, "Observation.001.ndjson")); err != nil {
			t.Fatal(err)
		}
		d, err := s.fetch(fetch.Last{}, l.Dir)
		if err != nil || d.Mark != l.Mark {
			t.Errorf("%s: %+v %v", name, d, err)
		}
		s.holds(l.Dir, s.everything())
	}
	if n := s.Requests("kick-off"); n != 1 {
		t.Errorf("%d exports", n)
	}
}

// TestNightly holds that nothing is lost from night to night, whatever a server
// does: what all deliveries of a chain hold, newest last, is what it holds.
func TestNightly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rapid.Check(t, func(rt *rapid.T) {
		state, last := map[string]string{}, fetch.Last{}
		for night := range 4 {
			for range rapid.IntRange(0, 3).Draw(rt, "changes") {
				id := fmt.Sprintf("n%d", rapid.IntRange(0, 5).Draw(rt, "id"))
				if rapid.Bool().Draw(rt, "delete") && night > 0 {
					s.Delete("Observation", id)
				} else {
					s.Put("Observation", id, "p1")
				}
			}
			for _, kind := range []string{"status", "file", "file", "kick-off"} {
				s.Fail(kind, rapid.SliceOfN(rapid.Custom(fault), 0, 4).Draw(rt, kind)...)
			}
			if next, ok := s.night(rt, last, t.TempDir()); ok {
				last = next
				s.apply(rt, state, last)
			}
		}
		got := []string{}
		for _, line := range state {
			got = append(got, line)
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(s.everything())); !slices.Equal(got, want) {
			rt.Fatalf("after four nights: %d resources, of %d", len(got), len(want))
		}
	})
}

// night fetches until it comes to an end.
func (s *site) night(t *rapid.T, last fetch.Last, dir string) (fetch.Last, bool) {
	for tries := range 8 {
		if tries == 5 {
			s.Mend()
		}
		d, err := s.client().Fetch(context.Background(), last, dir, &s.notes)
		if err == nil || errors.Is(err, fetch.ErrNothing) {
			return fetch.Last{Delivery: d, Dir: dir}, err == nil
		}
	}
	t.Fatal("it does not come to an end")
	return last, false
}

// apply takes a delivery up as the pipeline does: the newest version stays.
func (s *site) apply(t *rapid.T, state map[string]string, l fetch.Last) {
	if l.Whole {
		clear(state)
	}
	for _, name := range files(s.t, l.Dir) {
		if strings.HasPrefix(filepath.Base(name), ".") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(l.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if _, after, ok := strings.Cut(line, `"url":"Observation/`); ok {
				id, _, _ := strings.Cut(after, `"`)
				delete(state, `"id":"`+id+`"Observation`)
				continue
			}
			key := line[strings.Index(line, `"id":"`):]
			key = key[:strings.Index(key, `",`)+1]
			if strings.Contains(line, `"resourceType":"Observation"`) {
				key += "Observation"
			}
			state[key] = strings.TrimSpace(line)
		}
	}
}

// TestEndless holds that a file whose end nobody tells is not taken for whole.
func TestEndless(t *testing.T) {
	s := newSite(t)
	s.Endless = true
	s.take(fetch.Last{}, s.everything()) // the manifest counts
	s.NoCount, s.Gzip = true, true
	s.take(fetch.Last{}, s.everything()) // gzip has an end
	s.Gzip = false
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "the server tells neither how long the file is nor how many lines it has")
}

// TestApart holds that the status of an export is not mistaken for that of the
// request about it, where the server tells both.
func TestApart(t *testing.T) {
	s := newSite(t)
	s.config.Edition, s.Next, s.Polls = 4, true, 3
	s.Fail("status", bulktest.Fault{Status: 503}, bulktest.Fault{})
	s.take(fetch.Last{}, s.everything())
	s.Fail("status", bulktest.Fault{}, bulktest.Fault{Export: 500})
	_, err := s.fetch(fetch.Last{}, t.TempDir())
	s.refused(err, "status: 500 Internal Server Error: issue processing: the export has failed")
	s.Fail("status", bulktest.Fault{Export: 404})
	s.take(fetch.Last{}, s.everything())
}
