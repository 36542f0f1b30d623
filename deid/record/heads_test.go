package record

import (
	"reflect"
	"strings"
	"testing"
)

// filled is a block with one record in every list that holds records, each with
// an ID of its own: the name of the list.
func filled(t *testing.T) (*Block, []string) {
	var b Block
	var names []string
	v := reflect.ValueOf(&b).Elem()
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if f.Kind() != reflect.Slice {
			continue
		}
		one := reflect.New(f.Type().Elem()).Elem()
		h := one.FieldByName("Head")
		if !h.IsValid() {
			if name != "Rejects" {
				t.Errorf("the list %s holds no records, and no rejects", name)
			}
			continue
		}
		h.Addr().Interface().(*Head).ID.ID = name
		f.Set(reflect.Append(f, one))
		names = append(names, name)
	}
	return &b, names
}

// TestHeadsOfEveryList holds that Heads and Keep forget no list of a block: what
// they did not know of would never be read again, or always.
func TestHeadsOfEveryList(t *testing.T) {
	b, names := filled(t)
	if len(names) < 15 {
		t.Fatalf("only %d lists: %q", len(names), names)
	}
	seen := make(map[string]int)
	b.Heads(func(h *Head, _ Ref) { seen[h.ID.ID]++ })
	for _, name := range names {
		if seen[name] != 1 {
			t.Errorf("Heads yields %s %d times", name, seen[name])
		}
	}
	for _, stays := range names {
		b, _ := filled(t)
		b.Rejects = append(b.Rejects, Reject{})
		b.Read = 99
		b.Pass("other", 3)
		b.Keep(func(h *Head, _ Ref) bool { return h.ID.ID == stays })
		var left []string
		b.Heads(func(h *Head, _ Ref) { left = append(left, h.ID.ID) })
		want := int64(1)
		if stays == "Heard" || stays == "Wrappers" {
			want = 0 // it was rejected, or not used, and counted as that
		}
		if strings.Join(left, " ") != stays || b.Read != want || len(b.Rejects) != 0 || len(b.Unused) != 0 {
			t.Errorf("kept %s: left %q, %d read, %d rejects", stays, left, b.Read, len(b.Rejects))
		}
	}
	b, _ = filled(t)
	b.Persons[0].Part, b.Readings[0].Part = 1, 2
	b.Keep(func(*Head, Ref) bool { return true })
	if want := int64(len(names) - 4); b.Read != want {
		t.Errorf("%d read of %d, two of them further rows, one rejected and one not used", b.Read, len(names))
	}
}

// TestHeadsOfPersons holds that a person's own record names its own key.
func TestHeadsOfPersons(t *testing.T) {
	var b Block
	b.Persons = make([]Person, 1)
	b.Persons[0].ID, b.Persons[0].Subject = Ref{Patient, "a"}, Ref{Patient, "b"}
	b.Heads(func(_ *Head, subject Ref) {
		if subject.ID != "a" {
			t.Errorf("it names %v", subject)
		}
	})
}
