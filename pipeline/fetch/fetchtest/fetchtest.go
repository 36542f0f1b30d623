// Package fetchtest is the suite that every Fetcher passes: what package fetch
// promises, checked against a system that the test has in its hands. What only
// one kind of system can do (a token that ends, a row without a version) is
// tested beside its fetcher.
package fetchtest

import (
	"testing"

	"secondaryuse/pipeline/fetch"
)

// Fixture is a system that holds data, in the hands of the suite. It begins
// with something in it.
type Fixture struct {
	// New makes a Fetcher of the system, as a new process would. It must not
	// sleep for real.
	New func() fetch.Fetcher
	// Change lets the system hold something that is new.
	Change func()
	// All is the lines, in any order, that a delivery of everything holds;
	// Changed those of a delivery of what the last Change has changed.
	All, Changed func() []string
	// Lines reads the lines of a delivery; nil means those of all files whose
	// names do not begin with a dot, in the folder and those below.
	Lines func(dir string) ([]string, error)
	// Faults are ways in which the system fails.
	Faults []Fault
	// Secrets must not be in anything that is told: credentials of the system,
	// and values that stand in the data. Give some of both.
	Secrets []string
}

// Fault is a way in which the system fails. Break makes it fail until mend is
// called. A Fetch meanwhile returns an error; it must not find nothing new.
type Fault struct {
	Name  string
	Break func() (mend func())
}

// Run checks every promise, each against a system of its own that open makes.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			b := &bench{Fixture: open(t), temp: t.TempDir}
			if err := b.whole(); err != nil {
				t.Fatal(err)
			}
			if err := p.hold(b); err != nil {
				t.Error(err)
			}
		})
	}
}

// promises are what is checked. Each is an error where it is broken.
var promises = []struct {
	name string
	hold func(*bench) error
}{
	{"a delivery of everything", fresh},
	{"nothing new", nothing},
	{"what has changed", incremental},
	{"changes one after another", chain},
	{"everything anew", anew},
	{"the same again until it is published", again},
	{"a plan takes nothing", planned},
	{"cut off anywhere", cutOff},
	{"cut off anywhere in what has changed", cutOffLater},
	{"told to stop before it begins", stopped},
	{"the system fails", failing},
	{"done twice", doneTwice},
}
