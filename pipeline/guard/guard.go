// Package guard has a panic end what was being done, and not the process. It
// becomes an error that says of which type the panic's value was and where it
// came from, and never the value: that may be a part of a record.
//
// A panic in a goroutine that a library has started ends the process all the
// same, and so does what Go does not let anybody recover from.
package guard

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// Panic is a panic that was caught.
type Panic struct {
	Type  string   // of its value
	Stack []string // where it came from, innermost first: names, files and lines
}

// Error tells the type and the innermost function.
func (p *Panic) Error() string {
	in := "a place that is not known"
	if len(p.Stack) > 0 {
		in, _, _ = strings.Cut(p.Stack[0], " ")
	}
	return fmt.Sprintf("panic (%s) in %s; the log has the stack", p.Type, in)
}

// Try calls f, and returns a *Panic where f panics.
func Try(f func() error) (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *Panic:
			err = v // of a Group
		default:
			err = &Panic{fmt.Sprintf("%T", v), stack()}
		}
	}()
	return f()
}

func stack() (out []string) {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") && !strings.HasPrefix(f.Function, "secondaryuse/pipeline/guard.") {
			out = append(out, fmt.Sprintf("%s %s:%d", f.Function, f.File, f.Line))
		}
		if !more {
			return out
		}
	}
}

// Group is a sync.WaitGroup for goroutines that may panic: Wait panics in their
// place, with the first *Panic, once all of them have ended.
type Group struct {
	all   sync.WaitGroup
	first atomic.Pointer[Panic]
}

// Go calls f in a goroutine of its own.
func (g *Group) Go(f func()) {
	g.all.Go(func() {
		if p, ok := Try(func() error { f(); return nil }).(*Panic); ok {
			g.first.CompareAndSwap(nil, p)
		}
	})
}

// Wait waits until all of them have ended.
func (g *Group) Wait() {
	g.all.Wait()
	if p := g.first.Load(); p != nil {
		panic(p)
	}
}

// Share calls f on every core with a share of n things: from the first to before the
// second. It returns once all are done.
func Share(n int, f func(from, to int)) {
	var g Group
	share := n/runtime.GOMAXPROCS(0) + 1
	for from := 0; from < n; from += share {
		g.Go(func() { f(from, min(from+share, n)) })
	}
	g.Wait()
}
