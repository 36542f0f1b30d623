package mesh_test

import (
	"path/filepath"
	"testing"
	"time"

	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
)

// onTheWay holds that faults between us and the sandbox are overcome where that
// is safe, and else told.
func onTheWay(t *testing.T, s *meshtest.Sandbox) {
	f, url := s.Proxy()
	config := s.Config(url, meshtest.Ours)
	config.Chunk = 10
	us, them := open(t, config), open(t, s.Config(url, meshtest.Theirs))
	us.Hurry(time.Second)
	them.Hurry(time.Second)
	content, path := "9000000009,\n9000000017,\n", filepath.Join(t.TempDir(), "reply")

	// Every later chunk, listing, download and acknowledgement fails on its way
	// to the sandbox, or on its way back.
	bad := []meshtest.Fault{{Drop: true}, {Lose: true}, {Status: 503}, {Status: 429, RetryAfter: "7"}}
	for _, kind := range []string{"handshake", "chunk", "inbox", "head", "track", "acknowledge"} {
		f.Fail(kind, bad...)
	}
	f.Fail("download", meshtest.Fault{Cut: 3}, meshtest.Fault{}, meshtest.Fault{Cut: 1}, meshtest.Fault{Drop: true}, meshtest.Fault{Stick: true, Cut: 2}, meshtest.Fault{Hang: true})
	if err := us.Handshake(ctx); err != nil {
		t.Fatal(err)
	}
	id := send(t, us, letter(content))
	inbox(t, them, "", id)
	state(t, us, id, "accepted")
	if _, text := collect(t, them, id, path); text != content {
		t.Errorf("%q", text)
	}
	if f.Kept() {
		t.Error("not all faults were met")
	}
	// The first POST is never sent again. Where its answer is lost the message is
	// there, once; where it never came, it is not.
	for _, tc := range []struct {
		fault meshtest.Fault
		there int
	}{{meshtest.Fault{Lose: true}, 1}, {meshtest.Fault{Cut: 5}, 1}, {meshtest.Fault{Drop: true}, 0}, {meshtest.Fault{Hang: true}, 0}, {meshtest.Fault{Status: 504}, 0}} {
		f.Fail("send", tc.fault)
		f.Requests("send")
		short := letter("9000000009")
		_, err := us.Send(ctx, short)
		refused(t, err, mesh.ErrUnsure, "may or may not have taken the message", "next: wait for what it leads to")
		list, err := them.Inbox(ctx, "")
		if err != nil || len(list) != tc.there || f.Requests("send") != 1 {
			t.Errorf("%+v: inbox %v, %v", tc.fault, list, err)
		}
		for _, id := range list {
			collect(t, them, id, path)
		}
	}
}
