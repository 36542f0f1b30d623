package sensitive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/sensitive"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

var reviewed = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func builtIn(t testing.TB) *sensitive.Gate {
	t.Helper()
	g, err := sensitive.Open(sensitive.Config{Now: reviewed})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// judge is what a gate says of a record with one code.
func judge(g *sensitive.Gate, system term.System, code string) gate.Reason {
	h := &record.Head{Codings: []record.Coding{{System: term.SNOMED, Code: "44054006"}, {System: system, Code: term.Code(code)}}}
	return g.Record(record.Feed{Kind: record.Shared}, h, identity.Number{})
}

// TestBuiltInPolicy goes through what the default must keep out, in the
// spellings that feeds use, and what it must not.
func TestBuiltInPolicy(t *testing.T) {
	g := builtIn(t)
	out := map[term.System][]string{
		term.ICD10:             {"B24", "B20.1", "b201", "A54.0", "Z21X", "F02.4", "N97", "N97.1", "N971", "Z31.2", "F64.0", "O04.9", "O987", "N34.1"},
		term.OPCS4:             {"Q13.1", "Q131", "Q21.1", "Y96.1", "X15.2", "Q14", "R03.1", "N34.1"},
		term.SNOMED:            {"86406008", "15628003", "76272004", "63487001", "52637005", "93461009", "407376001", "386639001", "129483007"},
		term.DMD:               {"30466001", "129483007", "86406008"},
		term.Read2:             {"A788.", "A7881", "A788.00", "A788100", "9kl..11", "K5B..00", "Eu64.", "L05..", "A980."},
		term.CTV3:              {"A788.", "XaFuL", "X70M6", "L05..", "Xa36H", "K5B.."},
		term.LOINC:             {"56888-1"},
		term.TreatmentFunction: {"360", "504"},
		term.MainSpecialty:     {"360"},
		term.ResourceGroup:     {"MC01Z", "mc12b"},
		term.Label:             {"HIV", "std"},
		term.Other:             {"86406008"},
		"":                     {"86406008"},
	}
	for system, codes := range out {
		for _, c := range codes {
			if got := judge(g, system, c); got != gate.SensitiveCode {
				t.Errorf("%s %s: %v", system, c, got)
			}
		}
	}
	in := map[term.System][]string{
		term.ICD10:             {"N96", "O03.9", "I10", "A49", "Z300", "N34", "B2", "", "E11.9"},
		term.OPCS4:             {"Q10.1", "Q11", "Q21.2", "X14"},
		term.SNOMED:            {"44054006", "864060081", "8640600", "17369002", "B24"},
		term.DMD:               {"43684009"}, // misoprostol protects the stomach, too
		term.Read2:             {"C10F.", "a788.", "A78..", "H33..", "L04.."},
		term.CTV3:              {"xafuL", "X70M7"},
		term.LOINC:             {"8480-6"},
		term.TreatmentFunction: {"3600", "36", "350", "502"},
		term.MainSpecialty:     {"350"},
		term.ResourceGroup:     {"MA01Z", "M"},
		term.Label:             {"N", "HIVE"},
		term.Place:             {"RJE", "MC01"},
		term.Other:             {"360", "B24", "A788."},
		"rxnorm":               {"86406008"},
	}
	for system, codes := range in {
		for _, c := range codes {
			if got := judge(g, system, c); got != gate.Kept {
				t.Errorf("%s %s: %v: %v", system, c, got, g.Explain(system, term.Code(c)))
			}
		}
	}
}

func TestFlaggedRecord(t *testing.T) {
	g := builtIn(t)
	if got := g.Record(record.Feed{Kind: record.PHR}, &record.Head{Restricted: true}, identity.Number{}); got != gate.Confidential {
		t.Errorf("got %v", got)
	}
	if got := g.Record(record.Feed{Kind: record.PHR}, &record.Head{}, identity.Number{}); got != gate.Kept {
		t.Errorf("got %v", got)
	}
}

// TestBuiltInPolicyGoesStale is that a default which nobody has looked at for
// two years stops the run.
func TestBuiltInPolicyGoesStale(t *testing.T) {
	for days, ok := range map[int]bool{0: true, 729: true, 731: false, -1: false} {
		_, err := sensitive.Open(sensitive.Config{Now: reviewed.AddDate(0, 0, days)})
		if (err == nil) != ok || err != nil && !errors.Is(err, gate.ErrRefused) {
			t.Errorf("after %d days: %v", days, err)
		}
	}
}

// reference reads a code list that the policy was written from: the first
// column of every line that is neither a comment nor the header.
func reference(t *testing.T, name string, column int) []string {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "reference", "codelists", name))
	if err != nil {
		t.Skip("the reference code lists are not here")
	}
	var codes []string
	for i, line := range strings.Split(string(data), "\n") {
		f := strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == '\t' })
		if len(f) <= column || line[0] == '#' || i < 8 && (f[0] == "category" || f[0] == "tfc" || f[0] == "code") {
			continue
		}
		codes = append(codes, f[column])
	}
	return codes
}

// TestStarterLists holds the default to the lists that it must be complete to,
// where they are at hand. Only what they call conditional or a choice of policy
// is left out.
func TestStarterLists(t *testing.T) {
	g := builtIn(t)
	left := map[string]bool{"Q10": true, "Q11": true, "350": true}
	for name, l := range map[string]struct {
		system term.System
		column int
	}{
		"icd10_sensitive_starter.csv": {term.ICD10, 1},
		"opcs4_sensitive_starter.csv": {term.OPCS4, 1},
		"tfc_sensitive_starter.csv":   {term.TreatmentFunction, 0},
		"gmsde_hiv_readv2.tsv":        {term.Read2, 0},
		"gmsde_hiv_ctv3.tsv":          {term.CTV3, 0},
	} {
		codes := reference(t, name, l.column)
		if len(codes) < 2 {
			t.Errorf("%s: %d codes", name, len(codes))
		}
		for _, c := range codes {
			if (judge(g, l.system, c) == gate.Kept) != left[c] {
				t.Errorf("%s: %s: %v", name, c, g.Explain(l.system, term.Code(c)))
			}
		}
	}
}

// TestMedicinesFromTheOperator adds the list of legally sensitive medicines of
// NHS England, where it is at hand, as an operator would.
func TestMedicinesFromTheOperator(t *testing.T) {
	const name = "nhse_epma_legally_sensitive_dmd.csv"
	codes := reference(t, name, 0)
	file := filepath.Join("..", "..", "..", "..", "shared", "reference", "codelists", name)
	g, err := sensitive.Open(sensitive.Config{Now: reviewed, Members: []sensitive.Members{
		{File: file, Format: sensitive.Codes, System: term.DMD, Category: "restricted"}}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(g.Describe(), name+", 2008 codes, sha256 ") || len(codes) != 2008 {
		t.Errorf("%d codes: %s", len(codes), g.Describe())
	}
	for _, c := range codes {
		if judge(g, term.DMD, c) != gate.SensitiveCode || judge(g, term.SNOMED, c) != gate.SensitiveCode {
			t.Errorf("%s is kept", c)
		}
	}
}

// TestPolicyRefusals holds each way a policy can be wrong to its place and its
// reason.
func TestPolicyRefusals(t *testing.T) {
	rule := `{category: fertility, systems: [icd10], match: prefix, reason: infertility, statute: none, source: test, codes: ["N97", "N46"]}`
	for _, tc := range []struct{ name, old, new, want string }{
		{"unknown key", "polarity:", "planted: x\npolarity:", ":4: an unknown key"},
		{"unknown key in a rule", "match: prefix", "match: prefix, planted: x", ":9: an unknown key"},
		{"number as a key", "polarity:", "9990000018: x\npolarity:", ":4: a key that is no word"},
		{"key twice", "polarity:", "record: planted\npolarity:", ":4: not YAML, or a key that is there twice"},
		{"alias", "version: \"7\"", "version: &a planted", ":2: a key that is no word, an anchor or an alias"},
		{"not yaml", "rules:", "rules: [planted", ":8: not YAML"},
		{"not a mapping", gatetest.Policy, "- planted\n", ":1: a value of the wrong kind"},
		{"two documents", gatetest.Policy, gatetest.Policy + "---\nname: planted\n", ": empty, or more than one document"},
		{"only comments", gatetest.Policy, "# planted\n", ": empty"},
		{"code without quotes", `"N97"`, "360", ":9: a code that is not in quotes"},
		{"text for a number", "min_rules: 3", "min_rules: planted", ":7: a value of the wrong kind"},
		{"no version", `version: "7"`, `version: ""`, "version: missing"},
		{"date", "2026-11-01", "planted", "reviewed: not a date"},
		{"days", "365d", "365", "valid_for: not a number of days"},
		{"negative days", "365d", "-1d", "valid_for: not a number of days"},
		{"category", "fertility", "planted", "rules[0]: category is none of"},
		{"no reason", "reason: infertility", `reason: ""`, "rules[0]: reason, statute or source is missing"},
		{"no source", ", source: test, codes: [\"N97\"", ", codes: [\"N97\"", "rules[0]: reason, statute or source is missing"},
		{"match", "match: exact", "match: planted", "rules[1]: match is none of exact, prefix, descendants"},
		{"descendants of a classification", "match: prefix", "match: descendants", "rules[0]: only concepts"},
		{"descendants without relationships", "match: exact", "match: descendants", "rules[1]: it matches by descendants, and no file of relationships is given"},
		{"no purposes", "purposes: [planning, research]\n", "", "purposes: missing: the policy does not say"},
		{"another purpose", "[planning, research]", "[research]", "purposes: the purpose of the run is none of them"},
		{"a purpose twice", "[planning, research]", "[planning, planning]", "purposes: a purpose is no word"},
		{"purposes in words", "[planning, research]", "[planning, planted purposes]", "purposes: a purpose is no word"},
		{"action", "reason: infertility", "action: planted, reason: infertility", "rules[0]: action is none of keep, delink, drop, drop_person"},
		{"action that is a number", "reason: infertility", "action: 4, reason: infertility", ":9: an action that is no word"},
		{"action that is a list", "reason: infertility", "action: [drop], reason: infertility", ":9: an action that is no word"},
		{"action without a purpose", "reason: infertility", "action: {planning: drop}, reason: infertility", "rules[0]: action does not name each purpose"},
		{"action for another purpose", "reason: infertility", "action: {planning: drop, planted: drop}, reason: infertility", "rules[0]: action does not name each purpose"},
		{"action of a list of lists", "reason: infertility", "action: {planning: drop, research: [keep]}, reason: infertility", ":9: an action that is no word"},
		{"keep for everything", "reason: infertility", "action: keep, reason: infertility", "rules[0]: action keep is for a purpose"},
		{"refset without members", "\nrules:", "\n" + `refsets: [{id: "999004351000000109", category: fertility, reason: r, statute: s, source: o}]` + "\nrules:", "refsets[0]: missing or empty: no list has an active member of it"},
		{"refset that is excused", "\nrules:", "\n" + `refsets: [{id: "999004351000000109", category: fertility, reason: r, statute: s, source: o, not_supplied: planted}]` + "\nrules:", "refsets[0].not_supplied: only of the built-in policy"},
		{"specialty", "systems: [icd10], match: prefix", "systems: [main-specialty], match: exact", "rules[0]: codes[0] is no code"},
		{"system", "snomed", "planted", "rules[1]: systems names"},
		{"no system", "[snomed]", "[]", "rules[1]: systems or codes is empty"},
		{"no codes", `["86406008"]`, "[]", "rules[1]: systems or codes is empty"},
		{"prefix of an identifier", "systems: [snomed], match: exact", "systems: [snomed], match: prefix", "rules[1]: a prefix means nothing"},
		{"rounded identifier", "86406008", "86406000", "rules[1]: codes[0] is no code"},
		{"sentence for a code", `"N46"`, `"planted words"`, "rules[0]: codes[1] is no code"},
		{"prefix of one letter", `"N46"`, `"N"`, "rules[0]: codes[1] is no code"},
		{"refset", "\nrules:", "\n" + `refsets: [{id: "999004351000000100", category: fertility, reason: r, statute: s, source: o}]` + "\nrules:", "refsets[0]: id is no SNOMED"},
		{"min_rules", "min_rules: 3", "min_rules: 0", "rules: empty: no codes, or no min_rules"},
		{"cut off", "  - " + rule + "\n", "", "rules: short: 1 codes, and min_rules is 3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := gatetest.New(t, 10)
			f.Replace("sensitive.yaml", tc.old, tc.new)
			g, err := f.Sensitive()
			if g != nil || !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "sensitive.yaml"+tc.want) && !strings.Contains(err.Error(), "sensitive.yaml: "+tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if err != nil && (strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), "9990000018")) {
				t.Errorf("%q holds what is in the file", err)
			}
		})
	}
}

func BenchmarkRecord(b *testing.B) {
	g := builtIn(b)
	h := &record.Head{Codings: []record.Coding{{System: term.SNOMED, Code: "271649006"}, {System: term.SNOMED, Code: "44054006"}, {System: term.ICD10, Code: "I25.1"}, {System: term.Read2, Code: "2469."}}}
	for b.Loop() {
		g.Record(record.Feed{}, h, identity.Number{})
	}
}
