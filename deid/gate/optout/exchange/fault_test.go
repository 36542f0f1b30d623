package exchange

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
)

// TestFaults has each thing go wrong while a list is in use: what was in use stays
// so, whatever is said tells what to do next and nobody's number, and the exchange
// ends well once that is over.
func TestFaults(t *testing.T) {
	const refused, failed = true, false
	five := []meshtest.Fault{{Drop: true}, {Drop: true}, {Drop: true}, {Drop: true}, {Drop: true}}
	fault := func(kind string, f ...meshtest.Fault) func(*world) {
		return func(w *world) { w.mesh.Fail(kind, f...) }
	}
	served := func(kind string, f ...meshtest.Fault) func(*world) {
		return func(w *world) { w.reply(whole); w.mesh.Fail(kind, f...) }
	}
	for _, tc := range []struct {
		name    string
		ask     func(*world) // before a request is sent
		answer  func(*world) // before answers are collected
		refused bool
		want    string
		hold    bool // nothing is sent until somebody calls for it
	}{
		{name: "403", ask: fault("handshake", meshtest.Fault{Status: 403}), refused: refused, want: "403 Forbidden: the service does not let us in"},
		{name: "403 while sending", ask: fault("send", meshtest.Fault{Status: 403}), refused: refused, want: "send: 403"},
		{name: "417", ask: fault("send", meshtest.Fault{Status: 417, Code: "12"}), refused: refused, want: "417 Expectation Failed: code 12"},
		{name: "cut off before it was sent", ask: fault("handshake", five...), refused: failed, want: "the connection was cut"},
		{name: "503", ask: fault("handshake", meshtest.Fault{Status: 503}, meshtest.Fault{Status: 503}, meshtest.Fault{Status: 503}, meshtest.Fault{Status: 503}, meshtest.Fault{Status: 503}), refused: failed, want: "503"},
		{name: "the answer to a request is lost", ask: fault("send", meshtest.Fault{Lose: true}), refused: failed, want: "may or may not have taken"},
		{name: "the request is lost", ask: fault("send", meshtest.Fault{Drop: true}), refused: failed, want: "may or may not have taken"},
		{name: "403 in the inbox", answer: served("inbox", meshtest.Fault{Status: 403}), refused: refused, want: "inbox: 403"},
		{name: "404 for a message", answer: served("head", meshtest.Fault{Status: 404}), refused: failed, want: "404"},
		{name: "410 for a message", answer: served("head", meshtest.Fault{Status: 410}), refused: failed, want: "410"},
		{name: "410 for its content", answer: served("download", meshtest.Fault{Status: 410}), refused: failed, want: "410"},
		{name: "acknowledged by another", answer: func(w *world) {
			local, text := w.asked()
			w.say(local[0], status(local[0], "validate_in_order", true))
			w.mesh.Fail("acknowledge", meshtest.Fault{Status: 410})
			w.pending = func() { w.say(local[0], w.cleaned(text[local[0]])) }
		}, refused: failed, want: "acknowledge"},
		{name: "truncated", answer: served("download", meshtest.Fault{Cut: 5}, meshtest.Fault{Cut: 5}, meshtest.Fault{Cut: 5}, meshtest.Fault{Cut: 5}, meshtest.Fault{Cut: 5}), refused: failed, want: "the connection was cut"},
		{name: "another chunk", answer: served("download", meshtest.Fault{Alter: func(h http.Header, _ *[]byte) { h.Set("Mex-Chunk-Range", "2:2"); h.Del("Mex-Total-Chunks") }}), refused: failed, want: "another chunk"},
		{name: "a stranger", answer: func(w *world) { w.reply(func(s string) string { return s + gatetest.Number(7777) + ",\n" }) }, refused: refused, want: "foreign: the reply holds a number that was not sent", hold: true},
		{name: "one line that says no", answer: func(w *world) {
			w.reply(func(string) string { return "The file contains one or more invalid NHS Numbers. \n" })
		}, refused: refused, want: "the service refused the request: one or more of its numbers are not valid", hold: true},
		{name: "half a line", answer: func(w *world) { w.reply(func(s string) string { return s[:len(s)-6] }) }, refused: refused, want: "the reply to ohc-", hold: true},
		{name: "short", answer: func(w *world) { w.reply(func(s string) string { return s[:12*5] }) }, refused: refused, want: "wrong polarity", hold: true},
		{name: "no such thing", answer: func(w *world) { w.reply(func(string) string { return "planted\n" }) }, refused: refused, want: "not a number and one comma", hold: true},
		{name: "a check not passed", answer: func(w *world) {
			local, _ := w.asked()
			w.say(local[0], status(local[0], "validate_in_order", false))
		}, refused: refused, want: "validate_in_order; next: send it with the next number", hold: true},
		{name: "a status of another", answer: func(w *world) {
			local, text := w.asked()
			w.say(local[0], status("ohc-other", "validate_in_order", false))
			w.pending = func() { w.say(local[0], w.cleaned(text[local[0]])) }
		}, refused: failed, want: "about another request"},
		{name: "a status that cannot be read", answer: func(w *world) {
			local, text := w.asked()
			w.say(local[0], "{planted}")
			w.pending = func() { w.say(local[0], w.cleaned(text[local[0]])) }
		}, refused: failed, want: "not a status message"},
		{name: "two answers that differ", answer: func(w *world) {
			local, text := w.asked()
			w.say(local[0], w.cleaned(text[local[0]]))
			w.say(local[0], text[local[0]])
		}, refused: refused, want: "answered twice", hold: true},
		{name: "another mailbox answers", answer: func(w *world) {
			local, text := w.asked()
			third, err := mesh.Open(w.mesh.Config(w.mesh.URL, meshtest.Third))
			w.must(err)
			w.sayFrom(third, local[0], text[local[0]])
			w.pending = func() { w.say(local[0], w.cleaned(text[local[0]])) }
		}, refused: refused, want: "from another mailbox"},
		{name: "nobody has collected it", answer: func(w *world) {
			w.mesh.Expire(w.open().state.Pending.Files[0].Message)
		}, refused: refused, want: "ask the recipient whether its mailbox is looked after", hold: true},
		{name: "no answer", answer: func(w *world) { w.asked(); w.now = w.now.Add(49 * time.Hour) }, refused: refused, want: "no answer has come in time; next: "},
		{name: "not collected for days", answer: func(w *world) { w.now = w.now.Add(49 * time.Hour) }, refused: refused, want: "the service has not collected it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 20)
			w.must(w.step())
			w.serve()
			w.must(w.step())
			before := w.holds()
			w.now = w.now.Add(7 * 24 * time.Hour)
			if tc.ask != nil {
				tc.ask(w)
			}
			err := w.step()
			if tc.ask == nil {
				w.must(err)
				tc.answer(w)
				err = w.step()
			}
			if w.mesh.Kept() {
				t.Error("the fault was not met")
			}
			if err == nil || errors.Is(err, gate.ErrRefused) != tc.refused || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "next: ") {
				t.Fatalf("it ended with %v, refused %v; want %s", err, errors.Is(err, gate.ErrRefused), tc.want)
			}
			w.quiet(err.Error())
			w.quiet(w.open().Standing().String() + w.open().Standing().Failed)
			for _, f := range before {
				if !strings.Contains(strings.Join(w.holds(), " "), f) {
					t.Error("what was in use is not there any more")
				}
			}
			if w.allowed() != 19 {
				t.Error("what was in use is not in use any more")
			}
			w.mends(tc.hold)
		})
	}
}

// mends holds that an exchange in which something went wrong comes to a list, and
// where it was refused not before it is called for.
func (w *world) mends(hold bool) {
	w.t.Helper()
	issued := w.open().state.List.Issued
	w.mesh.Mend()
	if w.pending != nil {
		w.pending()
	}
	if hold {
		n := w.mesh.Sent()
		if err := w.step(); !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "the last request failed: ") || w.mesh.Sent() != n {
			w.t.Fatalf("the step after a refusal: %v", err)
		}
		w.must(w.open().Request(w.t.Context(), w.who))
	}
	var err error
	for range 5 {
		w.serve()
		if err = w.step(); err == nil && w.open().state.List.Issued.After(issued) {
			break
		}
		w.now = w.now.Add(25 * time.Hour)
	}
	s := w.open().state
	if err != nil || !s.List.Issued.After(issued) || s.Pending != nil || w.allowed() != 19 {
		w.t.Fatalf("it does not mend: %v, %+v", err, w.open().Standing())
	}
	if left := w.holds(); len(left) != 3 {
		w.t.Errorf("left is %q", left)
	}
	w.must(w.step()) // what was left in the inbox is about what is over
	if ids, err := w.c.Client.Inbox(w.t.Context(), ""); err != nil || len(ids) > 0 {
		w.t.Errorf("%d messages are left, %v", len(ids), err)
	}
}

// reply has the service answer the one file that was asked for.
func (w *world) reply(change func(string) string) {
	w.t.Helper()
	local, text := w.asked()
	if len(local) != 1 {
		w.t.Fatal("not one file")
	}
	w.say(local[0], change(w.cleaned(text[local[0]])))
}

// whole leaves a reply as it is.
func whole(s string) string { return s }

// TestOrder has answers come twice, in any order, before their status, in chunks,
// and together with what is not ours.
func TestOrder(t *testing.T) {
	for _, how := range []func(*meshtest.Service){
		func(s *meshtest.Service) { s.Twice = true },
		func(s *meshtest.Service) { s.Swapped = true },
		func(s *meshtest.Service) { s.Twice, s.Swapped, s.PerPage = true, true, 1 },
		func(s *meshtest.Service) { s.Split, s.Once = true, true },
	} {
		w := newWorld(t, 25)
		w.c.Rows = 10
		how(w.mesh)
		w.must(w.step())
		local, text := w.asked()
		w.say("somebody-elses", "planted")
		w.say(local[2], w.cleaned(text[local[2]]))
		w.say(local[2], w.cleaned(text[local[2]]))
		w.say(local[2], status(local[2], "validate_in_order", true))
		w.must(w.step())
		if x := w.open().state; x.List != nil || !x.Pending.Files[2].Begun.Equal(w.now.UTC()) {
			t.Fatal("a list of a part of the request is in use")
		}
		w.say(local[1], w.cleaned(text[local[1]]))
		w.say(local[0], w.cleaned(text[local[0]]))
		w.must(w.step())
		if n := w.allowed(); n != 24 {
			t.Errorf("%d may be used", n)
		}
		if ids, err := w.c.Client.Inbox(t.Context(), ""); err != nil || len(ids) != 1 {
			t.Errorf("%d messages are left beside what is not ours, %v", len(ids)-1, err)
		}
	}
}

// TestSwap has the answers of two files be exchanged: as a whole they would fit.
func TestSwap(t *testing.T) {
	w := newWorld(t, 20)
	w.c.Rows = 10
	w.must(w.step())
	local, text := w.asked()
	w.say(local[0], text[local[1]])
	w.say(local[1], text[local[0]])
	if err := w.step(); !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "foreign") {
		t.Error(err)
	}
}

// TestUnsure holds that what may have been taken is never sent again, that an
// answer says that it was, and that files behind it wait for that.
func TestUnsure(t *testing.T) {
	w := newWorld(t, 20)
	w.c.Rows = 10
	w.mesh.Fail("send", meshtest.Fault{Lose: true})
	if err := w.step(); !errors.Is(err, mesh.ErrUnsure) {
		t.Fatal(err)
	}
	for range 3 {
		w.must(w.step())
	}
	if n := w.mesh.Sent(); n != 1 {
		t.Fatalf("%d files were sent", n)
	}
	local, text := w.asked()
	w.say(local[0], status(local[0], "validate_in_order", true))
	w.must(w.step())
	w.say(local[0], w.cleaned(text[local[0]]))
	w.serve()
	w.must(w.step())
	if n := w.allowed(); n != 19 {
		t.Errorf("%d may be used", n)
	}
}

// TestAllOptedOut holds that a reply without a byte allows nobody, and does so only
// where that is said to be right.
func TestAllOptedOut(t *testing.T) {
	for _, allow := range []bool{false, true} {
		w := newWorld(t, 20)
		w.c.List.AllowEmpty = allow
		w.must(w.step())
		w.reply(whole)
		w.mesh.Fail("download", meshtest.Fault{Alter: func(h http.Header, b *[]byte) { h.Del("Content-Encoding"); *b = nil }})
		err := w.step()
		if !allow && (!errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "empty: it has no bytes")) {
			t.Error(err)
		}
		if allow && (err != nil || w.allowed() != 0) {
			t.Errorf("%v", err)
		}
	}
}

// TestInPart holds that a file of which the service has a part only is not gone on
// with: it was never delivered, and the next request has names of its own.
func TestInPart(t *testing.T) {
	w := newWorld(t, 20)
	c := w.mesh.Config(w.mesh.URL, meshtest.Ours)
	c.Chunk = 100
	var err error
	w.c.Client, err = mesh.Open(c)
	w.must(err)
	w.mesh.Fail("chunk", meshtest.Fault{Status: 406})
	if err := w.step(); !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "was sent in part; next: ") {
		t.Fatal(err)
	}
	if left := w.holds(); len(left) > 0 {
		t.Errorf("left is %q", left)
	}
	w.must(w.step())
	w.serve()
	w.must(w.step())
	if n := w.allowed(); n != 19 {
		t.Errorf("%d may be used", n)
	}
	w.named(2)
}
