package sensitive_test

import (
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/sensitive"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// policy opens a policy of the given rules for a purpose.
func policy(t *testing.T, purpose, rules string) *sensitive.Gate {
	t.Helper()
	f := gatetest.New(t, 10)
	head, _, _ := strings.Cut(gatetest.Policy, "rules:\n")
	f.Write("sensitive.yaml", strings.Replace(head, "min_rules: 3", "min_rules: 1", 1)+"rules:\n"+rules+"purposes: [planning, research]\n")
	g, err := sensitive.Open(sensitive.Config{Policy: f.Path("sensitive.yaml"), Purpose: purpose, Now: gatetest.Now})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// rule is a rule of a made-up policy.
func rule(system, match, action, code string) string {
	return "  - {category: fertility, systems: [" + system + "], match: " + match + ", action: " + action +
		", reason: " + strings.NewReplacer("{", "", "}", "", ":", "", ",", "").Replace(action) + `, statute: none, source: test, codes: ["` + code + "\"]}\n"
}

// TestActionByPurpose is that a policy can keep for one purpose what it drops
// for another, by saying so.
func TestActionByPurpose(t *testing.T) {
	rules := rule("icd10", "prefix", "{planning: keep, research: drop}", "N97") + rule("icd10", "prefix", "drop", "A50")
	for purpose, want := range map[string][2]gate.Reason{"planning": {gate.Kept, gate.SensitiveCode}, "research": {gate.SensitiveCode, gate.SensitiveCode}} {
		g := policy(t, purpose, rules)
		if got := [2]gate.Reason{judge(g, term.ICD10, "N97.1"), judge(g, term.ICD10, "A50")}; got != want {
			t.Errorf("%s: %v, want %v", purpose, got, want)
		}
		if !strings.Contains(g.Describe(), ", for "+purpose+", ") {
			t.Error(g.Describe())
		}
	}
}

// TestStrictestActionHolds is that of rules that name one code, or several codes
// of one record, the strictest decides, in whatever order they stand.
func TestStrictestActionHolds(t *testing.T) {
	kept, dropped := rule("icd10", "exact", "{planning: keep, research: keep}", "N97.1"), rule("icd10", "prefix", "drop", "N97")
	for _, rules := range []string{kept + dropped, dropped + kept} {
		if got := judge(policy(t, "planning", rules), term.ICD10, "N97.1"); got != gate.SensitiveCode {
			t.Errorf("one code: %v", got)
		}
	}
	g := policy(t, "planning", rule("icd10", "exact", "{planning: keep, research: keep}", "N97.1")+rule("icd10", "prefix", "drop", "A50"))
	for _, codes := range [][]record.Coding{
		{{System: term.ICD10, Code: "N97.1"}, {System: term.ICD10, Code: "A50"}},
		{{System: term.ICD10, Code: "A50"}, {System: term.ICD10, Code: "N97.1"}},
	} {
		if got := g.Record(record.Feed{}, &record.Head{Codings: codes}, identity.Number{}); got != gate.SensitiveCode {
			t.Errorf("one record: %v", got)
		}
	}
}

// TestDropPerson is that a rule can take out the person, however it names the
// record, and that neither a milder rule nor a flag beside it makes less of that.
func TestDropPerson(t *testing.T) {
	g := policy(t, "planning", rule("icd10", "prefix", "drop_person", "N97")+rule("icd10", "exact", "drop", "N97.1")+
		rule("ods", "exact", "{planning: drop_person, research: drop}", "RXWAS"))
	for name, h := range map[string]record.Head{
		"one code":         {Codings: []record.Coding{{System: term.ICD10, Code: "N97.1"}}},
		"and a milder one": {Codings: []record.Coding{{System: term.ICD10, Code: "N97.1"}, {System: term.ICD10, Code: "I10"}}},
		"and a flag":       {Restricted: true, Codings: []record.Coding{{System: term.ICD10, Code: "N97.2"}}},
		"whose data":       {Organisation: "RXWAS"},
	} {
		if got := g.Record(record.Feed{}, &h, identity.Number{}); got != gate.SensitivePerson {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestPlaces is that an organisation or a site discloses as a code does: by
// whose data a record is, by whose feed it came, and by where it took place.
func TestPlaces(t *testing.T) {
	g := policy(t, "planning", rule("ods", "exact", "drop", "RXWAS")+rule("ods", "prefix", "drop", "RJ7"))
	for _, tc := range []struct {
		name string
		feed record.Feed
		head record.Head
		want gate.Reason
	}{
		{"site", record.Feed{}, record.Head{Organisation: "RXW", Codings: []record.Coding{{System: term.Place, Code: "RXWAS"}}}, gate.SensitiveCode},
		{"whose data", record.Feed{}, record.Head{Organisation: "RJ701"}, gate.SensitiveCode},
		{"whose feed", record.Feed{Organisation: "RJ7"}, record.Head{}, gate.SensitiveCode},
		{"a record that says whose it is, in that feed", record.Feed{Organisation: "RJ7"}, record.Head{Organisation: "RXW"}, gate.Kept},
		{"another site", record.Feed{}, record.Head{Organisation: "RXW", Codings: []record.Coding{{System: term.Place, Code: "RXWAT"}}}, gate.Kept},
		{"the same letters as another code", record.Feed{}, record.Head{Codings: []record.Coding{{System: term.Other, Code: "RXWAS"}}}, gate.Kept},
	} {
		if got := g.Record(tc.feed, &tc.head, identity.Number{}); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestExplain is what an information governance lead reads of a code.
func TestExplain(t *testing.T) {
	g := policy(t, "planning", rule("icd10", "prefix", "{planning: keep, research: drop}", "N97")+rule("icd10", "exact", "drop", "N97.1"))
	for code, want := range map[term.Code]string{
		"n97.1": "drop drop; rules[0] of the sensitive.yaml it begins with N97 keep drop; rules[1] of the sensitive.yaml it is listed drop drop",
		"N97.2": "keep drop; rules[0] of the sensitive.yaml it begins with N97 keep drop",
		"I10":   "keep keep",
	} {
		found := g.Explain(term.ICD10, code)
		if len(found) != 1 || !slices.Equal(found[0].Purposes, []string{"planning", "research"}) {
			t.Fatal(found)
		}
		got := []string{strings.Join(found[0].Actions, " ")}
		for _, w := range found[0].Grounds {
			got = append(got, w.Rule+" "+w.How+" "+strings.Join(w.Actions, " "))
			if w.Category != "fertility" || w.Statute != "none" || w.Source != "test" || w.Reason == "" {
				t.Error(w)
			}
		}
		slices.Sort(got[1:])
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: %q, want %q", code, strings.Join(got, "; "), want)
		}
	}
	for code, want := range map[term.Code]string{
		"N34.1": "icd10 opcs4", "360": "treatment-function main-specialty ods", "A788.": "read2 ctv3", "22298006": "snomed",
		"no code": "", "22298000": "", "x": "",
	} {
		var got []string
		for _, f := range builtIn(t).Explain("", code) {
			got = append(got, string(f.System))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", code, strings.Join(got, " "), want)
		}
	}
}
