package parcel

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"pgregory.net/rapid"
)

const uuid = "9796155a-fe44-4614-89b8-71945f718ffb"

// keys makes so many identities, and who is to have a parcel.
func keys(t testing.TB, dir string, n int) ([]*age.X25519Identity, []To) {
	t.Helper()
	var ids []*age.X25519Identity
	var to []To
	for i := range n {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		to = append(to, To{filepath.Join(dir, fmt.Sprintf("%d.zip.age", i)), []age.Recipient{id.Recipient()}})
	}
	return ids, to
}

type file struct {
	name string
	data []byte
}

// pack packs files and says what there is of them.
func pack(to []To, files []file) (Sum, error) {
	p, err := New("bag", to)
	if err != nil {
		return Sum{}, err
	}
	for _, f := range files {
		w, err := p.File(f.name)
		if err != nil {
			return Sum{}, err
		}
		if _, err := w.Write(f.data); err != nil {
			return Sum{}, err
		}
	}
	return p.Close(uuid)
}

func open(t rapid.TB, path string, id age.Identity) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := age.Decrypt(f, id)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestParcel holds, for any files, that each recipient gets all of them, in a bag
// of which every digest is right, that all of them get the same bytes, and that
// the same files give the same bytes again.
func TestParcel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "parcel-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		var files []file
		for i := range rapid.IntRange(0, 4).Draw(t, "files") {
			data := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "data"), rapid.SampledFrom([]int{1, 10, 60_000}).Draw(t, "times"))
			files = append(files, file{fmt.Sprintf("%s%d%s", rapid.SampledFrom([]string{"", "tables/", "a/b/"}).Draw(t, "folder"), i, rapid.SampledFrom([]string{".parquet", ".csv", ""}).Draw(t, "ending")), data})
		}
		var archives [][]byte
		for round := range 2 {
			sub := filepath.Join(dir, fmt.Sprint(round))
			if err := os.Mkdir(sub, 0o700); err != nil {
				t.Fatal(err)
			}
			var ids []*age.X25519Identity
			var to []To
			for i := range 3 {
				id, err := age.GenerateX25519Identity()
				if err != nil {
					t.Fatal(err)
				}
				ids, to = append(ids, id), append(to, To{filepath.Join(sub, fmt.Sprint(i)), []age.Recipient{id.Recipient()}})
			}
			sum, err := pack(to, files)
			if err != nil {
				t.Fatal(err)
			}
			for i, id := range ids {
				archives = append(archives, open(t, to[i].Path, id))
				sealed, err := os.ReadFile(to[i].Path)
				if got := sha256.Sum256(sealed); err != nil || hex.EncodeToString(got[:]) != sum.Files[i].SHA256 || int64(len(sealed)) != sum.Files[i].Bytes {
					t.Fatalf("file %d is not told as it is: %v", i, err)
				}
			}
			if got := sha256.Sum256(archives[0]); hex.EncodeToString(got[:]) != sum.SHA256 || int64(len(archives[0])) != sum.Bytes {
				t.Fatal("the archive is not told as it is")
			}
		}
		for _, a := range archives {
			if !bytes.Equal(a, archives[0]) {
				t.Fatal("two archives of the same files differ")
			}
		}
		bag(t, archives[0], files)
	})
}

// bag holds that an archive is a bag of the files and nothing else.
func bag(t rapid.TB, archive []byte, files []file) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	have := make(map[string][]byte)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name, ok := strings.CutPrefix(f.Name, "bag/")
		if _, twice := have[name]; twice || !ok || !f.Modified.Equal(first) {
			t.Fatalf("%s: twice, outside of the bag, or of a time of its own", f.Name)
		}
		have[name] = data
	}
	if len(have) != len(files)+4 {
		t.Fatalf("%d files, want %d", len(have), len(files)+4)
	}
	for _, f := range files {
		if !bytes.Equal(have["data/"+f.name], f.data) {
			t.Fatalf("%s has other bytes", f.name)
		}
	}
	for list, want := range map[string]int{"manifest-sha512.txt": len(files), "tagmanifest-sha512.txt": 3} {
		lines := strings.SplitAfter(string(have[list]), "\n")
		if len(lines)-1 != want {
			t.Fatalf("%s has %d lines, want %d", list, len(lines)-1, want)
		}
		for _, line := range lines[:want] {
			digest, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			if sum := sha512.Sum512(have[name]); hex.EncodeToString(sum[:]) != digest {
				t.Fatalf("%s: the digest of %s is wrong", list, name)
			}
		}
	}
	if !strings.Contains(string(have["bag-info.txt"]), "External-Identifier: urn:uuid:"+uuid+"\n") {
		t.Fatal("the bag does not say who it is")
	}
}

// TestOnlyForThem holds that a key of somebody else opens nothing, and that nothing
// is in clear in the folder.
func TestOnlyForThem(t *testing.T) {
	dir := t.TempDir()
	ids, to := keys(t, dir, 2)
	secret := []byte(strings.Repeat("this leaves for its recipients alone\n", 1000))
	if _, err := pack(to, []file{{"a.parquet", secret}}); err != nil {
		t.Fatal(err)
	}
	for i := range to {
		data, err := os.ReadFile(to[i].Path)
		if err != nil || bytes.Contains(data, secret[:30]) {
			t.Fatalf("in clear, or not there: %v", err)
		}
		if info, _ := os.Stat(to[i].Path); info.Mode() != 0o600 {
			t.Error("others can read it")
		}
		if _, err := age.Decrypt(bytes.NewReader(data), ids[1-i]); err == nil {
			t.Error("the key of another recipient opens it")
		}
		if !bytes.Contains(open(t, to[i].Path, ids[i]), secret) {
			t.Error("the recipient does not get it")
		}
	}
}

// TestRefused holds what is refused: nobody, names that are none or lead out of
// the archive, a file that is there.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := New("bag", nil); err == nil {
		t.Error("a parcel for nobody")
	}
	_, to := keys(t, dir, 1)
	p, err := New("bag", to)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../a", "/a", "a/../../b", "a//b", "a\nb", "a/", `a\b`, "a%0Ab"} {
		if _, err := p.File(name); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
	if _, err := p.File("a"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.File("a"); err == nil {
		t.Error("one name twice")
	}
	if err := p.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := New("bag", to); err == nil {
		t.Error("a file that is there was written over")
	}
}

// TestFull holds that a disk that is full is an error, and that nobody waits.
func TestFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	dir := t.TempDir()
	_, to := keys(t, dir, 2)
	p, err := New("bag", to)
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.fan.arms[1].file.Close()
	p.fan.arms[1].file = full
	w, err := p.File("a.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		if _, err = w.Write(make([]byte, block)); err != nil {
			break
		}
	}
	if _, closed := p.Close(uuid); err == nil || closed == nil || !strings.Contains(closed.Error(), "no space left") {
		t.Errorf("a full disk: %v, then %v", err, closed)
	}
}

// TestAgeProgram holds that the standard program opens what is sealed, and that
// unzip reads it.
func TestAgeProgram(t *testing.T) {
	program, err := exec.LookPath("age")
	if err != nil {
		t.Skip("there is no age on this machine (apt-get install age)")
	}
	dir := t.TempDir()
	ids, to := keys(t, dir, 1)
	if _, err := pack(to, []file{{"tables/a.parquet", []byte("rows")}}); err != nil {
		t.Fatal(err)
	}
	identity := filepath.Join(dir, "identity")
	if err := os.WriteFile(identity, []byte(ids[0].String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "--decrypt", "--identity", identity, to[0].Path).Output()
	if err != nil || !bytes.Equal(out, open(t, to[0].Path, ids[0])) {
		t.Fatalf("age: %v", err)
	}
}

// BenchmarkParcel packs and encrypts 64 MB for one recipient.
func BenchmarkParcel(b *testing.B) {
	data := bytes.Repeat([]byte("abcdefgh"), block/8)
	b.SetBytes(64 << 20)
	for b.Loop() {
		_, to := keys(b, b.TempDir(), 1)
		p, err := New("bag", to)
		if err != nil {
			b.Fatal(err)
		}
		w, err := p.File("a.parquet")
		for range 64 {
			if err == nil {
				_, err = w.Write(data)
			}
		}
		if _, closed := p.Close(uuid); err != nil || closed != nil {
			b.Fatal(err, closed)
		}
	}
}
