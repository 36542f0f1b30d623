package register

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/sign/signtest"
)

// FuzzStep holds that whatever a line of the register holds is read or refused, that
// what is read would be written again as the same, and that a signature of ours on it
// holds.
func FuzzStep(f *testing.F) {
	s := Step{What: "recalled", Kind: "extract", Name: "falls", By: "Gwen Guardian", At: time.Unix(1e9, 0).UTC(), Why: "objections"}
	i := Issue{Kind: "release", Name: "falls", Purpose: "planning", Snapshot: "r1", Domain: "00112233", RegisterKey: "0badcafe", By: s.By, At: s.At,
		Files: []File{{Name: "a", SHA256: strings.Repeat("a", 64)}}, Persons: Persons{SHA256: strings.Repeat("b", 64)}}
	for _, s := range []Step{s, s.Signed(signtest.Key(f, "gwen")), {What: "issued", Kind: "release", Name: i.Name, By: i.By, At: i.At, Issue: &i}} {
		text, err := json.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := parse(text); err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("null"))
	f.Add([]byte(`{"what":"issued","issue":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parse(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		other, err := parse(again)
		if text, _ := json.Marshal(other); err != nil || !bytes.Equal(text, again) {
			t.Errorf("%s, then %s, %v", again, text, err)
		}
	})
}
