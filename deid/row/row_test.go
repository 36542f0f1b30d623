package row

import (
	"reflect"
	"strings"
	"testing"
)

var all = []any{Person{}, Problem{}, Observation{}, Medication{}, Allergy{}, Immunisation{}, Encounter{}, Procedure{}, Referral{},
	Appointment{}, CarePlan{}, SelfRecord{}, Reading{}, Link{}, Tombstone{}, Exclusion{}, Touched{}, Unlinked{}}

// TestNoPlaceForText holds every field of every row to a type that cannot hold
// free text.
func TestNoPlaceForText(t *testing.T) {
	for _, r := range all {
		typ := reflect.TypeOf(r)
		if f := typ.Field(0); f.Type != reflect.TypeOf(Key{}) || !f.Anonymous {
			t.Errorf("%s does not begin with its Key", typ)
		}
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous {
				continue
			}
			if reason := refuse(f.Type); reason != "" {
				t.Errorf("%s.%s: %s", typ, f.Name, reason)
			}
			if f.Tag.Get("parquet") == "" {
				t.Errorf("%s.%s has no column name", typ, f.Name)
			}
		}
	}
}

func refuse(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return ""
	case reflect.String:
		if t.PkgPath() != "secondaryuse/deid/term" {
			return "a string that package term does not hold to a shape"
		}
		return ""
	}
	return "a type that may hold anything"
}

func TestRefuse(t *testing.T) {
	for _, v := range []any{"", []byte{}, struct{}{}, new(int64), map[string]int{}, [4]byte{}} {
		if refuse(reflect.TypeOf(v)) == "" {
			t.Errorf("%T was accepted", v)
		}
	}
}

func TestNoIdentifierColumn(t *testing.T) {
	for _, r := range all {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(r)) {
			name := f.Tag.Get("parquet")
			for _, word := range []string{"name", "address", "postcode", "phone", "nhs", "birth_date", "birth_day", "text", "note", "email"} {
				if strings.Contains(name, word) {
					t.Errorf("column %s", name)
				}
			}
		}
	}
}
