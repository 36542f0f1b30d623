package objection_test

import (
	"slices"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

const (
	dissent  = term.Code("416409005")
	consent  = term.Code("417528008")
	dissent1 = term.Code("827241000000103")
	consent1 = term.Code("827261000000102")
)

// said is a version of a record with codes.
func said(t testing.TB, id string, version term.Time, date string, codes ...term.Code) *record.Head {
	h := coded(t, term.SNOMED, codes[0], date)
	for _, c := range codes[1:] {
		h.Codings = append(h.Codings, record.Coding{System: term.SNOMED, Code: c})
	}
	h.ID, h.Version = record.Ref{Kind: record.Observation, ID: id}, version
	return h
}

// TestUnless goes through what Late says of a person: for each reason, which
// versions of records lift it if one of them stands.
func TestUnless(t *testing.T) {
	no, yes := said(t, "no", 10, "2026-01-01", dissent), said(t, "yes", 20, "2026-02-01", consent)
	type reason struct {
		why    gate.Reason
		unless []string // ids
	}
	for name, tc := range map[string]struct {
		heads  []*record.Head
		unsure []*record.Head
		want   []reason
	}{
		"nothing said":            {nil, nil, nil},
		"a withdrawal of nothing": {[]*record.Head{yes}, nil, nil},
		"an objection":            {[]*record.Head{no}, nil, []reason{{gate.ObjectedLocal, nil}}},
		"and a withdrawal":        {[]*record.Head{no, yes}, nil, []reason{{gate.ObjectedLocal, []string{"yes"}}}},
		"two withdrawals": {[]*record.Head{no, yes, said(t, "again", 5, "2026-03-01", consent)}, nil,
			[]reason{{gate.ObjectedLocal, []string{"yes", "again"}}}},
		"one is too early": {[]*record.Head{no, yes, said(t, "early", 5, "2025-12-31", consent)}, nil,
			[]reason{{gate.ObjectedLocal, []string{"yes"}}}},
		"an older version of it": {[]*record.Head{no, said(t, "yes", 19, "2026-05-01", consent), yes}, nil,
			[]reason{{gate.ObjectedLocal, []string{"yes"}}}},
		"the newer version is early": {[]*record.Head{no, yes, said(t, "yes", 21, "2025-05-01", consent)}, nil,
			[]reason{{gate.ObjectedLocal, nil}}},
		"the same record takes it back": {[]*record.Head{no, said(t, "no", 11, "2026-01-01", consent)}, nil,
			[]reason{{gate.ObjectedLocal, []string{"no"}}}},
		"... dated before": {[]*record.Head{no, said(t, "no", 11, "2025-01-01", consent)}, nil,
			[]reason{{gate.ObjectedLocal, []string{"no"}}}},
		"... and says it again": {[]*record.Head{no, said(t, "no", 11, "2026-01-01", consent), said(t, "no", 12, "2026-01-01", dissent)}, nil,
			[]reason{{gate.ObjectedLocal, nil}}},
		"... in an older version": {[]*record.Head{no, said(t, "no", 9, "2026-03-01", consent)}, nil, []reason{{gate.ObjectedLocal, nil}}},
		"... in the same version": {[]*record.Head{no, said(t, "no", 10, "2026-01-01", consent)}, nil, []reason{{gate.ObjectedLocal, nil}}},
		"... without a version": {[]*record.Head{said(t, "no", 0, "2026-01-01", dissent), said(t, "no", 0, "2026-01-01", consent)}, nil,
			[]reason{{gate.ObjectedLocal, nil}}},
		"... and another objects": {[]*record.Head{no, said(t, "no", 11, "2026-01-01", consent), said(t, "other", 1, "2026-01-01", dissent)}, nil,
			[]reason{{gate.ObjectedLocal, nil}}},
		"both in one record": {[]*record.Head{said(t, "no", 10, "2026-01-01", dissent, consent)}, nil, []reason{{gate.ObjectedLocal, nil}}},
		"both kinds": {[]*record.Head{no, said(t, "x", 1, "2026-01-01", dissent1), said(t, "y", 2, "2026-01-02", consent1)}, nil,
			[]reason{{gate.ObjectedLocal, nil}, {gate.ObjectedType1, []string{"y"}}}},
		"the other kind's withdrawal": {[]*record.Head{no, said(t, "y", 2, "2026-02-01", consent1)}, nil, []reason{{gate.ObjectedLocal, nil}}},
		"an unsure objection":         {nil, []*record.Head{no}, []reason{{gate.ObjectedLocal, nil}}},
		"an unsure withdrawal":        {[]*record.Head{no}, []*record.Head{yes}, []reason{{gate.ObjectedLocal, nil}}},
		"unsure after a withdrawal": {[]*record.Head{no, yes}, []*record.Head{said(t, "late", 1, "2026-03-01", dissent)},
			[]reason{{gate.ObjectedLocal, nil}}},
	} {
		g, err := open(t, gatetest.Number(5)+",type-1,objected,2026-01-01")
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range tc.heads {
			g.Watch(feed, h, number(t, 1), true)
		}
		for _, h := range tc.unsure {
			g.Watch(feed, h, number(t, 1), false)
		}
		var got []reason
		g.Late(number(t, 1), func(why gate.Reason, unless []record.Version) {
			r := reason{why: why}
			for _, v := range unless {
				if v.Feed != feed || v.Copies != 1 {
					t.Errorf("%s: %+v", name, v)
				}
				r.unless = append(r.unless, v.ID.ID)
			}
			got = append(got, r)
		})
		if !slices.EqualFunc(got, tc.want, func(a, b reason) bool { return a.why == b.why && slices.Equal(a.unless, b.unless) }) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// TestListAndUnless is that a withdrawal on the list lifts without more, if it
// is later than every code.
func TestListAndUnless(t *testing.T) {
	for date, want := range map[string]int{"2026-01-01": 0, "2026-01-02": 1, "2026-01-03": 1} {
		g, err := open(t, gatetest.Number(1)+",shared-record,withdrawn,2026-01-02")
		if err == nil {
			g.Watch(feed, said(t, "no", 10, date, dissent), number(t, 1), true)
			g.Late(number(t, 1), func(why gate.Reason, unless []record.Version) {
				if want--; why != gate.ObjectedLocal || len(unless) != 0 {
					t.Errorf("%s: %v unless %v", date, why, unless)
				}
			})
		}
		if err != nil || want != 0 {
			t.Errorf("%s: %v, %d reasons missing", date, err, want)
		}
	}
}

// TestCopiesAreCounted is that several copies of a version are one word, and
// that a record which says it in two terminologies is one copy.
func TestCopiesAreCounted(t *testing.T) {
	g, err := open(t, gatetest.Number(5)+",type-1,objected,2026-01-01")
	if err != nil {
		t.Fatal(err)
	}
	g.Watch(feed, said(t, "no", 10, "2026-01-01", dissent), number(t, 1), true)
	both := said(t, "yes", 20, "2026-02-01", consent)
	both.Codings = append(both.Codings, record.Coding{System: term.Read2, Code: "9Nd7."})
	g.Watch(feed, both, number(t, 1), true)
	g.Watch(feed, said(t, "yes", 20, "2026-02-01", consent), number(t, 1), true)
	other := feed
	other.Name = "gp" // another feed's record of the same id is another record
	g.Watch(other, said(t, "yes", 20, "2026-02-01", consent), number(t, 1), true)
	g.Deleted(other, record.Ref{Kind: record.Observation, ID: "yes"}, 30)
	calls := 0
	g.Late(number(t, 1), func(_ gate.Reason, unless []record.Version) {
		if calls++; len(unless) != 1 || unless[0].Copies != 2 || unless[0].Feed != feed || unless[0].At != 20 {
			t.Errorf("unless %+v", unless)
		}
	})
	if calls != 1 {
		t.Errorf("%d reasons", calls)
	}
}
