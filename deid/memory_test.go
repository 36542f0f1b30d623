package deid

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
)

// TestMemoryOfAPerson holds a run's memory to 200 bytes a person: its number,
// what is thought of it, its person_id, and the reference that names it. One in
// twenty had another number before, one in fifty is deleted.
func TestMemoryOfAPerson(t *testing.T) {
	const persons = 300_000
	before := heap()
	k := gate.NewKeeper(gate.Gates{})
	f := record.Feed{Name: "ohc", Kind: record.Shared}
	one := make([]record.Person, 1)
	for i := range persons {
		id := fmt.Sprintf("7d5f2c1e-93a4-4b6e-8c1d-%012d", i)
		n, _ := identity.Local([]byte(id))
		ref := record.Ref{Kind: record.Patient, ID: id}
		one[0] = record.Person{Of: record.Of[row.Person]{Head: record.Head{ID: ref, Number: n}}}
		if i%20 == 0 {
			old, _ := identity.Local([]byte("old " + id))
			one[0].Former = []record.Former{{Number: old, Sure: i%40 == 0}}
		}
		if i%50 == 0 {
			k.Remove(f, []record.Of[row.Tombstone]{{Head: record.Head{ID: ref, Version: 1}}})
		}
		k.Enrol(f, one)
	}
	k.Judge()
	c, err := NewCrossing(testKey(t), k, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if each := (heap() - before) / persons; each > 200 {
		t.Errorf("%d bytes a person", each)
	} else {
		t.Logf("%d bytes a person", each)
	}
	runtime.KeepAlive(c)
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
