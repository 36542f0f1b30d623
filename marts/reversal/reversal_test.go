package reversal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// office is everybody, with the keys of each.
type office struct {
	people.People
	keys map[string]sign.Private
}

func newOffice(t testing.TB) office {
	o := office{keys: make(map[string]sign.Private)}
	for name, roles := range map[string][]people.Role{
		"Ada Asker": {people.Author, people.Guardian}, "Gus Guardian": {people.Guardian}, "Cora Custodian": {people.Custodian},
		"Colin Custodian": {people.Custodian}, "Rob Reviewer": {people.Reviewer},
	} {
		o.keys[name] = signtest.New(t)
		o.People = append(o.People, people.Person{Name: name, Roles: roles, Key: o.keys[name].Public()})
	}
	return o
}

var list = List{3, 5, 1 << 40}

// request is one that Ada Asker has not signed yet.
func (o office) request(change func(*Request)) File {
	r := New(Request{By: "Ada Asker", Key: o.keys["Ada Asker"].Public(), Practice: "M85001", To: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", Domain: "planning", Fingerprint: "0a1b2c3d", Reason: "rising risk: calls before winter",
		Approval: "CG/2026/17", Made: noon, Expires: noon.Add(time.Hour)}, list)
	if change != nil {
		change(&r)
	}
	return File{Request: r}
}

// signed is a request with some signatures, in that order, whatever may be signed.
func (o office) signed(names ...string) File {
	f := o.request(nil)
	for i, n := range names {
		label := approving
		if i == 0 {
			label = asking
		}
		f.Signatures = append(f.Signatures, sign.Sign(o.keys[n], label, f.statement()))
	}
	return f
}

func TestApproved(t *testing.T) {
	o := newOffice(t)
	f := o.request(nil)
	for _, who := range []string{"Ada Asker", "Cora Custodian", "Gus Guardian"} {
		if err := f.Sign(o.keys[who]); err != nil {
			t.Fatal(who, err)
		}
	}
	path := filepath.Join(t.TempDir(), "request")
	if err := f.Write(path); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	names, err := f.Approved(o.People, list, noon.Add(time.Minute))
	if err != nil || !slices.Equal(names, []string{"Cora Custodian", "Gus Guardian"}) {
		t.Errorf("%v %v", names, err)
	}
}

// TestSign holds that who asks signs first, once, and that nobody approves what was not
// asked for as it stands.
func TestSign(t *testing.T) {
	o := newOffice(t)
	f := o.request(nil)
	refuses := func(who, want string) {
		t.Helper()
		n := len(f.Signatures)
		if err := f.Sign(o.keys[who]); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), want) || len(f.Signatures) != n {
			t.Errorf("%s: %v, want %q", who, err, want)
		}
	}
	refuses("Gus Guardian", "Ada Asker, who asks, has not signed it")
	if err := f.Sign(o.keys["Ada Asker"]); err != nil {
		t.Fatal(err)
	}
	refuses("Ada Asker", "approves nothing that they ask for")
	f.Request.Reason = "marketing"
	refuses("Gus Guardian", "not as Ada Asker, who asks, has signed it")
}

// TestAttacks holds that no request is approved but the one that two people have
// signed, as it stands, while it is good.
func TestAttacks(t *testing.T) {
	o := newOffice(t)
	all := []string{"Ada Asker", "Cora Custodian", "Gus Guardian"}
	signed := func(names ...string) File { return o.signed(append([]string{"Ada Asker"}, names...)...) }
	edited := func(change func(*File)) File {
		f := o.signed(all...)
		change(&f)
		return f
	}
	with := func(n int, key sign.Private, label string) File {
		return edited(func(f *File) { f.Signatures[n] = sign.Sign(key, label, f.statement()) })
	}
	ada, cora := o.keys["Ada Asker"], o.keys["Cora Custodian"]
	eve := signtest.New(t)
	other := edited(func(f *File) { f.Request.Key = eve.Public() })
	for i, k := range []sign.Private{eve, cora, o.keys["Gus Guardian"]} {
		other.Signatures[i] = sign.Sign(k, map[bool]string{true: asking, false: approving}[i == 0], other.statement())
	}
	former := slices.Clone(o.People)
	for i := range former {
		if former[i].Name == "Ada Asker" {
			former[i].Roles = []people.Role{people.Former}
		}
	}
	later := noon.Add(time.Minute)
	for name, tc := range map[string]struct {
		f    File
		l    List
		at   time.Time
		want string
	}{
		"nobody":                      {signed(), list, later, "two people must have approved"},
		"one person":                  {signed("Gus Guardian"), list, later, "two people must have approved"},
		"one person twice":            {signed("Gus Guardian", "Gus Guardian"), list, later, "somebody who has signed before"},
		"no guardian":                 {signed("Cora Custodian", "Colin Custodian"), list, later, "one is a guardian"},
		"who asks":                    {signed("Gus Guardian", "Ada Asker"), list, later, "nobody approves what they ask for"},
		"a reviewer":                  {signed("Gus Guardian", "Rob Reviewer"), list, later, "neither guardian nor custodian"},
		"somebody unknown":            {with(2, eve, approving), list, later, "by nobody in the file"},
		"a signature of something":    {with(1, cora, "release"), list, later, "not of this request"},
		"that they ask for it":        {with(1, cora, asking), list, later, "not of this request"},
		"nobody asks":                 {edited(func(f *File) { f.Signatures = f.Signatures[1:] }), list, later, "who asks has not signed it"},
		"nobody at all":               {edited(func(f *File) { f.Signatures = nil }), list, later, "who asks has not signed it"},
		"who asks signs as approving": {with(0, ada, approving), list, later, "who asks has not signed it"},
		"who approves asks for them":  {with(0, cora, asking), list, later, "who asks has not signed it"},
		"somebody asks in their name": {other, list, later, "who asks has another key"},
		"who asks signs at the end":   {edited(func(f *File) { f.Signatures = append(f.Signatures[1:], f.Signatures[0]) }), list, later, "who asks has not signed it"},
		"expired":                     {o.signed(all...), list, noon.Add(time.Hour), "it has expired"},
		"not made yet":                {o.signed(all...), list, noon.Add(-time.Second), "has not come"},
		"somebody more on the list":   {o.signed(all...), append(slices.Clone(list), 1<<41), later, "not the one that was asked about"},
		"somebody less":               {o.signed(all...), list[1:], later, "not the one that was asked about"},
		"somebody else":               {o.signed(all...), List{3, 5, 7}, later, "not the one that was asked about"},
		"the digest of another list":  {edited(func(f *File) { f.Request.SHA256 = List{3, 5, 7}.Digest() }), List{3, 5, 7}, later, "who asks has not signed it as it stands"},
		"another practice":            {edited(func(f *File) { f.Request.Practice = "M85002" }), list, later, "who asks has not signed it as it stands"},
		"another reason":              {edited(func(f *File) { f.Request.Reason = "marketing" }), list, later, "who asks has not signed it as it stands"},
		"another domain":              {edited(func(f *File) { f.Request.Domain = "research" }), list, later, "who asks has not signed it as it stands"},
		"longer":                      {edited(func(f *File) { f.Request.Expires = noon.Add(48 * time.Hour) }), list, noon.Add(2 * time.Hour), "who asks has not signed it as it stands"},
		"once more, under another id": {edited(func(f *File) { f.Request.ID = strings.Repeat("0", 32) }), list, later, "who asks has not signed it as it stands"},
		"who asks says another asks":  {edited(func(f *File) { f.Request.By = "Rob Reviewer" }), list, later, "who asks has another key"},
		"who asks is nobody":          {edited(func(f *File) { f.Request.By = "Eve" }), list, later, "who asks is not in"},
		"the signatures of another":   {File{o.request(nil).Request, o.signed(all...).Signatures}, list, later, "who asks has not signed it as it stands"},
		"one of another":              {edited(func(f *File) { f.Signatures[2] = o.signed(all...).Signatures[2] }), list, later, "not of this request"},
	} {
		names, err := tc.f.Approved(o.People, tc.l, tc.at)
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tc.want) || names != nil {
			t.Errorf("%s: %v, %v, want %q", name, names, err, tc.want)
		}
	}
	if _, err := o.signed(all...).Approved(former, list, later); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "or has left") {
		t.Errorf("who asks has left: %v", err)
	}
}

// TestOneKeyTwoNames holds that somebody who has themselves entered under two
// names approves nothing: there is no such file of people.
func TestOneKeyTwoNames(t *testing.T) {
	k := signtest.New(t).Public().String()
	_, err := people.Parse("people.yaml", []byte("people:\n  - {name: Gus Guardian, roles: [guardian], key: '"+k+"'}\n  - {name: Gina Guardian, roles: [guardian], key: '"+k+"'}\n"))
	if err == nil || !strings.Contains(err.Error(), "another has this key") {
		t.Error(err)
	}
}

// TestCheck holds that a request that is wrong anywhere is neither written nor read.
func TestCheck(t *testing.T) {
	o := newOffice(t)
	for name, change := range map[string]func(*Request){
		"id": func(r *Request) { r.ID = "1" }, "by_key": func(r *Request) { r.Key = sign.Public{} }, "by": func(r *Request) { r.By = "" }, "practice": func(r *Request) { r.Practice = "M85001' OR 1=1" },
		"domain": func(r *Request) { r.Domain = "../base" }, "fingerprint": func(r *Request) { r.Fingerprint = "" }, "reason": func(r *Request) { r.Reason = " " },
		"approval": func(r *Request) { r.Approval = "" }, "made": func(r *Request) { r.Made = r.Made.Add(1) }, "expires": func(r *Request) { r.Expires = r.Made },
		"persons": func(r *Request) { r.Persons = most + 1 }, "sha256": func(r *Request) { r.SHA256 = "00" },
	} {
		path := filepath.Join(t.TempDir(), "request")
		f := o.request(change)
		if err := f.Write(path); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: written: %v", name, err)
		}
		if _, err := parse(f.text()); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: read: %v", name, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}

func TestParseList(t *testing.T) {
	l, err := parseList(strings.NewReader("5\n3\n1099511627776\n"))
	if err != nil || !slices.Equal(l, list) || l.Digest() != list.Digest() {
		t.Error(l, err)
	}
	for _, text := range []string{"", "\n", "5\n5\n", "5\n\n", "-5\n", "+5\n", "05\n", "5 \n", "9434765919x\n", "9223372036854775808\n", strings.Repeat("1", 1<<17), strings.Repeat("1\n", most+1)} {
		if _, err := parseList(strings.NewReader(text)); !errors.Is(err, ErrRefused) || strings.Contains(err.Error(), "943") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfNDistinct(rapid.Int64Min(0), 1, 9, rapid.ID[int64]).Draw(t, "a")
		b := rapid.SliceOfNDistinct(rapid.Int64Min(0), 1, 9, rapid.ID[int64]).Draw(t, "b")
		slices.Sort(a)
		slices.Sort(b)
		if slices.Equal(a, b) != (List(a).Digest() == List(b).Digest()) {
			t.Fatal("two lists with one digest, or one with two")
		}
	})
}

// FuzzParse holds that what is read is written as it was read, and is checked.
func FuzzParse(f *testing.F) {
	f.Add(newOffice(f).signed("Ada Asker", "Gus Guardian").text())
	f.Add([]byte("{}"))
	f.Add([]byte(`{"request":{"made":"2026-11-22T12:00:00+00:00"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parse(text)
		if err == nil && (!bytes.Equal(r.text(), text) || r.Request.Check() != nil) {
			t.Errorf("read %+v", r)
		}
		if l, err := parseList(bytes.NewReader(text)); err == nil && (len(l) == 0 || !slices.IsSorted(l) || l[0] < 0) {
			t.Error(l)
		}
	})
}

// TestFile holds that only its owner can read the file of a request.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "request")
	if err := newOffice(t).request(nil).Write(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}
