package form_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/optout/form"
	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
	"secondaryuse/deid/identity"
)

// parts keeps the files that are written.
type parts []*bytes.Buffer

type closer struct{ io.Writer }

func (closer) Close() error { return nil }

func (p *parts) create(n int) (io.WriteCloser, error) {
	if n != len(*p)+1 {
		return nil, errors.New("out of order")
	}
	*p = append(*p, new(bytes.Buffer))
	return closer{(*p)[n-1]}, nil
}

// TestWrite holds that every NHS number is written once, as the service wants
// it, in files that are no longer than they may be, and that all are counted.
func TestWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		picks := rapid.SliceOfN(rapid.IntRange(-3, 40), 0, 60).Draw(t, "picks")
		most := rapid.IntRange(0, 20).Draw(t, "most")
		var numbers []identity.Number
		wanted := map[string]bool{}
		want := form.Count{}
		for _, i := range picks {
			switch {
			case i == -1:
				numbers = append(numbers, identity.Number{})
				want.Without++
				continue
			case i < 0: // ten and fourteen bytes
				local, _ := identity.Local([]byte{byte(-i), 'x'})
				numbers = append(numbers, local)
				want.Without++
				continue
			}
			text := gatetest.Number(i)
			n, err := identity.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, n)
			if wanted[text] {
				want.Twice++
			}
			wanted[text] = true
		}
		var files parts
		got, err := form.Write(slices.Values(numbers), most, files.create)
		want.Sent = len(wanted)
		if most == 0 {
			most = 1000
		}
		want.Files = (want.Sent + most - 1) / most
		if got != want || len(files) != want.Files || errors.Is(err, form.ErrNobody) != (want.Sent == 0) || err != nil && want.Sent > 0 {
			t.Fatalf("%+v, %v; want %+v", got, err, want)
		}
		var all []string
		for _, f := range files {
			lines := strings.SplitAfter(f.String(), "\n")
			if lines = lines[:len(lines)-1]; len(lines) == 0 || len(lines) > most {
				t.Fatalf("a file of %d lines", len(lines))
			}
			all = append(all, lines...)
		}
		for _, line := range all {
			if len(line) != 12 || line[10:] != ",\n" || !wanted[line[:10]] {
				t.Fatal("a line that is none")
			}
		}
		if len(all) != len(wanted) || !slices.IsSorted(all) {
			t.Fatalf("%d lines for %d numbers", len(all), len(wanted))
		}
	})
}

// TestLeadingZeros holds that a Scottish number keeps its zeros.
func TestLeadingZeros(t *testing.T) {
	n, err := identity.Parse([]byte("0101000001"))
	for i := byte('0'); err != nil && i <= '9'; i++ {
		n, err = identity.Parse([]byte("010100000" + string(i)))
	}
	var files parts
	if _, err := form.Write(slices.Values([]identity.Number{n}), 0, files.create); err != nil || !strings.HasPrefix(files[0].String(), "010100000") {
		t.Fatal(err)
	}
}

// broken cannot be written to, or not be closed.
type broken struct{ write, close error }

func (b broken) Write(p []byte) (int, error) { return len(p), b.write }
func (b broken) Close() error                { return b.close }

// TestWriteFails holds that a file that is not whole is an error.
func TestWriteFails(t *testing.T) {
	n, _ := identity.Parse([]byte(gatetest.Number(1)))
	full := errors.New("full")
	for _, b := range []broken{{write: full}, {close: full}} {
		_, err := form.Write(slices.Values([]identity.Number{n}), 0, func(int) (io.WriteCloser, error) { return b, nil })
		if !errors.Is(err, full) {
			t.Error(err)
		}
	}
	_, err := form.Write(slices.Values([]identity.Number{n}), 0, func(int) (io.WriteCloser, error) { return nil, full })
	if !errors.Is(err, full) {
		t.Error(err)
	}
}

func TestName(t *testing.T) {
	at := time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC) // the first of July in London
	for _, tc := range []struct {
		from   string
		number int
		want   string
	}{
		{"8HQ50OT001", 1, "8HQ50OT001-01072026-0001.dat"}, {"0ARHC002", 9999, "0ARHC002-01072026-9999.dat"},
		{"8HQ50OT001", 0, ""}, {"8HQ50OT001", 10000, ""}, {"8hq50ot001", 1, ""}, {"../A", 1, ""}, {"", 1, ""},
	} {
		if got, err := form.Name(tc.from, at, tc.number); got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%q, %v; want %q", got, err, tc.want)
		}
	}
}

const status = `{"version":1,"id":"a","status":"pending","received":"x","submitted":"y","stages":[
{"stage":"validate_non_empty_file","ts":"z","passed":true,"details":null},{"stage":"validate_in_order","ts":"z","passed":true}],
"sender_id":"X26ABC1","dataset_id":"mesh_to_pos","metadata":{"submission_id":"1","file_type":"csv","filename":"X26ABC1-01072026-0001.dat","filesize":12,
"request":{"extra":{"sending_mailbox":"X26ABC1","message_id":"2","filename":"X26ABC1-01072026-0001.dat","local_id":"ohc-0001","message_type":"DATA"}}}}`

func TestStatus(t *testing.T) {
	for _, tc := range []struct{ name, old, new, failed, want string }{
		{"as it is", "", "", "", ""},
		{"not unique", `"validate_in_order","ts":"z","passed":true`, `"validate_is_unique_upload","passed":false,"details":"9434765919"`, "validate_is_unique_upload", "next: send it with a file name that was never used"},
		{"empty", `"passed":true,"details":null`, `"passed":false`, "validate_non_empty_file", "has no line"},
		{"out of order", `"ts":"z","passed":true}]`, `"passed":false}]`, "validate_in_order", "next number"},
		{"a check of tomorrow", `"validate_in_order","ts":"z","passed":true`, `"9434765919","passed":false`, "another check", "ask the service desk"},
		{"not yet", `"ts":"z","passed":true}]`, `"passed":null}]`, "", ""},
	} {
		s, err := form.ParseStatus(strings.NewReader(strings.Replace(status, tc.old, tc.new, 1)))
		if err != nil || s != (form.Status{LocalID: "ohc-0001", File: "X26ABC1-01072026-0001.dat", Failed: tc.failed}) {
			t.Errorf("%s: %+v, %v", tc.name, s, err)
		}
		if told := s.Err(); (told == nil) != (tc.failed == "") || told != nil && (!strings.Contains(told.Error(), tc.want) || strings.Contains(told.Error(), "9434765919")) {
			t.Errorf("%s: %v", tc.name, told)
		}
	}
	for _, text := range []string{"", "{}", "[]", status[:200], status + "{", strings.Replace(status, "ohc-0001", "a b", 1), strings.Replace(status, "ohc-0001", "", 1), strings.Repeat(" ", 1<<20) + status} {
		if s, err := form.ParseStatus(strings.NewReader(text)); !errors.Is(err, form.ErrStatus) || s != (form.Status{}) {
			t.Errorf("%.20q: %+v, %v", text, s, err)
		}
	}
}

// FuzzStatus holds that a message of any shape gives a status of known words.
func FuzzStatus(f *testing.F) {
	f.Add(status)
	f.Add(strings.ReplaceAll(status, "true", "false"))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := form.ParseStatus(strings.NewReader(text))
		if err != nil {
			if s != (form.Status{}) || err.Error() != form.ErrStatus.Error() {
				t.Fatal(s, err)
			}
			return
		}
		if s.LocalID == "" || strings.ContainsAny(s.LocalID+s.File, " \n/\\") || (s.Err() == nil) != (s.Failed == "") {
			t.Fatalf("%+v", s)
		}
	})
}

// TestThereAndBack sends a request to a responder that plays the service, and
// has the gate stand on what it answers: those who came back may be used, and a
// reply with a stranger, or of one line that says no, opens nothing.
func TestThereAndBack(t *testing.T) {
	s, people := meshtest.New(t), gatetest.New(t, 20)
	us, service := client(t, s, meshtest.Ours), client(t, s, meshtest.Theirs)
	dir, now := t.TempDir(), time.Now().Truncate(time.Second)
	sent, reply, control := filepath.Join(dir, "request"), filepath.Join(dir, "reply"), filepath.Join(dir, "reply.ctl")
	write(t, sent, people.People)
	for _, tc := range []struct{ name, answer, want string }{
		{"two have opted out", lines(people.People[2:]), ""},
		{"a stranger", lines(people.People[2:]) + gatetest.Number(7777) + ",\n", "foreign: the reply holds a number that was not sent"},
		{"no", "The file contains one or more invalid NHS Numbers. \n", "the service refused the request"},
	} {
		send(t, us, meshtest.Theirs, sent)
		asked := collect(t, service, filepath.Join(dir, "asked"))
		if asked != lines(people.People) {
			t.Fatalf("%s: the service was asked another thing", tc.name)
		}
		if err := os.WriteFile(filepath.Join(dir, "cleaned"), []byte(tc.answer), 0o600); err != nil {
			t.Fatal(err)
		}
		send(t, service, meshtest.Ours, filepath.Join(dir, "cleaned"))
		collect(t, us, reply)
		if err := os.WriteFile(control, form.Control(now, workflow), 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := optout.Open(optout.Config{Sent: sent, Reply: reply, Control: control, Now: now})
		if tc.want != "" {
			if g != nil || !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "next: ") || people.Leak(err.Error()) != "" {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		if err != nil || !strings.Contains(g.Describe(), "18 of 20 sent may be used") {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if issued, _, err := optout.Issued(optout.Config{Control: control}); err != nil || !issued.Equal(now) {
			t.Errorf("issued %v, %v; want %v", issued, err, now)
		}
	}
}

const workflow = "SPINE_NTT_UPHOLDING"

func client(t *testing.T, s *meshtest.Service, mailbox string) *mesh.Client {
	t.Helper()
	c, err := mesh.Open(s.Config(s.URL, mailbox))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lines is a request or a reply of these numbers.
func lines(numbers []string) string {
	numbers = slices.Sorted(slices.Values(numbers))
	return strings.Join(append(numbers, ""), ",\n")
}

func write(t *testing.T, path string, people []string) {
	t.Helper()
	var numbers []identity.Number
	for _, p := range people {
		n, err := identity.Parse([]byte(p))
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	if _, err := form.Write(slices.Values(numbers), 0, func(int) (io.WriteCloser, error) { return os.Create(path) }); err != nil {
		t.Fatal(err)
	}
}

func send(t *testing.T, c *mesh.Client, to, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(context.Background(), mesh.Letter{To: to, Workflow: workflow, LocalID: "ohc-0001", Subject: "ohc", Content: f, Size: info.Size()}); err != nil {
		t.Fatal(err)
	}
}

// collect collects the one message of an inbox.
func collect(t *testing.T, c *mesh.Client, path string) string {
	t.Helper()
	ctx := context.Background()
	list, err := c.Inbox(ctx, workflow)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d messages, %v", len(list), err)
	}
	m, err := c.Download(ctx, list[0], path)
	if err != nil || m.LocalID != "ohc-0001" {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Acknowledge(ctx, m.ID); err != nil {
		t.Fatal(err)
	}
	return string(text)
}
