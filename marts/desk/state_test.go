package desk

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// happened makes events of "what by", of the request "d".
func happened(lines ...string) (out []event) {
	for _, l := range lines {
		what, by, _ := strings.Cut(l, " ")
		e := event{what: what, by: by, digest: "d"}
		if what == voted || what == revoked {
			e.digest = "vote of " + by
		}
		out = append(out, e)
	}
	return out
}

var whole = []string{"requested ann", "submitted ann", "looked bob", "looked cyd", "voted bob", "voted cyd", "reviewed", "approved", "issued", "released"}

// TestFold follows a request through every way that it can go.
func TestFold(t *testing.T) {
	for i, want := range []State{Pending, Submitted, Submitted, Submitted, Partially, Reviewed, Reviewed, Approved, Approved, Released} {
		if s, err := fold(happened(whole[:i+1]...)); err != nil || s.state != want || s.state.open() != (want != Released) {
			t.Errorf("after %s: %s, %v; want %s", whole[i], s.state, err, want)
		}
	}
	for _, tc := range []struct {
		after int
		then  string
		want  State
	}{
		{0, "refused ann", Rejected}, {1, "withdrawn ann", Withdrawn}, {2, "withdrawn ann", Withdrawn}, {5, "withdrawn ann", Withdrawn},
		{2, "returned", Returned}, {5, "returned", Returned}, {7, "returned", Returned}, {8, "returned", Returned}, {7, "rejected", Rejected}, {10, "recalled", Released},
		{5, "revoked bob", Submitted}, {6, "revoked bob", Partially}, {7, "revoked cyd", Partially}, {8, "revoked bob", Partially}, {2, "accepted gwen", Submitted}, {10, "accepted gwen", Released},
	} {
		if s, err := fold(happened(append(whole[:tc.after:tc.after], tc.then)...)); err != nil || s.state != tc.want || s.state.open() != (tc.want == Submitted || tc.want == Partially) {
			t.Errorf("%s after %s: %s, %v", tc.then, whole[:tc.after], s.state, err)
		}
	}
}

// TestFoldRefuses holds what cannot have happened.
func TestFoldRefuses(t *testing.T) {
	for _, tc := range []struct {
		after int
		then  string
	}{
		{0, "submitted ann"}, {0, "approved"}, {1, "voted bob"}, {1, "requested ann"}, {1, "submitted bob"}, {2, "withdrawn bob"},
		{2, "looked ann"}, {2, "looked ANN"}, {2, "voted bob"}, {3, "voted cyd"}, {3, "approved"}, {5, "voted bob"}, {5, "voted BOB"}, {5, "approved"},
		{5, "reviewed"}, {6, "approved"}, {6, "withdrawn ann"}, {6, "released"}, {7, "released"}, {7, "voted dan"}, {8, "withdrawn ann"}, {8, "rejected"},
		{8, "released"}, {9, "issued"}, {9, "returned"}, {10, "returned"}, {10, "released"}, {10, "submitted ann"}, {6, "rejected"}, {7, "reviewed"}, {1, "deleted ann"}, {1, "refused ann"},
		{4, "revoked bob"}, {5, "revoked cyd"}, {5, "revoked ann"}, {9, "revoked bob"}, {10, "revoked bob"}, {0, "accepted gwen"}, {9, "accepted gwen"},
	} {
		if s, err := fold(happened(append(whole[:tc.after:tc.after], tc.then)...)); err == nil {
			t.Errorf("%q after %v: %s", tc.then, whole[:tc.after], s.state)
		}
	}
	for _, then := range [][]string{{"revoked bob", "revoked bob"}, {"revoked bob", "voted bob"}, {"revoked bob", "looked bob", "voted bob"}, {"revoked bob", "reviewed"}} {
		if s, err := fold(happened(append(whole[:6:6], then...)...)); err == nil {
			t.Errorf("%q: %s", then, s.state)
		}
	}
	other := happened(whole...)
	other[7].digest = "of another request"
	if _, err := fold(other); err == nil {
		t.Error("an approval of another request was taken")
	}
}

// TestReleasedMeansReviewed holds that whatever is written in whatever order,
// what ends as released had two people's votes, neither its author's, each after
// they had looked, and was told before it was approved; and that what is closed
// stays so.
func TestReleasedMeansReviewed(t *testing.T) {
	all := []string{asked, submitted, looked, voted, reviewed, approved, returned, rejected, withdrawn, issued, released, recalled, revoked, accepted}
	ended := make(map[State]int)
	rapid.Check(t, func(t *rapid.T) {
		var s standing
		var done []string
		drawn := rapid.IntRange(0, 40).Draw(t, "events")
		for i := range drawn {
			e := event{what: rapid.SampledFrom(all).Draw(t, "what"), by: rapid.SampledFrom([]string{"ann", "bob", "cyd", "Ann"}).Draw(t, "by"), digest: "d"}
			if i < len(whole) && rapid.IntRange(0, 9).Draw(t, "as it should") > 0 {
				e = happened(whole[i])[0]
			}
			if e.what == voted {
				e.digest = fmt.Sprint("vote ", i)
			}
			if e.what == revoked {
				e.digest = s.voteOf(e.by)
			}
			before := s
			if err := s.follow(e); err != nil {
				s = before
				continue
			}
			if !before.state.open() && before.state != "" && s.state != before.state {
				t.Fatalf("%s went on to %s", before.state, s.state)
			}
			done = append(done, e.what+" "+strings.ToLower(e.by))
		}
		ended[s.state]++
		if s.state != Released {
			return
		}
		text := "\n" + strings.Join(done, "\n") + "\n"
		if len(s.voters) != 2 || same(s.voters[0], s.voters[1]) || contains(s.voters, s.author) || strings.Count(text, "\nvoted ")-strings.Count(text, "\nrevoked ") != 2 {
			t.Fatalf("%+v", s)
		}
		for _, v := range s.voters {
			v = strings.ToLower(v)
			back, at := strings.LastIndex(text, "\nrevoked "+v), strings.LastIndex(text, "\nvoted "+v)
			if l := strings.LastIndex(text[:at], "\nlooked "+v); l < 0 || l < back {
				t.Fatalf("%s had not looked: %s", v, text)
			}
			if told := strings.LastIndex(text, "\nreviewed"); told < at || strings.LastIndex(text, "\nrevoked") > told {
				t.Fatalf("told before the vote of %s stood: %s", v, text)
			}
		}
		if strings.LastIndex(text, "\nreviewed") > strings.LastIndex(text, "\napproved") || strings.LastIndex(text, "\napproved") > strings.Index(text, "\nissued") {
			t.Fatal(text)
		}
	})
	if ended[Released] == 0 || ended[Returned] == 0 || ended[Withdrawn] == 0 {
		t.Errorf("the events drawn ended in %v", ended)
	}
}
