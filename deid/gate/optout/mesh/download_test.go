package mesh_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
)

const five = "9000000009,\n9000000017,\n9000000025,\n9000000033,\n9000000041,\n"

// header sets a header of an answer.
func header(name, value string) meshtest.Fault {
	return meshtest.Fault{Alter: func(h http.Header, b *[]byte) { h.Set(name, value) }}
}

// TestDownloadRefuses holds that an answer that cannot be right leaves no file,
// and what was there before as it was.
func TestDownloadRefuses(t *testing.T) {
	p := newPair(t, 12)
	id := send(t, p.us, letter(five))
	if err := os.WriteFile(p.path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	let := meshtest.Fault{}
	for name, tc := range map[string]struct {
		kind   string
		faults []meshtest.Fault
		want   string
	}{
		"the first for the second":         {"download", []meshtest.Fault{let, header("Mex-Chunk-Range", "1:5")}, "another chunk than was asked for"},
		"a chunk more":                     {"download", []meshtest.Fault{let, {Alter: func(h http.Header, b *[]byte) { h.Set("Mex-Chunk-Range", "2:6"); h.Del("Mex-Total-Chunks") }}}, "another chunk"},
		"two words on how many":            {"download", []meshtest.Fault{header("Mex-Total-Chunks", "6")}, "Mex-Total-Chunks: not what the range says"},
		"no range":                         {"download", []meshtest.Fault{{Alter: func(h http.Header, b *[]byte) { h.Del("Mex-Chunk-Range"); h.Del("Mex-Total-Chunks") }}}, "another chunk"},
		"a range that is none":             {"download", []meshtest.Fault{header("Mex-Chunk-Range", "5:4")}, "Mex-Chunk-Range: not a chunk"},
		"the last where it is not":         {"download", []meshtest.Fault{{As: 200}}, "another chunk"},
		"more where it is the last":        {"download", []meshtest.Fault{let, let, let, let, {As: 206}}, "another chunk"},
		"another encoding":                 {"download", []meshtest.Fault{header("Content-Encoding", "br")}, "an encoding that we did not ask for"},
		"the encoding changes":             {"download", []meshtest.Fault{let, {Alter: func(h http.Header, b *[]byte) { h.Del("Content-Encoding") }}}, "changed on the way"},
		"without an end":                   {"download", []meshtest.Fault{{Endless: true}}, "it may be cut off"},
		"spoilt":                           {"download", []meshtest.Fault{let, {Alter: func(h http.Header, b *[]byte) { (*b)[15] ^= 1 }}}, "cannot be unpacked"},
		"shorter than it was, and says so": {"download", []meshtest.Fault{let, let, let, let, {Alter: func(h http.Header, b *[]byte) { *b = (*b)[:len(*b)-9] }}}, "cannot be unpacked"},
		"another message":                  {"head", []meshtest.Fault{header("Mex-MessageID", "20220228174323222_ABCDEF")}, "of another message"},
		"another mailbox":                  {"head", []meshtest.Fault{header("Mex-To", "X26ABC3")}, "to another mailbox"},
		"neither data nor report":          {"head", []meshtest.Fault{header("Mex-MessageType", meshtest.Text)}, "Mex-MessageType: neither"},
		"not transferred":                  {"head", []meshtest.Fault{header("Mex-StatusSuccess", "ERROR")}, "Mex-StatusSuccess: not a message"},
		"a code":                           {"head", []meshtest.Fault{header("Mex-StatusCode", "14")}, "Mex-StatusSuccess: not a message"},
	} {
		for _, left := range []string{".part", ".state"} { // which would be gone on with
			os.Remove(p.path + left)
		}
		p.Mend()
		p.Fail(tc.kind, tc.faults...)
		m, err := p.them.Download(ctx, id, p.path)
		if tc.kind == "head" && m != (mesh.Message{}) {
			t.Errorf("%s: %+v", name, m)
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		refused(t, err, err, "mesh: "+strings.NewReplacer("head", "head "+id, "download", "download "+id).Replace(tc.kind), "; next: ")
		if text, _ := os.ReadFile(p.path); string(text) != "before" || p.Kept() {
			t.Errorf("%s: the file holds %q", name, text)
		}
	}
	if _, text := collect(t, p.them, id, p.path); text != five {
		t.Errorf("%q", text)
	}
	if left, _ := filepath.Glob(p.path + "*"); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestDownloadGoesOn holds that a chunk that is cut off comes again by itself,
// and that a download that was given up is gone on with at that chunk.
func TestDownloadGoesOn(t *testing.T) {
	for _, plain := range []bool{true, false} {
		p := newPair(t, 12)
		p.Plain = plain
		p.them.Hurry(300 * time.Millisecond)
		id := send(t, p.us, letter(five))
		p.Fail("download", meshtest.Fault{}, meshtest.Fault{Cut: 7}, meshtest.Fault{Stick: true, Cut: 3}, meshtest.Fault{}, meshtest.Fault{Cut: 2})
		p.Fail("download", slices.Repeat([]meshtest.Fault{{Status: 503}}, 4)...)
		_, err := p.them.Download(ctx, id, p.path)
		refused(t, err, mesh.ErrAway, "503")
		if n := p.Requests("download"); n != 9 {
			t.Errorf("%d requests", n)
		}
		if text, err := os.ReadFile(p.path + ".part"); err != nil || plain && !strings.HasPrefix(string(text), five[:24]) {
			t.Errorf("%q, %v", text, err)
		}
		if err := os.WriteFile(p.path+".part", append(must(os.ReadFile(p.path+".part")), strings.Repeat("rubbish", 20)...), 0o600); err != nil {
			t.Fatal(err)
		}
		_, text := collect(t, p.them, id, p.path)
		if n := p.Requests("download"); n != 3 || text != five {
			t.Errorf("%d more requests: %q", n, text)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestDownloadBegins holds that what was left is not used where it is of another
// message, was shortened, or cannot be read.
func TestDownloadBegins(t *testing.T) {
	p := newPair(t, 12)
	p.Plain = true
	other := send(t, p.us, letter(strings.Repeat("9000000041,\n", 5)))
	id := send(t, p.us, letter(five))
	for name, spoil := range map[string]func(){
		"another message": func() {},
		"shortened":       func() { os.Truncate(p.path+".part", 5) },
		"no state":        func() { os.Remove(p.path + ".state") },
		"half a state":    func() { os.Truncate(p.path+".state", 9) },
		"a wild state": func() {
			os.WriteFile(p.path+".state", fmt.Appendf(nil, `{"ID":%q,"Chunks":5,"Done":7,"Size":12}`, id), 0o600)
		},
	} {
		from := id
		if name == "another message" {
			from = other
		}
		p.Fail("download", meshtest.Fault{}, meshtest.Fault{}, meshtest.Fault{Status: 404})
		_, err := p.them.Download(ctx, from, p.path)
		refused(t, err, mesh.ErrMissing)
		spoil()
		p.Requests("download")
		if _, err := p.them.Download(ctx, id, p.path); err != nil || string(must(os.ReadFile(p.path))) != five || p.Requests("download") != 5 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDownloadToNowhere holds that what cannot be written here is no fault of
// the service, and is not tried again.
func TestDownloadToNowhere(t *testing.T) {
	p := newPair(t, 0)
	id := send(t, p.us, letter(five))
	_, err := p.them.Download(ctx, id, filepath.Join(p.path, "none", "reply"))
	if !errors.Is(err, os.ErrNotExist) || p.Requests("download") != 0 {
		t.Error(err)
	}
}

// TestTooBig holds that no more is stored than is allowed, as it comes and as it
// is unpacked.
func TestTooBig(t *testing.T) {
	p := newPair(t, 0)
	zeros := strings.Repeat("0", 1<<20)
	id := send(t, p.us, letter(zeros))
	for _, plain := range []bool{true, false} {
		p.Plain = plain
		config := p.Config(p.URL, meshtest.Theirs)
		config.Most = 1<<20 - 1
		_, err := open(t, config).Download(ctx, id, p.path)
		refused(t, err, mesh.ErrRefused, "bigger than may be collected")
		if info, err := os.Stat(p.path + ".part"); err == nil && info.Size() >= 1<<20 {
			t.Errorf("%d bytes are there", info.Size())
		}
		config.Most++
		if _, err := open(t, config).Download(ctx, id, p.path); err != nil {
			t.Error(err)
		}
	}
}

// zeros has as many bytes as are read.
type zeros struct{}

func (zeros) Read(p []byte) (int, error)             { clear(p); return len(p), nil }
func (zeros) ReadAt(p []byte, at int64) (int, error) { clear(p); return len(p), nil }

// TestMemory holds that 64 MB go out and come in through little memory.
func TestMemory(t *testing.T) {
	const size = 64 << 20
	papers := meshtest.NewPapers(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if n, err := io.Copy(io.Discard, r.Body); n != size || err != nil {
				t.Errorf("%d bytes, %v", n, err)
			}
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, `{"message_id":"20220228174323222_ABCDEF"}`)
			return
		}
		w.Header().Set("Mex-MessageType", "DATA")
		w.Header().Set("Content-Length", fmt.Sprint(size))
		if r.Method == http.MethodGet {
			io.CopyN(w, zeros{}, size)
		}
	}))
	s.TLS = papers.Server()
	s.StartTLS()
	defer s.Close()
	config := papers.Config(s.URL, meshtest.Ours)
	config.Chunk = size
	us := open(t, config)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l := letter("")
	l.Content, l.Size = zeros{}, size
	id := send(t, us, l)
	if _, err := us.Download(context.Background(), id, filepath.Join(t.TempDir(), "reply")); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
		t.Errorf("%d MB allocated on both sides", n>>20)
	}
}
