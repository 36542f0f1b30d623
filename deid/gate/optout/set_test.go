package optout

import (
	"fmt"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"secondaryuse/deid/identity"
)

func local(t interface{ Fatal(...any) }, i int) identity.Number {
	n, ok := identity.Local(fmt.Append(nil, i))
	if !ok {
		t.Fatal("no number")
	}
	return n
}

// TestSetIsASet holds the table against a map, filled to the last slot that it
// was made for.
func TestSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		added := rapid.SliceOfN(rapid.IntRange(0, 60), 0, 60).Draw(t, "added")
		marked := rapid.SliceOfN(rapid.IntRange(0, 80), 0, 60).Draw(t, "marked")
		s, want := newSet(len(added)), map[int]bool{}
		for _, i := range added {
			_, known := want[i]
			if s.add(local(t, i)) == known {
				t.Fatalf("add %d: known %v", i, known)
			}
			want[i] = false
		}
		for _, i := range marked {
			before, known := want[i]
			if k, first := s.mark(local(t, i)); k != known || first != (known && !before) {
				t.Fatalf("mark %d: %v %v", i, k, first)
			}
			if known {
				want[i] = true
			}
		}
		n := 0
		for i := range 100 {
			if s.marked(local(t, i)) != want[i] {
				t.Fatalf("%d: want marked %v", i, want[i])
			}
			if want[i] {
				n++
			}
		}
		for range s.all() {
			n--
		}
		if n != 0 {
			t.Fatalf("all lists %d too few", n)
		}
	})
}

func TestNobodyIsInNoSet(t *testing.T) {
	var none set
	full := newSet(1)
	full.add(local(t, 1))
	for _, s := range []set{none, full} {
		if s.marked(identity.Number{}) {
			t.Error("nobody is marked")
		}
	}
	if known, _ := full.mark(identity.Number{}); known {
		t.Error("nobody is known")
	}
}

// TestMemory holds the set to 40 bytes a person.
func TestMemory(t *testing.T) {
	for _, n := range []int{1000, 123_457} {
		s := newSet(n)
		bytes := cap(s.slots)*int(unsafe.Sizeof(s.slots[0])) + cap(s.marks)*8
		if each := float64(bytes) / float64(n); each > 40 {
			t.Errorf("%d numbers: %.1f bytes each", n, each)
		}
	}
}
