package desk

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

// TestDigestIsOfEverything holds that no field of a request can be another one
// under the same digest.
func TestDigestIsOfEverything(t *testing.T) {
	r := example(person(t, "Ann", people.Author))
	seen := map[string]string{r.Digest(): "nothing"}
	for i := range reflect.TypeFor[Request]().NumField() {
		changed, name := r, reflect.TypeFor[Request]().Field(i).Name
		switch f := reflect.ValueOf(&changed).Elem().Field(i); v := f.Interface().(type) {
		case string:
			f.SetString(v + "x")
		case bool:
			f.SetBool(!v)
		case sign.Public:
			changed.Key = signtest.New(t).Public()
		case []heldFile:
			changed.Files = []heldFile{v[0], {v[1].Name, strings.Repeat("1", 64)}}
		default:
			t.Fatalf("%s: a field that this test does not change", name)
		}
		if other, twice := seen[changed.Digest()]; twice {
			t.Errorf("%s changed has the digest of %s changed", name, other)
		}
		seen[changed.Digest()] = name
	}
}

// TestIDsTellNothing holds that ids are long, differ, and are of letters and digits
// that a shell, a folder and a person can take.
func TestIDsTellNothing(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		id := newID()
		if !idShape.MatchString(id) || seen[id] || seen[id[:10]] {
			t.Fatal(id)
		}
		seen[id], seen[id[:10]] = true, true
	}
}

// TestParseRefuses holds that what the desk would not write is not read.
func TestParseRefuses(t *testing.T) {
	r := example(person(t, "Ann", people.Author))
	good := r.statement()
	if got, err := parseRequest(good); err != nil || got.Digest() != r.Digest() {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"nothing":         nil,
		"no line end":     good[:len(good)-1],
		"a blank":         append([]byte(" "), good...),
		"something after": append(bytes.Clone(good), "{}\n"...),
		"an unknown key":  bytes.Replace(good, []byte(`{"id"`), []byte(`{"eve":1,"id"`), 1),
		"a key twice":     bytes.Replace(good, []byte(`{"id"`), []byte(`{"name":"other","id"`), 1),
		"other letters":   bytes.Replace(good, []byte(`"name"`), []byte(`"Name"`), 1),
		"id":              bytes.Replace(good, []byte(r.ID), []byte("../../"+r.ID[6:]), 1),
		"file":            bytes.Replace(good, []byte("query.sql"), []byte("../q.sql"), 1),
		"file twice":      bytes.Replace(good, []byte("query.sql"), []byte("table.csv"), 1),
		"digest of file":  bytes.Replace(good, []byte(strings.Repeat("0", 64)+`"}`), []byte(strings.Repeat("0", 63)+`"}`), 1),
		"time":            bytes.Replace(good, []byte(r.At), []byte("yesterday"), 1),
	} {
		if _, err := parseRequest(text); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// FuzzParse holds that whatever is read is what would be written.
func FuzzParse(f *testing.F) {
	ann := person(f, "Ann", people.Author)
	r := example(ann)
	f.Add(r.statement())
	f.Add(canonical(ann.votes(r, Approve)))
	f.Add([]byte(`{"vote":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := parseRequest(text); err == nil && !bytes.Equal(r.statement(), text) {
			t.Errorf("read as %s", r.statement())
		}
		if v, err := parseVote(text); err == nil && !bytes.Equal(canonical(v), text) {
			t.Error("a vote is read as another")
		}
	})
}
