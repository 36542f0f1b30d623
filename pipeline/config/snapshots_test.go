package config

import (
	"strings"
	"testing"
	"time"
)

// TestSnapshots holds the defaults of how long what was published before stays,
// and who was affected, and that what cannot be meant is refused by its line.
func TestSnapshots(t *testing.T) {
	const day = 24 * time.Hour
	c, err := Load(write(t, good))
	if err != nil || c.Snapshots != (Snapshots{3, Duration(7 * day)}) || c.Withdrawals.Keep != Duration(1826*day) {
		t.Errorf("%+v, %+v, %v", c.Snapshots, c.Withdrawals, err)
	}
	c, err = Load(write(t, good+"snapshots: {keep: 1, max_age: 36h}\nwithdrawals: {keep: 30d}\n"))
	if err != nil || c.Snapshots != (Snapshots{1, Duration(36 * time.Hour)}) || c.Withdrawals.Keep != Duration(30*day) {
		t.Errorf("%+v, %+v, %v", c.Snapshots, c.Withdrawals, err)
	}
	for _, text := range []string{"snapshots: {keep: -1}", "snapshots: {keep: 1001}", "snapshots: {max_age: 0d}", "snapshots: {max_age: -1d}", "snapshots: {days: 3}", "withdrawals: {keep: 0d}"} {
		if _, err := Load(write(t, good+text+"\n")); err == nil || !strings.Contains(err.Error(), "config.yaml:14") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
