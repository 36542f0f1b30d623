package purpose_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/gate/purpose"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
)

// register is one of an operator's own. Its lines are counted below.
const register = `name: purpose
version: "3"
record: one-health-and-care
purposes:
  - name: planning
    what: plan services
    legal_basis: article 6(1)(e)
    national_data_opt_out: applies
    local_objection: applies
    type_1_opt_out: applies
    phr_and_wearables: allowed
    review_by: 2027-01-01
  - name: screening
    what: find who was missed by screening
    legal_basis: COPI regulation 3
    national_data_opt_out: exempt
    exemption:
      kind: public-health
      approval: 26/CAG/0042
      valid_from: 2026-11-01
      valid_to: 2026-12-01
    local_objection: applies
    type_1_opt_out: applies
    phr_and_wearables: excluded
    review_by: 2027-01-01
`

func on(date string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", date, list.London)
	if err != nil {
		panic(err)
	}
	return t
}

func open(t testing.TB, text, name, now string) (*purpose.Gate, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "purposes.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return purpose.Open(purpose.Config{File: path, Purpose: name, Now: on(now)})
}

// answers is what a purpose makes of a record of each kind of feed.
func answers(g *purpose.Gate) (out [4]gate.Reason) {
	for kind := range out {
		out[kind] = g.Record(record.Feed{Kind: record.FeedKind(kind)}, &record.Head{}, identity.Number{})
	}
	return out
}

const out = gate.NotForPurpose

// TestBuiltIn holds what the register that is built in says: both purposes honour
// every objection, and what people record themselves serves planning alone.
func TestBuiltIn(t *testing.T) {
	for name, want := range map[string][4]gate.Reason{"planning": {}, "research": {out, gate.Kept, out, out}} {
		g, err := purpose.Open(purpose.Config{Purpose: name, Now: on("2026-11-22 12:00")})
		if err != nil {
			t.Fatal(err)
		}
		if answers(g) != want || g.Exempt() != "" {
			t.Errorf("%s: %v, exempt %q", name, answers(g), g.Exempt())
		}
		for _, says := range []string{"purpose: " + name + ": ", "legal basis: ", "national data opt-out applies", "local objection and Type 1 opt-out apply", "to be reviewed by 20"} {
			if !strings.Contains(g.Terms(), says) {
				t.Errorf("%q does not say %q", g.Terms(), says)
			}
		}
		if !strings.HasPrefix(g.Describe(), "register: built-in register, version 1, sha256 ") {
			t.Error(g.Describe())
		}
	}
	if _, err := purpose.Open(purpose.Config{Purpose: "planning", Now: on("2028-11-22 00:00")}); !errors.Is(err, gate.ErrRefused) {
		t.Errorf("past its review: %v", err)
	}
}

// TestOwn holds that an operator's register takes the place of all of it.
func TestOwn(t *testing.T) {
	g, err := open(t, register, "screening", "2026-11-22 12:00")
	if err != nil {
		t.Fatal(err)
	}
	const exempt = "communicable disease and other risks to public health (COPI regulation 3), under approval 26/CAG/0042, from 2026-11-01 to before 2026-12-01"
	if g.Exempt() != exempt || answers(g)[record.Wearable] != out {
		t.Errorf("%q, %v", g.Exempt(), answers(g))
	}
	if want := "purpose: screening: find who was missed by screening; legal basis: COPI regulation 3; exempt from the national data opt-out: " + exempt +
		"; local objection and Type 1 opt-out apply; PHR and wearables excluded; to be reviewed by 2027-01-01"; g.Terms() != want {
		t.Error(g.Terms())
	}
	for _, name := range []string{"research", "", "Screening"} {
		if _, err := open(t, register, name, "2026-11-22 12:00"); !errors.Is(err, purpose.ErrUnknown) || errors.Is(err, gate.ErrRefused) ||
			!strings.HasSuffix(err.Error(), "which has planning, screening") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestDays holds that an exemption holds from its first day to before its last in
// London, a purpose to before its review, and another's days are its own.
func TestDays(t *testing.T) {
	for _, tc := range []struct{ name, now, want string }{
		{"screening", "2026-10-31 23:59", ":20: purposes[1].exemption.valid_from: the approval does not hold yet; next: "},
		{"screening", "2026-11-01 00:00", ""},
		{"screening", "2026-11-30 23:59", ""},
		{"screening", "2026-12-01 00:00", ":21: purposes[1].exemption.valid_to: the approval has expired; next: "},
		{"planning", "2026-12-31 23:59", ""},
		{"planning", "2027-01-01 00:00", ":12: purposes[0].review_by: stale: "},
		{"screening", "2027-01-01 00:00", ":25: purposes[1].review_by: stale: "},
	} {
		g, err := open(t, register, tc.name, tc.now)
		if tc.want == "" && err == nil {
			continue
		}
		if g != nil || !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "purposes.yaml"+tc.want) || tc.want == "" {
			t.Errorf("%s on %s: %v", tc.name, tc.now, err)
		}
	}
}

// TestUntil holds that a purpose holds until its review, or its exemption's end
// where that is sooner, and that this is told when it has passed as well.
func TestUntil(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purposes.yaml")
	if err := os.WriteFile(path, []byte(register), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"planning": "2027-01-01 00:00", "screening": "2026-12-01 00:00"} {
		until, err := purpose.Until(purpose.Config{File: path, Purpose: name, Now: on("2030-01-01 00:00")})
		if err != nil || !until.Equal(on(want)) {
			t.Errorf("%s: until %v, error %v", name, until, err)
		}
	}
	if _, err := purpose.Until(purpose.Config{File: path, Purpose: "research"}); !errors.Is(err, purpose.ErrUnknown) {
		t.Errorf("one that is not there: %v", err)
	}
}

// planted is what no error may repeat.
const planted = "9990000018 Featherstone"

// TestRefused gives registers with one thing wrong, for whichever purpose.
func TestRefused(t *testing.T) {
	for _, tc := range []struct{ from, to, want string }{
		{register, "", ": empty"},
		{register, "# nothing\n", ": empty"},
		{register, "#list name=objection\nnhs_number\n" + planted + "\n", ":2: a value of the wrong kind"},
		{register, planted + ": x\n", ":1: "},
		{register, "9990000018: x\n", ":1: a key that is no word"},
		{"name: purpose", "name: " + planted, ":1: name: foreign"},
		{"name: purpose\n", "", ":1: name: foreign"},
		{"record: one-health-and-care", "record: elsewhere", ":3: record: foreign"},
		{`version: "3"`, `version: " "`, ":2: version: "},
		{`version: "3"`, `version: "a\nb"`, ":2: version: "},
		{register[strings.Index(register, "purposes:"):], "purposes: []\n", ":4: purposes: empty"},
		{"what: plan services", planted + ": x", ":6: an unknown key"},
		{"what: plan services", "wat: plan services", ":6: an unknown key"},
		{"what: plan services", "what: plan services\n    what: more", ":7: not YAML, or a key that is there twice"},
		{"what: plan services", "what: &x plan services", ":6: a key that is no word, an anchor or an alias"},
		{"what: plan services", "what: !0 # nothing", ":6: a key that is no word"},
		{"what: plan services", "what: [plan]", ":6: a value of the wrong kind"},
		{"    what: plan services\n", "", ":5: purposes[0].what: missing"},
		{"what: plan services", `what: "` + strings.Repeat("x", 301) + `"`, ":6: purposes[0].what: "},
		{"    legal_basis: article 6(1)(e)\n", "", ":5: purposes[0].legal_basis: missing"},
		{"article 6(1)(e)", `" "`, ":7: purposes[0].legal_basis: missing"},
		{"name: planning", "name: screening", ":13: purposes[1].name: another purpose"},
		{"name: planning", "name: " + planted, ":5: purposes[0].name: not a word"},
		{"name: planning", "name: base", ":5: purposes[0].name: not a word"},
		{"    local_objection: applies\n", "", ":5: purposes[0].local_objection: missing, or switched off"},
		{"local_objection: applies", "local_objection: exempt", ":9: purposes[0].local_objection: missing, or switched off"},
		{"type_1_opt_out: applies", "type_1_opt_out: " + planted, ":10: purposes[0].type_1_opt_out: missing, or switched off"},
		{"    phr_and_wearables: allowed\n", "", ":5: purposes[0].phr_and_wearables: neither"},
		{"phr_and_wearables: allowed", "phr_and_wearables: true", ":11: purposes[0].phr_and_wearables: neither"},
		{"review_by: 2027-01-01", "review_by: 2027-02-30", ":12: purposes[0].review_by: not a date"},
		{"    review_by: 2027-01-01\n  - ", "  - ", ":5: purposes[0].review_by: not a date"},
		{"national_data_opt_out: applies", "national_data_opt_out: exempt", ":5: purposes[0].exemption: missing"},
		{"    national_data_opt_out: applies\n", "", ":5: purposes[0].national_data_opt_out: neither"},
		{"national_data_opt_out: exempt", "national_data_opt_out: applies", ":18: purposes[1].exemption: there is one"},
		{"kind: public-health", "kind: individual-care", ":18: purposes[1].exemption.kind: no kind"},
		{"kind: public-health", "kind: " + planted, ":18: purposes[1].exemption.kind: no kind"},
		{"      approval: 26/CAG/0042\n", "", ":18: purposes[1].exemption.approval: missing"},
		{"valid_from: 2026-11-01", "valid_from: 01/11/2026", ":20: purposes[1].exemption.valid_from: not a date"},
		{"      valid_to: 2026-12-01\n", "", ":18: purposes[1].exemption.valid_to: not a date"},
		{"valid_to: 2026-12-01", "valid_to: 2026-11-01", ":21: purposes[1].exemption.valid_to: not after valid_from"},
	} {
		if !strings.Contains(register, tc.from) {
			t.Fatalf("the register does not hold %q", tc.from)
		}
		text := strings.Replace(register, tc.from, tc.to, 1)
		for _, name := range []string{"planning", "screening"} {
			g, err := open(t, text, name, "2026-11-22 12:00")
			if g != nil || !errors.Is(err, gate.ErrRefused) {
				t.Fatalf("%.40q for %.40q: got %v, %v", tc.to, tc.from, g, err)
			}
			if said := err.Error(); !strings.Contains(said, "purposes.yaml"+tc.want) || !strings.Contains(said, "; next: ") {
				t.Errorf("%.40q for %.40q: %s; want %q", tc.to, tc.from, said, tc.want)
			}
			if said := err.Error(); strings.Contains(said, "9990000018") || strings.Contains(said, "Featherstone") {
				t.Errorf("%.40q: it tells: %s", tc.to, said)
			}
		}
	}
	if _, err := purpose.Open(purpose.Config{File: filepath.Join(t.TempDir(), "none.yaml"), Purpose: "planning"}); !errors.Is(err, gate.ErrRefused) {
		t.Errorf("missing: %v", err)
	}
}

// FuzzRegister holds that whatever stands in a register, a purpose that opens
// honours the opt-out or has an approval that holds, and honours the objections.
func FuzzRegister(f *testing.F) {
	f.Add(register, "screening")
	f.Add(strings.Replace(register, "applies", "exempt", 1), "planning")
	f.Add("purposes: [{name: planning}]", "planning")
	f.Fuzz(func(t *testing.T, text, name string) {
		g, err := open(t, text, name, "2026-11-22 12:00")
		switch {
		case err != nil:
			if g != nil || !errors.Is(err, gate.ErrRefused) && !errors.Is(err, purpose.ErrUnknown) {
				t.Errorf("got %v, %v", g, err)
			}
		case (g.Exempt() == "") != strings.Contains(g.Terms(), "; national data opt-out applies; "),
			g.Exempt() != "" && !strings.Contains(g.Exempt(), ", under approval "),
			!strings.Contains(g.Terms(), "; local objection and Type 1 opt-out apply; "), strings.ContainsAny(g.Terms(), "\r\n"):
			t.Errorf("%q", g.Terms())
		}
	})
}
