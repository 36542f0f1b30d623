package config

import (
	"strings"
	"testing"
)

// TestChange holds the limits of a sudden change: those that are ours, those that
// are written, and those that are none.
func TestChange(t *testing.T) {
	c, err := Load(write(t, good))
	if err != nil || *c.Change.Relative != 0.25 || *c.Change.Points != 0.2 || *c.Change.Fewest != 1000 || *c.Change.Least != 100_000 || c.Change.Off != "" {
		t.Errorf("%+v %v", c.Change, err)
	}
	c, err = Load(write(t, good+"change: {relative: 0, points: 1.5, fewest: 1, least: 20000}\n"))
	if err != nil || *c.Change.Relative != 0 || *c.Change.Points != 1.5 || *c.Change.Fewest != 1 || *c.Change.Least != 20_000 {
		t.Errorf("%+v %v", c.Change, err)
	}
	c, err = Load(write(t, good+"change: {off: \"a  pilot \"}\n"))
	if err != nil || c.Change.Off != "a pilot" {
		t.Errorf("%+v %v", c.Change, err)
	}
	for text, want := range map[string]string{
		"{relative: -1}": "change.relative: not from 0 to 100", "{points: 101}": "change.points: not from 0 to 100", "{fewest: 0}": "change.fewest: not 1 or more",
		"{least: 0}": "change.least: not 1 or more", "{share: 1}": "change",
	} {
		if _, err := Load(write(t, good+"change: "+text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestDigest holds that the digest is that of the file's bytes.
func TestDigest(t *testing.T) {
	one, err1 := Load(write(t, good))
	same, err2 := Load(write(t, good))
	other, err3 := Load(write(t, good+"# a word\n"))
	if err1 != nil || err2 != nil || err3 != nil || len(one.Digest()) != 64 || one.Digest() != same.Digest() || one.Digest() == other.Digest() {
		t.Errorf("%s %s %s %v %v %v", one.Digest(), same.Digest(), other.Digest(), err1, err2, err3)
	}
}
