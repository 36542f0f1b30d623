package main

import "testing"

// TestKillWhileReadingAgain kills the real command, and has the disk fail, in both
// rounds of a delta that reads again what was landed on the nights before.
func TestKillWhileReadingAgain(t *testing.T) {
	t.Parallel()
	v := newEve(t)
	for _, b := range []blow{
		{path: brought + "0000001/Encounter.ndjson", calls: opens, nth: "1"},
		{path: brought + "0000002/Observation.1.ndjson", calls: "read", nth: "1"},
		{path: brought + "0000001/Observation.ndjson", calls: "pread64", nth: "1"}, // nothing but what picks records reads by offset
		{path: brought + "0000001/Encounter.ndjson", calls: "pread64", nth: "1"},
		{path: brought + "0000002/Observation.1.ndjson", calls: "pread64", nth: "1"},
	} {
		v.strikes(b, "signal=KILL")
		v.strikes(b, "error=EIO")
	}
}

// The landing of the feed that the night brings something of. Delivery 3 is the
// night's.
const brought = "work/landing/ohc/"

// TestKillWhileLanding kills the real command, and has the disk fail, at each of
// the calls by which what was fetched becomes a delivery, the delivery is taken
// down as published, and the system is told of it. A system that could not be told
// ends no run.
func TestKillWhileLanding(t *testing.T) {
	t.Parallel()
	v := newEve(t)
	for _, b := range []blow{
		{path: brought + "next", calls: "mkdir,mkdirat", nth: "1"},
		{path: brought + "next/.since", calls: opens, nth: "1"},
		{path: brought + "next/.since", calls: unlinks, nth: "1"},
		{path: brought + "next/.delivery.json.tmp", calls: opens, nth: "1"},
		{path: brought + "next/.delivery.json.tmp", calls: "write", nth: "1"},
		{path: brought + "next/.delivery.json.tmp", calls: syncs, nth: "1"},
		{path: brought + "next/.delivery.json", calls: renames, nth: "1"},
		{path: brought + "0000003", calls: renames, nth: "1"},
		{path: "work/landing/ohc", calls: syncs, nth: "1"},
		{path: brought + "published.tmp", calls: opens, nth: "1", published: true},
		{path: brought + "published.tmp", calls: syncs, nth: "1", published: true},
		{path: brought + "published", calls: renames, nth: "1", published: true},
		{path: brought + "0000003/.done.tmp", calls: opens, nth: "1", published: true, well: true},
		{path: brought + "0000003/.done.tmp", calls: syncs, nth: "1", published: true, well: true},
		{path: brought + "0000003/.done", calls: renames, nth: "1", published: true, well: true},
		{path: brought + "0000003", calls: syncs, nth: "1", published: true, well: true},
	} {
		v.strikes(b, "signal=KILL")
		v.strikes(b, "error=EIO")
	}
}

// TestKillWhileReplacing does so while the deliveries that one of everything has
// replaced are taken away.
func TestKillWhileReplacing(t *testing.T) {
	t.Parallel()
	v := newEve(t, "--reload")
	for _, b := range []blow{
		{path: brought + "0000001", calls: renames, nth: "1", published: true},
		{path: brought + "0000001.gone", calls: unlinks, nth: "1", published: true},
		{path: brought + "0000002.gone", calls: unlinks, nth: "1", published: true},
	} {
		v.strikes(b, "signal=KILL")
		v.strikes(b, "error=EIO")
	}
}
