package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/bulk/bulktest"
)

// fault draws what a request meets.
func fault(t *rapid.T) bulktest.Fault {
	short := func(b []byte) []byte { return b[:len(b)/2] }
	all := []bulktest.Fault{{}, {}, {}, {Status: 500}, {Status: 503, RetryAfter: "5"}, {Status: 429, RetryAfter: "0"}, {Status: 401, Issue: "login"},
		{Status: 500, Issue: "transient"}, {Status: 500, Issue: "exception"}, {Status: 404}, {Status: 403}, {Body: "<html>busy</html>"}, {Body: "{}"},
		{Lose: true}, {Expire: true}, {Whole: true}, {Shift: true}, {Retag: true}, {Alter: short}, {Status: 206}, {Status: 416}, {Status: 204}}
	f := all[rapid.IntRange(0, len(all)).Draw(t, "fault")%len(all)]
	if rapid.Bool().Draw(t, "cut") {
		f.Cut = rapid.IntRange(1, 2000).Draw(t, "after")
	}
	return f
}

// TestFaults holds that whatever a server does to us, in whatever order, a
// delivery is right in every byte, or it is an error; and that a Fetch after
// that, when all is well, is right.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Join("g", "p1")
	s.Join("g", "p2")
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		s.Gzip, s.NoTag, s.NoRange = rapid.Bool().Draw(rt, "gzip"), rapid.Bool().Draw(rt, "no tag"), rapid.Bool().Draw(rt, "no range")
		s.Chunked, s.Capability = rapid.Bool().Draw(rt, "chunked"), rapid.Bool().Draw(rt, "capability")
		s.PerFile, s.PerPage = rapid.IntRange(1, 4).Draw(rt, "per file"), rapid.IntRange(0, 3).Draw(rt, "per page")
		s.Early, s.config.Partial = s.PerPage > 0 && rapid.Bool().Draw(rt, "early"), s.PerPage > 0
		s.config.Of, s.config.Group = "system", ""
		if rapid.Bool().Draw(rt, "group") {
			s.config.Of, s.config.Group = "group", "g"
		}
		for _, kind := range []string{"discovery", "token", "kick-off", "status", "file", "file", "file", "delete"} {
			s.Fail(kind, rapid.SliceOfN(rapid.Custom(fault), 0, 8).Draw(rt, kind)...)
		}
		n++
		dir := fmt.Sprintf("%s/%d", t.TempDir(), n)
		if err := os.Mkdir(dir, 0o700); err != nil {
			rt.Fatal(err)
		}
		want := slices.Sorted(slices.Values(s.Lines(s.config.Group, zero, nil)))
		for tries := 0; ; tries++ {
			if tries == 5 {
				s.Mend()
			}
			d, err := s.client().Fetch(context.Background(), fetch.Last{}, dir, &s.notes)
			if err == nil {
				got := lines(t, dir)
				if slices.Sort(got); !slices.Equal(got, want) || !d.Whole || len(d.Incomplete) > 0 || d.Records != int64(len(want)) {
					rt.Fatalf("%d lines, want %d; %+v", len(got), len(want), d)
				}
				return
			}
			if s.refused(err, "bulk: "); tries > 5 || errors.Is(err, fetch.ErrNothing) {
				rt.Fatalf("when all is well again: %v", err)
			}
		}
	})
}
