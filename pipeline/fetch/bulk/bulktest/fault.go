package bulktest

import (
	"encoding/json"
	"net/http"
)

// Fault is what one request meets instead of a right answer. The fields are
// alternatives, but for RetryAfter and Issue, which go with Status.
type Fault struct {
	Status     int
	Issue      string // code of the OperationOutcome that comes with it
	RetryAfter string
	Location   string              // of a redirect
	Body       string              // the answer, with 200 unless Status says otherwise
	Cut        int                 // the connection is cut after this many bytes; 1 or more
	Hang       bool                // no answer comes until the client goes
	Export     int                 // the request succeeds, and tells that the export has this status
	Lose       bool                // the export is lost
	Expire     bool                // the links of the export are, and have new addresses
	Whole      bool                // the range that was asked for is ignored
	Shift      bool                // another range is sent than was asked for
	Resize     bool                // the file has another length than it had
	Retag      bool                // the file has another tag from now on
	Alter      func([]byte) []byte // of a file's plain content, this once
}

// Text is what a server may say that must not be repeated: it stands in every
// OperationOutcome.
const Text = "no such patient: " + Name + " " + Number

// Fail lets the next requests of a kind meet faults, one each. A zero Fault
// lets one through.
func (s *Server) Fail(kind string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[kind] = append(s.faults[kind], faults...)
}

// Mend takes all faults away that were not met.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = map[string][]Fault{}
}

// next is the fault that a request of a kind meets.
func (s *Server) next(kind string) Fault {
	s.requests[kind]++
	list := s.faults[kind]
	if len(list) == 0 {
		return Fault{}
	}
	s.faults[kind] = list[1:]
	return list[0]
}

// meet answers by a fault that is about any request; it reports whether it did.
func (f Fault) meet(w http.ResponseWriter, r *http.Request) bool {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	switch {
	case f.Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case f.Location != "":
		http.Redirect(w, r, f.Location, http.StatusFound)
	case f.Body != "":
		w.WriteHeader(max(f.Status, 200))
		w.Write([]byte(f.Body))
	case f.Issue != "":
		refuse(w, f.Status, f.Issue)
	case f.Status != 0:
		w.WriteHeader(f.Status)
		w.Write([]byte("<html>" + Text))
	default:
		return false
	}
	return true
}

// refuse answers by an OperationOutcome.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/fhir+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(operationOutcome("error", code))
}

func operationOutcome(severity, code string) any {
	return map[string]any{"resourceType": "OperationOutcome", "issue": []any{
		map[string]any{"severity": severity, "code": code, "diagnostics": Text, "details": map[string]string{"text": Text}}}}
}

// violation notes what a client must not do, and refuses it.
func (s *Server) violation(w http.ResponseWriter, what string) {
	s.violations = append(s.violations, what)
	refuse(w, http.StatusBadRequest, "invalid")
}
