package optout_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/identity"
)

func config(f *gatetest.Folder) optout.Config {
	return optout.Config{Sent: f.Path("optout-request.dat"), Reply: f.Path("optout.dat"), Control: f.Path("optout.ctl"), Now: gatetest.Now}
}

func lines(numbers []string) string { return strings.Join(append(slices.Clone(numbers), ""), ",\n") }

func parse(t interface{ Fatal(...any) }, text string) identity.Number {
	n, err := identity.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAllowedIffInReply draws requests and replies, shuffled and with
// repetitions, and holds the gate to the definition.
func TestAllowedIffInReply(t *testing.T) {
	f := gatetest.New(t, 10)
	numbers := make([]string, 60)
	for i := range numbers {
		numbers[i] = gatetest.Number(i)
	}
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation(numbers).Draw(t, "order")
		sent := order[:rapid.IntRange(10, 50).Draw(t, "sent")]
		back := sent[:rapid.IntRange((len(sent)*8+9)/10, len(sent)).Draw(t, "back")]
		again := rapid.IntRange(0, len(back)).Draw(t, "again")
		f.Write("optout-request.dat", lines(append(slices.Clone(sent), sent[:again]...)))
		f.Write("optout.dat", lines(append(slices.Clone(back), back[:again]...)))
		g, err := optout.Open(config(f))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range numbers {
			if got := g.Person(parse(t, n)) == gate.Kept; got != slices.Contains(back, n) {
				t.Fatalf("allowed %v, in the reply %v", got, !got)
			}
		}
		listed := 0
		for n := range g.Numbers() {
			if listed++; g.Person(n) != gate.Kept {
				t.Fatal("lists a number that is not allowed")
			}
		}
		if listed != len(back) {
			t.Fatalf("lists %d, %d came back", listed, len(back))
		}
	})
}

func TestReplies(t *testing.T) {
	f := gatetest.New(t, 20)
	all := lines(f.People)
	bad := f.People[4][:9] + string('0'+('9'-f.People[4][9])) // the same with another last digit
	for _, tc := range []struct {
		name, reply, want string // want: empty when it opens
	}{
		{"as sent", all, ""},
		{"crlf", strings.ReplaceAll(all, "\n", "\r\n"), ""},
		{"spaced", strings.Replace(all, f.People[0], f.People[0][:3]+" "+f.People[0][3:6]+" "+f.People[0][6:], 1), ""},
		{"the service's refusal", "The file contains one or more invalid NHS Numbers. \n", ":1: the service refused the request"},
		{"check digit", strings.Replace(all, f.People[4], bad, 1), ":5: nhs_number: check digit"},
		{"sentinel", "9999999999,\n" + all, ":1: nhs_number: a number that is never issued"},
		{"no comma", strings.Replace(all, ",", "", 1), ":1: nhs_number: not a number and one comma"},
		{"second column", strings.Replace(all, ",", ",x", 1), ":1: nhs_number: not a number and one comma"},
		{"two numbers", strings.Replace(all, ",\n", ",", 1), ":1: nhs_number: not a number and one comma"},
		{"blank line", all + "\n", ":21: nhs_number"},
		{"cut off between two lines", all[:len(all)/2-len(all)/2%12], "short: only 50 in 100 of those sent came back, at least 80 must"},
		{"cut off", all[:len(all)-1], "cut off"},
		{"byte order mark", "\xef\xbb\xbf" + all, "byte order mark"},
		{"header", "nhs_number,\n" + all, ":1: nhs_number: not ten digits"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.Write("optout.dat", tc.reply)
			g, err := optout.Open(config(f))
			if tc.want == "" {
				if err != nil || g.Person(parse(t, f.People[0])) != gate.Kept {
					t.Fatalf("%v", err)
				}
				return
			}
			if g != nil || !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q", err, tc.want)
			}
			if leak := f.Leak(err.Error()); leak != "" || strings.Contains(err.Error(), bad) {
				t.Errorf("%q holds a number", err)
			}
		})
	}
}

func TestRequestIsChecked(t *testing.T) {
	f := gatetest.New(t, 20)
	f.Replace("optout-request.dat", f.People[3]+",", f.People[3]+",x")
	_, err := optout.Open(config(f))
	if !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "optout-request.dat:4: nhs_number") || f.Leak(err.Error()) != "" {
		t.Errorf("got %v", err)
	}
}

func TestShares(t *testing.T) {
	f := gatetest.New(t, 100)
	for _, tc := range []struct {
		back  int
		share float64
		want  string
	}{
		{80, 0, ""}, {79, 0, "short"}, {50, 0, "short"}, {49, 0, "wrong polarity"},
		{97, 0.98, "short"}, {98, 0.98, ""}, {30, 0.3, ""}, {29, 0.3, "wrong polarity"},
		{100, 1.5, "min_share"}, {100, -1, "min_share"},
	} {
		f.Write("optout.dat", lines(f.People[:tc.back]))
		c := config(f)
		c.MinShare = tc.share
		_, err := optout.Open(c)
		if tc.want == "" && err != nil || tc.want != "" && (!errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%d back, share %v: %v", tc.back, tc.share, err)
		}
	}
}

// TestShareIsTold holds that what is told of a share is below the bound that it
// is below.
func TestShareIsTold(t *testing.T) {
	f := gatetest.New(t, 200)
	for _, tc := range []struct {
		back  int
		share float64
		want  string
	}{
		{159, 0, "only 79 in 100 of those sent came back, at least 80 must"}, {99, 0, "only 49 in 100"},
		{160, 0.805, "only 80 in 100 of those sent came back, at least 80.5 must"}, {58, 0.3, "only 29 in 100"},
		{199, 0.999, "only 99 in 100 of those sent came back, at least 99.9 must"},
	} {
		f.Write("optout.dat", lines(f.People[:tc.back]))
		c := config(f)
		c.MinShare = tc.share
		if _, err := optout.Open(c); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%d back, share %v: %v", tc.back, tc.share, err)
		}
	}
}

func TestNobodyAllowedOnlyWhenConfigured(t *testing.T) {
	f := gatetest.New(t, 20)
	f.Write("optout.dat", "")
	c := config(f)
	c.AllowEmpty = true
	g, err := optout.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range f.People {
		if g.Person(parse(t, p)) != gate.NotAllowed {
			t.Error("somebody is allowed by an empty reply")
		}
	}
	if !strings.Contains(g.Describe(), "0 of 20 sent") {
		t.Error(g.Describe())
	}
	os.Remove(f.Path("optout.ctl"))
	if _, err := optout.Open(c); !errors.Is(err, gate.ErrRefused) {
		t.Errorf("an empty reply without a control file: %v", err)
	}
}

// TestTheRequestIsNoReply is that what was sent is not taken for the answer, however
// it is ordered, where so many were sent that some have opted out.
func TestTheRequestIsNoReply(t *testing.T) {
	for people, refused := range map[int]bool{1999: false, 2000: true} {
		f := gatetest.New(t, people)
		slices.Reverse(f.People)
		f.Write("optout.dat", lines(f.People))
		c := config(f)
		if _, err := optout.Open(c); errors.Is(err, gate.ErrRefused) != refused || refused && !strings.Contains(err.Error(), "it is the request") {
			t.Errorf("%d people: %v", people, err)
		}
		if c.AllowAll = true; refused {
			if _, err := optout.Open(c); err != nil {
				t.Errorf("%d people, allowed: %v", people, err)
			}
		}
		c.AllowAll = false
		f.Write("optout.dat", lines(f.People[1:]))
		if _, err := optout.Open(c); err != nil {
			t.Errorf("%d people but one: %v", people, err)
		}
	}
}

func TestAge(t *testing.T) {
	f := gatetest.New(t, 20)
	for stamp, ok := range map[string]bool{"20261031120000": true, "20261031115959": false, "20261120120500": true, "20261120120600": false} {
		f.Replace("optout.ctl", "<DateTime>20261120060000", "<DateTime>"+stamp)
		if _, err := optout.Open(config(f)); (err == nil) != ok {
			t.Errorf("%s: %v", stamp, err)
		}
		f.Replace("optout.ctl", "<DateTime>"+stamp, "<DateTime>20261120060000")
	}
}

func TestLocalIdentifiers(t *testing.T) {
	f := gatetest.New(t, 10)
	f.Write("optout-request.dat", "ab-1,\nab-2,\n1,\n2,\n3,\n")
	f.Write("optout.dat", "ab-1,\n1,\n2,\n3,\n")
	c := config(f)
	c.Local = true
	g, err := optout.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]gate.Reason{"ab-1": gate.Kept, "ab-2": gate.NotAllowed, "4": gate.NotAllowed} {
		n, _ := identity.Local([]byte(id))
		if got := g.Person(n); got != want {
			t.Errorf("%s: %v", id, got)
		}
	}
}

// BenchmarkOpen reads a request and a reply of 1,000,000 people.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	f := gatetest.New(b, 10)
	var all strings.Builder
	for n := range 1_000_000 {
		all.WriteString(number(n+1) + ",\n")
	}
	c := config(f)
	c.Sent, c.Reply = filepath.Join(dir, "request"), filepath.Join(dir, "reply")
	for _, name := range []string{c.Sent, c.Reply} {
		if err := os.WriteFile(name, []byte(all.String()), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := optout.Open(c); err != nil {
			b.Fatal(err)
		}
	}
}

// number returns a number of ten digits that passes its check, another for
// each n.
func number(n int) string {
	digits := []byte("9000000000")
	for i := 7; n > 0; i-- {
		digits[i], n = byte('0'+n%10), n/10
	}
	for c := byte('0'); ; c++ { // a check digit of 10 does not exist: take the next ninth digit
		digits[8] = c
		sum := 0
		for i := range 9 {
			sum += int(digits[i]-'0') * (10 - i)
		}
		if check := (11 - sum%11) % 11; check < 10 {
			digits[9] = byte('0' + check)
			return string(digits)
		}
	}
}

// TestIssued holds that the age of a reply is told by its control file, also
// when it is too old to be used, and by none that is not one.
func TestIssued(t *testing.T) {
	f := gatetest.New(t, 10)
	g, err := optout.Open(config(f))
	if err != nil {
		t.Fatal(err)
	}
	issued, until, err := optout.Issued(config(f))
	if err != nil || !strings.Contains(g.Describe(), ", issued "+issued.UTC().Format(time.RFC3339)+", ") || until.Sub(issued) != 20*24*time.Hour {
		t.Errorf("issued %v, until %v, %v; the gate: %s", issued, until, err, g.Describe())
	}
	c := config(f)
	c.MaxAge = time.Second
	if _, until, err := optout.Issued(c); err != nil || until.Sub(issued) != time.Second {
		t.Errorf("of a second: until %v, %v", until, err)
	}
	f.Write("optout.ctl", "planted")
	if issued, _, err := optout.Issued(c); !errors.Is(err, gate.ErrRefused) || !issued.IsZero() {
		t.Errorf("issued %v, %v", issued, err)
	}
}
