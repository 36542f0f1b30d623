package gatetest

import (
	"errors"
	"os"
	"strings"
	"testing"

	"secondaryuse/deid/gate"
)

// describer is what every opened gate is.
type describer interface{ Describe() string }

// opened turns a gate that did not open into a nil interface.
func opened[G any, P interface {
	*G
	describer
}](g P, err error) (describer, error) {
	if g == nil {
		return nil, err
	}
	return g, err
}

// gates are all gates there are, by name.
var gates = map[string]func(f *Folder) (describer, error){
	"optout":     func(f *Folder) (describer, error) { return opened(f.OptOut()) },
	"objection":  func(f *Folder) (describer, error) { return opened(f.Objection()) },
	"connection": func(f *Folder) (describer, error) { return opened(f.Connection()) },
	"agreement":  func(f *Folder) (describer, error) { return opened(f.Agreement()) },
	"sensitive":  func(f *Folder) (describer, error) { return opened(f.Sensitive()) },
}

// fault spoils one file of a folder.
type fault struct {
	gate, fault string
	file        string
	spoil       func(f *Folder)
	says        string // what the refusal must say
}

func remove(file string) func(f *Folder) {
	return func(f *Folder) { os.Remove(f.Path(file)) }
}

func replace(file, old, new string) func(f *Folder) {
	return func(f *Folder) { f.Replace(file, old, new) }
}

func write(file, content string) func(f *Folder) {
	return func(f *Folder) { f.Write(file, content) }
}

// lists are the faults of a gate that stands on one of our own lists.
func lists(name, file, polarity, other string) []fault {
	return []fault{
		{name, "missing", file, remove(file), "missing"},
		{name, "missing: a folder in its place", file, func(f *Folder) { remove(file)(f); os.Mkdir(f.Path(file), 0o700) }, "regular file"},
		{name, "stale", file, replace(file, Issued, "2025-01-01T06:00:00Z"), "stale"},
		{name, "stale: issued tomorrow", file, replace(file, Issued, "2026-11-21T06:00:00Z"), "future"},
		{name, "empty", file, write(file, ""), "empty"},
		{name, "empty: no rows", file, write(file, List(name, polarity, Issued, "a")), "empty"},
		{name, "short", file, replace(file, "rows=2", "rows=3"), "short"},
		{name, "short: long", file, replace(file, "rows=2", "rows=1"), "long"},
		{name, "short: cut off", file, cut(file, 7), "cut off"},
		{name, "foreign: other list", file, replace(file, "name="+name, "name="+other), "foreign: it is the " + other + " list"},
		{name, "foreign: unknown list", file, replace(file, "name="+name, "name=9991000009"), "foreign"},
		{name, "foreign: other record", file, replace(file, "record=one-health-and-care", "record=elsewhere"), "foreign"},
		{name, "foreign: no list at all", file, write(file, "one,two\n"), "#list"},
		{name, "wrong polarity", file, replace(file, "polarity="+polarity, "polarity="+map[string]string{"allow": "deny", "deny": "allow"}[polarity]), "wrong polarity"},
		{name, "other version", file, replace(file, "version=1", "version=2"), "version"},
	}
}

func cut(file string, bytes int) func(f *Folder) {
	return func(f *Folder) {
		data, _ := os.ReadFile(f.Path(file))
		f.Write(file, string(data[:len(data)-bytes]))
	}
}

// reply makes a reply of some of the people.
func reply(from, to int) func(f *Folder) {
	return func(f *Folder) { f.Write("optout.dat", strings.Join(f.People[from:to], ",\n")+",\n") }
}

// matrix is every gate by every fault.
func matrix() []fault {
	all := []fault{
		{"optout", "missing: request", "optout-request.dat", remove("optout-request.dat"), "missing"},
		{"optout", "missing: reply", "optout.dat", remove("optout.dat"), "missing"},
		{"optout", "missing: control", "optout.ctl", remove("optout.ctl"), "missing"},
		{"optout", "stale", "optout.ctl", replace("optout.ctl", "20261120060000", "20261030060000"), "stale"},
		{"optout", "stale: issued tomorrow", "optout.ctl", replace("optout.ctl", "20261120060000", "20261121060000"), "future"},
		{"optout", "empty: reply", "optout.dat", write("optout.dat", ""), "empty"},
		{"optout", "empty: request", "optout-request.dat", write("optout-request.dat", ""), "empty"},
		{"optout", "empty: control", "optout.ctl", write("optout.ctl", ""), "empty"},
		{"optout", "short", "optout.dat", reply(0, 28), "short: only 70 in 100"},
		{"optout", "short: cut off", "optout.dat", cut("optout.dat", 3), "cut off"},
		{"optout", "foreign: number not sent", "optout.dat", func(f *Folder) { f.Write("optout.dat", strings.Join(f.People, ",\n")+",\n"+Number(40)+",\n") }, "foreign"},
		{"optout", "foreign: other workflow", "optout.ctl", replace("optout.ctl", "SPINE_NTT_UPHOLDING", "SPINE_OTHER"), "foreign"},
		{"optout", "foreign: a list of ours", "optout.dat", write("optout.dat", List("objection", "deny", Issued, "x")), "another kind"},
		{"optout", "wrong polarity", "optout.dat", reply(0, 4), "wrong polarity: only 10 in 100"},
		{"sensitive", "missing", "sensitive.yaml", remove("sensitive.yaml"), "missing"},
		{"sensitive", "stale", "sensitive.yaml", replace("sensitive.yaml", "reviewed: 2026-11-01", "reviewed: 2025-11-01"), "stale"},
		{"sensitive", "stale: reviewed tomorrow", "sensitive.yaml", replace("sensitive.yaml", "reviewed: 2026-11-01", "reviewed: 2026-11-21"), "future"},
		{"sensitive", "empty", "sensitive.yaml", write("sensitive.yaml", ""), "empty"},
		{"sensitive", "empty: no rules", "sensitive.yaml", write("sensitive.yaml", strings.Split(Policy, "\nrules:")[0]+"\n"), "empty"},
		{"sensitive", "short", "sensitive.yaml", replace("sensitive.yaml", "min_rules: 3", "min_rules: 4"), "short"},
		{"sensitive", "foreign: other name", "sensitive.yaml", replace("sensitive.yaml", "name: sensitive", "name: smoking"), "foreign"},
		{"sensitive", "foreign: other record", "sensitive.yaml", replace("sensitive.yaml", "one-health-and-care", "elsewhere"), "foreign"},
		{"sensitive", "foreign: for other purposes", "sensitive.yaml", replace("sensitive.yaml", "[planning, research]", "[research]"), "purpose of the run"},
		{"sensitive", "missing: members of a reference set", "sensitive.yaml", replace("sensitive.yaml", "\nrules:", "\nrefsets: [{id: \"999004351000000109\", category: fertility, reason: r, statute: s, source: o}]\nrules:"), "missing or empty"},
		{"sensitive", "missing: what is below a concept", "sensitive.yaml", replace("sensitive.yaml", "match: exact", "match: descendants"), "no file of relationships"},
		{"sensitive", "foreign: a list of numbers", "sensitive.yaml", func(f *Folder) { f.Write("sensitive.yaml", strings.Join(f.People, ": x\n")+": x\n") }, "no word"},
		{"sensitive", "wrong polarity", "sensitive.yaml", replace("sensitive.yaml", "polarity: exclude", "polarity: include"), "wrong polarity"},
	}
	all = append(all, lists("objection", "objections.csv", "deny", "connection")...)
	all = append(all, lists("connection", "connections.csv", "allow", "agreement")...)
	return append(all, lists("agreement", "agreements.csv", "allow", "objection")...)
}

func TestEveryGateRefusesEveryFault(t *testing.T) {
	for _, m := range matrix() {
		t.Run(m.gate+"/"+m.fault, func(t *testing.T) {
			f := New(t, 40)
			m.spoil(f)
			g, err := gates[m.gate](f)
			if g != nil || !errors.Is(err, gate.ErrRefused) {
				t.Fatalf("got gate %v, error %v; want no gate and gate.ErrRefused", g, err)
			}
			for _, want := range []string{m.gate, m.file, m.says, "next: "} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if leak := f.Leak(err.Error()); leak != "" {
				t.Errorf("%q holds %s", err, leak)
			}
		})
	}
}

// TestMatrixIsWhole holds the table above to what it is for.
func TestMatrixIsWhole(t *testing.T) {
	for name := range gates {
		for _, want := range []string{"missing", "stale", "empty", "short", "foreign", "wrong polarity"} {
			found := false
			for _, m := range matrix() {
				found = found || m.gate == name && strings.HasPrefix(m.fault, want)
			}
			if !found {
				t.Errorf("%s is not tested for %s", name, want)
			}
		}
	}
}

func TestEveryGateOpensOnAGoodFolder(t *testing.T) {
	for name, open := range gates {
		if _, err := open(New(t, 40)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
