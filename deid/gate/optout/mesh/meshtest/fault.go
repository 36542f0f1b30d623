package meshtest

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Text is what a service may say that must not be repeated: it stands in every
// refusal.
const Text = "no such patient: GOLDENEYE 9434765919"

// Fault is what one request meets instead of a right answer. The fields are
// alternatives, but for Code and RetryAfter, which go with Status.
type Fault struct {
	Status     int
	Code       string
	RetryAfter string
	Drop       bool                           // the connection is cut, and nothing is done
	Lose       bool                           // it is done, and the answer is lost
	Hang       bool                           // no answer comes until the client goes
	Stick      bool                           // an answer begins, and does not go on until the client goes
	Cut        int                            // the answer is cut after this many bytes of its body; 1 or more
	Endless    bool                           // the answer does not tell where it ends, and is cut
	Alter      func(h http.Header, b *[]byte) // of an answer
	As         int                            // the answer has this status
}

// Faults stands in front of a service. Kinds of request are handshake, send,
// chunk, inbox, head, download, acknowledge, track and admin.
type Faults struct {
	inner http.Handler

	mu     sync.Mutex
	faults map[string][]Fault
	counts map[string]int
}

// Fail lets the next requests of a kind meet faults, one each. A zero Fault
// lets one through.
func (f *Faults) Fail(kind string, list ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[kind] = append(f.faults[kind], list...)
}

// Mend takes all faults away that were not met.
func (f *Faults) Mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.faults)
}

// Requests is how many requests of a kind there were since it was last asked.
func (f *Faults) Requests(kind string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.counts[kind]
	f.counts[kind] = 0
	return n
}

// Kept reports whether there are faults that no request has met.
func (f *Faults) Kept() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, list := range f.faults {
		if len(list) > 0 {
			return true
		}
	}
	return false
}

func (f *Faults) next(kind string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[kind]++
	list := f.faults[kind]
	if len(list) == 0 {
		return Fault{}
	}
	f.faults[kind] = list[1:]
	return list[0]
}

// kindOf is the kind of a request.
func kindOf(r *http.Request) string {
	p := strings.Split(strings.TrimPrefix(r.URL.Path, "/messageexchange/"), "/")
	switch {
	case len(p) == 1:
		return "handshake"
	case p[1] == "outbox" && r.Method == http.MethodPost && len(p) == 2:
		return "send"
	case p[1] == "outbox" && r.Method == http.MethodPost:
		return "chunk"
	case p[1] == "outbox":
		return "track"
	case p[1] == "inbox" && len(p) == 2:
		return "inbox"
	case r.Method == http.MethodHead:
		return "head"
	case r.Method == http.MethodPut:
		return "acknowledge"
	}
	return "download"
}

// ServeHTTP has the service behind it answer, unless a fault does.
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault := f.next(kindOf(r))
	switch {
	case fault.Drop:
		panic(http.ErrAbortHandler)
	case fault.Hang:
		io.Copy(io.Discard, r.Body) // only then is it seen that the client goes
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case fault.Status != 0:
		io.Copy(io.Discard, r.Body)
		refuse(w, fault)
		return
	}
	answer := httptest.NewRecorder()
	f.inner.ServeHTTP(answer, r)
	fault.spoil(w, r, answer)
}

// refuse answers in the second version of the service's errors.
func refuse(w http.ResponseWriter, f Fault) {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	w.Header().Set("Location", "https://127.0.0.1:1/elsewhere")
	w.WriteHeader(f.Status)
	io.WriteString(w, `{"message_id":"`+Text+`","internal_id":"`+Text+`","detail":[{"event":"SEND","code":"`+f.Code+`","msg":"`+Text+`"}]}`)
}

// spoil passes on an answer, or what the fault leaves of it.
func (f Fault) spoil(w http.ResponseWriter, r *http.Request, answer *httptest.ResponseRecorder) {
	if f.Lose {
		panic(http.ErrAbortHandler)
	}
	body := answer.Body.Bytes()
	if f.Alter != nil {
		f.Alter(answer.Header(), &body)
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if f.Endless {
		endless(w, answer.Code, body)
	}
	if f.As != 0 {
		answer.Code = f.As
	}
	w.WriteHeader(answer.Code)
	if f.Cut > 0 || f.Stick {
		w.Write(body[:min(f.Cut, len(body))])
		http.NewResponseController(w).Flush()
		if f.Stick {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler)
	}
	w.Write(body)
}

// endless answers as servers of old did: what comes before the connection ends
// is the answer.
func endless(w http.ResponseWriter, status int, body []byte) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		head := "HTTP/1.0 " + strconv.Itoa(status) + " OK\r\n"
		for name := range w.Header() {
			if name != "Content-Length" {
				head += name + ": " + w.Header().Get(name) + "\r\n"
			}
		}
		io.WriteString(connection, head+"\r\n"+string(body[:len(body)/2]))
		connection.Close()
	}
	panic(http.ErrAbortHandler)
}

// front starts a server that wants certificates, with faults in front.
func front(t testing.TB, p *Papers, inner http.Handler) (*Faults, string) {
	f := &Faults{inner: inner, faults: map[string][]Fault{}, counts: map[string]int{}}
	s := httptest.NewUnstartedServer(f)
	s.TLS = p.Server()
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return f, s.URL
}
