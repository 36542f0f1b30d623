package main

import (
	"time"

	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/withdrawal"
)

// retired removes the snapshots that must not stay beside the current one any
// longer. It is done before anything else of a run, so that a run that then fails
// has done it; what is current stays whatever its age, for it is still served.
func retired(c config.Config, now time.Time) error {
	newest, err := withdrawal.Newest(withdrawalsOf(c))
	if err != nil {
		newest = "~" // after every run: nobody knows whom they still hold. status tells what is wrong
	}
	_, err = snapshot.Retire(c.Marts, func(s snapshot.Old) bool { return outlived(c, newest, s, now) })
	return err
}

// outlived reports whether a snapshot must go: for its age, or because it was made
// before a run, newest, that took people or records out which it still holds.
func outlived(c config.Config, newest string, s snapshot.Old, now time.Time) bool {
	return s.Run < newest || now.Sub(s.At) > time.Duration(c.Snapshots.MaxAge)
}

// overdue says what is published that must not be any more; nothing where all is
// as it should be.
func overdue(c config.Config, now time.Time) (lines []string, err error) {
	newest, err := withdrawal.Newest(withdrawalsOf(c))
	if err != nil {
		return nil, err
	}
	old, err := snapshot.Before(c.Marts)
	if err != nil {
		return nil, err
	}
	if m := served(c); m.Run != "" && m.Run < newest {
		lines = append(lines, "what is published was made before people or records were taken out, and still holds them; next: ohc-pipeline publish")
	}
	for _, s := range old {
		if outlived(c, newest, s, now) {
			lines = append(lines, "snapshot "+s.ID+" ought to be gone; it goes with the next run, or with ohc-pipeline compact")
		}
	}
	return lines, nil
}
