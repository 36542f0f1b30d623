package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"testing"
)

// notHeld is the fields of the truth that are held against nothing: no row
// names an input record; a reader need not know the dataset or the fault of
// what it cannot read; why persons are left out is told by their records; and
// by the identifiers everybody is known in the first place.
var notHeld = []string{"Records.Record", "Rejects.Dataset", "Rejects.Fault", "Persons.Gate", "Persons.Reason", "Identifiers.Person", "Identifiers.Number"}

// everyToldFieldShows tells another truth, in one field at a time, and wants a
// check to say so; and none where the field is held against nothing.
func everyToldFieldShows(t *testing.T, w *world, got map[string][]string) {
	f := fields{t: t, w: w, got: got, checks: slices.Clone(checks)}
	truth := reflect.ValueOf(w.told).Elem()
	for i := range truth.NumField() {
		name := truth.Type().Field(i).Name
		f.each(name, truth.Field(i))
		if name != "Identifiers" {
			f.elements(name, truth.Field(i))
		}
	}
	for _, name := range notHeld {
		if !slices.Contains(f.met, name) {
			t.Errorf("the truth has no %s", name)
		}
	}
}

// fields spoils what is told.
type fields struct {
	t      *testing.T
	w      *world
	got    map[string][]string
	checks []check // the one that has last seen something before the others
	met    []string
}

func (f *fields) seen() bool {
	for i, c := range f.checks {
		if len(differ(c.want(f.w, f.w.told), f.got[c.name])) > 0 {
			f.checks = slices.Insert(slices.Delete(f.checks, i, i+1), 0, c)
			return true
		}
	}
	return false
}

// each spoils each field of the elements of a list.
func (f *fields) each(list string, v reflect.Value) {
	for i := range v.Type().Elem().NumField() {
		name := list + "." + v.Type().Elem().Field(i).Name
		f.met = append(f.met, name)
		full, empty := typical(v, i, false), typical(v, i, true)
		if full < 0 {
			f.t.Fatalf("nobody tells of %s", name)
		}
		field := v.Index(full).Field(i)
		if field.Kind() == reflect.Slice {
			f.each(name, field)
			f.elements(name, field)
			continue
		}
		f.field(name, field)
		if empty >= 0 {
			f.field(name, v.Index(empty).Field(i))
		}
	}
}

// typical is the place of the first element whose i-th field is empty or not,
// and who is kept and in the mart population; where nobody is, of any whose
// field is not empty.
func typical(v reflect.Value, i int, empty bool) int {
	best := -1
	for at := range v.Len() {
		x := v.Index(at)
		if x.Field(i).IsZero() != empty || x.Field(i).Kind() == reflect.Slice && x.Field(i).Len() == 0 {
			continue
		}
		outcome, population := x.FieldByName("Outcome"), x.FieldByName("Population")
		if (!outcome.IsValid() || outcome.String() == "kept") && (!population.IsValid() || population.Bool()) {
			return at
		}
		if best < 0 && !empty {
			best = at
		}
	}
	return best
}

// field puts something else in a field, and nothing.
func (f *fields) field(name string, v reflect.Value) {
	for _, x := range others(v.Interface()) {
		held := !slices.Contains(notHeld, name)
		if f.with(v, reflect.ValueOf(x)) != held {
			f.t.Errorf("%s is %v instead of %v: that a check says so is %t, want %t", name, x, v, !held, held)
		}
		if !held {
			return // once is enough, for it takes every check
		}
	}
}

// with tells whether something is seen when a value is another.
func (f *fields) with(v, other reflect.Value) bool {
	was := reflect.ValueOf(v.Interface())
	v.Set(other)
	defer v.Set(was)
	return f.seen()
}

// others returns what may stand in the place of a value.
func others(v any) []any {
	switch v := v.(type) {
	case json.Number:
		n, _ := v.Float64() // nothing is nought
		return append([]any{json.Number(strconv.FormatFloat(n+1, 'f', -1, 64))}, nothingFor(v)...)
	case string:
		return append([]any{v + "x"}, nothingFor(v)...)
	case int:
		return []any{v + 5} // ages are told in bands of five years
	case int64:
		return []any{v + 5}
	case bool:
		return []any{!v}
	}
	panic("the truth has a field of another kind")
}

func nothingFor[X ~string](v X) (out []any) {
	if v != "" {
		out = append(out, X(""))
	}
	return out
}

// elements drops an element of a list, and tells it twice.
func (f *fields) elements(name string, v reflect.Value) {
	at := typical(v, 0, false)
	dropped := reflect.MakeSlice(v.Type(), 0, v.Len())
	dropped = reflect.AppendSlice(reflect.AppendSlice(dropped, v.Slice(0, at)), v.Slice(at+1, v.Len()))
	twice := reflect.Append(v.Slice3(0, v.Len(), v.Len()), v.Index(at))
	if !f.with(v, dropped) || !f.with(v, twice) {
		f.t.Errorf("one of %s is dropped, or told twice, and no check says so", name)
	}
}
