package bulktest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

var rangeOf = regexp.MustCompile(`^bytes=(\d+)-$`)

// file sends a file, or the rest of it.
func (s *Server) file(w http.ResponseWriter, r *http.Request, f Fault) {
	j := s.jobs[r.PathValue("job")]
	if !s.mayHave(w, r) {
		return
	}
	n, err := strconv.Atoi(r.PathValue("file"))
	if f.Expire && j != nil {
		j.signed++
	}
	if j == nil || err != nil || n >= len(j.files) || r.URL.Query().Get("signature") != fmt.Sprintf("%s-%d", Signature, j.signed) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	c := j.files[n]
	if f.Retag {
		s.serial++
		c.tag = fmt.Sprintf(`"v%d"`, s.serial)
	}
	right := s.coded(c.plain)
	body := right
	if f.Alter != nil {
		body = s.coded(f.Alter(bytes.Clone(c.plain)))
	}
	if s.Gzip {
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Type", "application/fhir+ndjson")
	if !s.NoTag {
		w.Header().Set("ETag", c.tag)
	}
	from, ok := s.from(w, r, c, len(right), len(body), f)
	if ok {
		s.send(w, body, from, f)
	}
}

// mayHave reports whether the request for a file is one that it should be.
func (s *Server) mayHave(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case r.Header.Get("Accept") != "application/fhir+ndjson" || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip"):
		s.violation(w, "file: Accept or Accept-Encoding")
	case s.Capability && r.Header.Get("Authorization") != "":
		s.violation(w, "file: a token where none is wanted")
	case !s.Capability && !s.Open:
		return s.admitted(w, r)
	default:
		return true
	}
	return false
}

// from is where in a file a request begins; it has answered where that is
// nowhere. right is how long the file is, size how long what is sent is.
func (s *Server) from(w http.ResponseWriter, r *http.Request, c *content, right, size int, f Fault) (int, bool) {
	text := r.Header.Get("Range")
	if text == "" {
		return 0, true
	}
	m := rangeOf.FindStringSubmatch(text)
	tag := r.Header.Get("If-Range")
	if m == nil || tag == "" && !s.NoTag || strings.HasPrefix(tag, "W/") || s.NoTag && !s.Gzip {
		s.violation(w, "file: a range that cannot be, or of what may have changed")
		return 0, false
	}
	from, _ := strconv.Atoi(m[1])
	switch {
	case from == 0 || from > right:
		s.violation(w, "file: a range of nothing")
		return 0, false
	case s.NoRange || f.Whole || tag != "" && tag != c.tag:
		return 0, true
	case from >= size:
		w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return 0, false
	}
	return from, true
}

// send sends a file from a place, and cuts the connection where a fault says so.
func (s *Server) send(w http.ResponseWriter, body []byte, from int, f Fault) {
	size := len(body)
	if s.Endless {
		w.Header().Set("Transfer-Encoding", "identity")
	} else if !s.Chunked {
		w.Header().Set("Content-Length", strconv.Itoa(size-from))
	}
	if from > 0 {
		told, total := from, size
		if f.Resize {
			total++
		}
		if f.Shift {
			told--
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", told, size-1, total))
		w.WriteHeader(http.StatusPartialContent)
	}
	rest := body[from:]
	if f.Cut == 0 {
		w.Write(rest)
		return
	}
	w.Write(rest[:min(f.Cut, len(rest))])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// coded is content as it goes over the wire.
func (s *Server) coded(b []byte) []byte {
	if s.Gzip {
		return zip(b)
	}
	return b
}

func zip(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}
