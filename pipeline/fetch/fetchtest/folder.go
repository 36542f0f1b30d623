package fetchtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"secondaryuse/pipeline/fetch"
)

// Secret is a number of a person that stands in the files of a Folder, and in
// names.
const Secret = "9434765919"

// Folder is a folder that a test fills, as somebody else would, for the fetchers
// that take files out of one.
type Folder struct {
	T      *testing.T
	Dir    string
	Marker string // lies beside a file that is complete; empty: none does

	n         int
	last, all []string
}

// Must ends the test with an error.
func (f *Folder) Must(err error) {
	f.T.Helper()
	if err != nil {
		f.T.Fatal(err)
	}
}

// Put sends a file.
func (f *Folder) Put(name, text string) {
	path := filepath.Join(f.Dir, name)
	f.Must(os.MkdirAll(filepath.Dir(path), 0o700))
	f.Must(os.WriteFile(path+".tmp", []byte(text), 0o600))
	f.Must(os.Rename(path+".tmp", path))
	f.Mark(name)
}

// Mark puts the marker beside a file.
func (f *Folder) Mark(name string) {
	if f.Marker != "" {
		f.Must(os.WriteFile(filepath.Join(f.Dir, name+f.Marker), nil, 0o600))
	}
}

// Fixture is the folder in the hands of the suite, as open reaches it, with
// faults and secrets beside those that every folder has.
func (f *Folder) Fixture(open func() fetch.Fetcher, faults []Fault, secrets ...string) Fixture {
	f.change()
	return Fixture{
		New:     open,
		Change:  f.change,
		All:     func() []string { return f.all },
		Changed: func() []string { return f.last },
		Secrets: append([]string{Secret, "second"}, secrets...),
		Faults:  append([]Fault{{"the folder is not there", f.hide}, {"a symbolic link", f.link}}, faults...),
	}
}

func (f *Folder) change() {
	f.n++
	f.last = nil
	for i := range 3 {
		lines := []string{fmt.Sprintf("%s %d %d", Secret, f.n, i), fmt.Sprintf("second %d %d", f.n, i)}
		f.Put(fmt.Sprintf("account-%d/%d.csv", i, f.n), strings.Join(lines, "\n")+"\n")
		f.last = append(f.last, lines...)
	}
	f.all = append(f.all, f.last...)
}

func (f *Folder) hide() func() {
	f.Must(os.Rename(f.Dir, f.Dir+"-away"))
	return func() { f.Must(os.Rename(f.Dir+"-away", f.Dir)) }
}

func (f *Folder) link() func() {
	path := filepath.Join(f.Dir, Secret)
	f.Must(os.Symlink("/etc/hostname", path))
	return func() { f.Must(os.Remove(path)) }
}

// Main runs the tests of a package that syncs thousands of files: in memory,
// where the machine has such a folder. No goroutine may be left.
func Main(m *testing.M) {
	if _, err := os.Stat("/dev/shm"); err == nil {
		os.Setenv("TMPDIR", "/dev/shm")
	}
	goleak.VerifyTestMain(m)
}
