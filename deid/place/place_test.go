package place

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/deid/identity"
)

const first = "postcode,lsoa_code,imd_decile,lsoa_version,imd_version\n"

func open(t testing.TB, text string) (*Lookup, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "places.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(path)
}

func TestArea(t *testing.T) {
	l, err := open(t, first+"ZZ99 3WZ,E01900001,3,2021,2025\r\nZZ1 1AA,E01900002,10,2021,2025")
	if err != nil {
		t.Fatal(err)
	}
	p, _ := identity.ParsePostcode([]byte("zz993wz"))
	if got := l.Area(p); got != (Area{"E01900001", 3}) {
		t.Errorf("%+v", got)
	}
	q, _ := identity.ParsePostcode([]byte("ZZ2 2AA"))
	if got := l.Area(q); got != (Area{}) {
		t.Errorf("an unknown postcode is in %+v", got)
	}
	if l.Decile("E01900002") != 10 || l.Decile("E01900003") != 0 || l.Version() != "LSOA 2021, IMD 2025" {
		t.Errorf("decile %d, version %s", l.Decile("E01900002"), l.Version())
	}
	var none *Lookup
	if none.Area(p) != (Area{}) || none.Decile("E01900001") != 0 || none.Version() != "none" {
		t.Error("no look-up knows a place")
	}
}

func TestRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty":        "",
		"no lines":     first,
		"header":       "pcd,lsoa\n",
		"fields":       first + "ZZ99 3WZ,E01900001,3,2021\n",
		"postcode":     first + "SECRET,E01900001,3,2021,2025\n",
		"area":         first + "ZZ99 3WZ,X1,3,2021,2025\n",
		"decile":       first + "ZZ99 3WZ,E01900001,11,2021,2025\n",
		"two versions": first + "ZZ99 3WZ,E01900001,3,2021,2025\nZZ1 1AA,E01900002,1,2011,2019\n",
	} {
		_, err := open(t, text)
		if err == nil {
			t.Errorf("%s was accepted", name)
		} else if strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "ZZ99") {
			t.Errorf("%s: the error tells a value: %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a missing file was opened")
	}
}
