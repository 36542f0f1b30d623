package linkage

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/sign/signtest"
)

var at = time.Date(2026, 11, 12, 9, 0, 0, 0, time.UTC)

func key(t testing.TB, of byte) domain.Key {
	t.Helper()
	k, err := domain.New(bytes.Repeat([]byte{of}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// header is what a file is made for.
func header() Header {
	return Header{Project: "falls", Digest: "d1", Snapshot: "s1", Domain: "00112233", Purpose: "planning", Approval: "26/CAG/0042", At: at}
}

func links() []Link {
	return []Link{{7, Pseudonym(sha256.Sum256([]byte("seven")))}, {3, Pseudonym(sha256.Sum256([]byte("three")))}}
}

// TestFile holds that what was written is read by who has the project's key, that the
// digest is that of the persons, and that nothing of them is in clear.
func TestFile(t *testing.T) {
	path, own := filepath.Join(t.TempDir(), "falls.link"), signtest.New(t)
	var digests []string
	for range 2 {
		if err := Write(path, header(), links(), key(t, 1), own); err != nil {
			t.Fatal(err)
		}
		h, sealed, err := Read(path, own.Public())
		if err != nil {
			t.Fatal(err)
		}
		all, digest, err := sealed.Open(h, key(t, 1))
		if err != nil || h.Persons != 2 || len(all) != 2 || all[0].Person != 3 || all[0].Pseudonym != Pseudonym(sha256.Sum256([]byte("three"))) {
			t.Fatalf("%+v %v %v", h, all, err)
		}
		digests = append(digests, digest)
		if _, _, err := sealed.Open(h, key(t, 2)); !errors.Is(err, ErrRefused) {
			t.Errorf("another key opens it: %v", err)
		}
	}
	if digests[0] != digests[1] {
		t.Error("the same persons have another digest")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links() {
		if bytes.Contains(text, l.Pseudonym[:8]) || strings.Contains(strings.ToUpper(string(text)), l.Pseudonym.String()[:16]) {
			t.Error("a pseudonym is in clear")
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	for what, wrong := range map[string][]Link{"a person twice": {{3, Pseudonym{}}, {3, Pseudonym{1}}}, "a negative id": {{-3, Pseudonym{}}}} {
		if err := Write(path, header(), wrong, key(t, 1), own); err == nil {
			t.Errorf("%s was written", what)
		}
	}
}

// TestRefused holds that a file is read as it was signed or not at all.
func TestRefused(t *testing.T) {
	path, own := filepath.Join(t.TempDir(), "falls.link"), signtest.New(t)
	if err := Write(path, header(), links(), key(t, 1), own); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(path, signtest.New(t).Public()); !errors.Is(err, ErrRefused) {
		t.Errorf("of another installation: %v", err)
	}
	if _, _, err := Read(path+"x", own.Public()); !errors.Is(err, ErrRefused) {
		t.Errorf("one that is missing: %v", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		other := bytes.Clone(text)
		switch i := rapid.IntRange(0, len(text)-1).Draw(t, "at"); rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			other[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		case 1:
			other = other[:i]
		default:
			other = append(other, byte(i))
		}
		if _, _, err := parse(other, own.Public()); !errors.Is(err, ErrRefused) {
			t.Fatalf("it was read: %v", err)
		}
	})
}

// TestFits holds that a file is for one project as it stands, one snapshot, one key and
// one approval, and for some time.
func TestFits(t *testing.T) {
	h := header()
	h.Key = key(t, 1).Fingerprint()
	if err := h.Fits(h, at.Add(time.Hour), 2*time.Hour); err != nil {
		t.Error(err)
	}
	for _, field := range []string{"Project", "Digest", "Snapshot", "Domain", "Purpose", "Key", "Approval"} {
		want := h
		reflect.ValueOf(&want).Elem().FieldByName(field).SetString("other")
		if err := h.Fits(want, at.Add(time.Hour), 2*time.Hour); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for what, now := range map[string]time.Time{"too old": at.Add(2*time.Hour + 1), "from the future": at.Add(-2 * time.Minute)} {
		if err := h.Fits(h, now, 2*time.Hour); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := h.Fits(h, at, 0); !errors.Is(err, ErrRefused) {
		t.Errorf("no age is allowed: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	path, own := filepath.Join(f.TempDir(), "falls.link"), signtest.Key(f, "installation")
	if err := Write(path, header(), links(), key(f, 1), own); err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(form + "\n{}\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if h, sealed, err := parse(in, own.Public()); err == nil {
			if _, _, err := sealed.Open(h, key(t, 1)); err != nil || h.Project != "falls" {
				t.Errorf("%+v %v", h, err)
			}
		}
	})
}
