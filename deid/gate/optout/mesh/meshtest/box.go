package meshtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/vnd.mesh.v2+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// rangeOf reads a chunk's number and how many there are; 0 where they are wrong.
func rangeOf(r *http.Request) (k, n int) {
	left, right, _ := strings.Cut(r.Header.Get("Mex-Chunk-Range"), ":")
	k, _ = strconv.Atoi(left)
	n, _ = strconv.Atoi(right)
	if k < 1 || k > n {
		return 0, 0
	}
	return k, n
}

// send takes a message's first chunk.
func (s *Service) send(w http.ResponseWriter, r *http.Request, mailbox string) {
	h := r.Header
	m := &message{from: mailbox, to: h.Get("Mex-To"), workflow: h.Get("Mex-WorkflowID"), file: h.Get("Mex-FileName"),
		local: h.Get("Mex-LocalID"), subject: h.Get("Mex-Subject"), gzip: h.Get("Content-Encoding") == "gzip", state: "uploading"}
	body, err := io.ReadAll(r.Body)
	k, n := rangeOf(r)
	switch {
	case err != nil:
		panic(http.ErrAbortHandler)
	case !slices.Contains([]string{Ours, Theirs, Third}, m.to):
		refuse(w, Fault{Status: 417, Code: "12"})
		return
	case k != 1 || len(body) == 0 || m.workflow == "" || h.Get("Content-Type") != "application/octet-stream":
		s.violate(w, "a first chunk that is not one")
		return
	}
	m.total, m.chunks = n, make([][]byte, n)
	s.put(m, k, body)
	s.add(m)
	answer(w, http.StatusAccepted, map[string]string{"message_id": m.id})
}

// put keeps a chunk. The last ends the upload.
func (s *Service) put(m *message, k int, body []byte) {
	m.chunks[k-1] = body
	if k == m.total {
		m.state = "accepted"
		if s.Never {
			m.state = "lost"
		}
	}
}

// chunk takes a later chunk.
func (s *Service) chunk(w http.ResponseWriter, r *http.Request, mailbox, id, number string) {
	m, body := s.find(id), []byte(nil)
	k, n := rangeOf(r)
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		panic(http.ErrAbortHandler)
	case m == nil || m.from != mailbox:
		refuse(w, Fault{Status: 404})
	case m.state != "uploading":
		refuse(w, Fault{Status: 423})
	case strconv.Itoa(k) != number || n != m.total || k < 2 || m.gzip != (r.Header.Get("Content-Encoding") == "gzip"):
		s.violate(w, "a chunk that is not one of the message")
	default:
		s.put(m, k, body)
		w.WriteHeader(http.StatusAccepted)
	}
}

// inbox lists.
func (s *Service) inbox(w http.ResponseWriter, r *http.Request, mailbox string) {
	list := []string{}
	filter := r.URL.Query().Get("workflow_filter")
	for _, m := range s.messages {
		if m.to == mailbox && m.state == "accepted" && (filter == "" || filter == m.workflow) {
			list = append(list, m.id)
			if s.Twice {
				list = append(list, m.id)
			}
		}
	}
	if s.Swapped {
		slices.Reverse(list)
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("continue_from"))
	per := max(s.PerPage, 1)
	if s.PerPage == 0 {
		per = 500
	}
	to := min(from+per, len(list))
	links := map[string]string{"self": r.URL.String()}
	if to < len(list) {
		q := r.URL.Query()
		q.Set("continue_from", strconv.Itoa(to))
		links["next"] = r.URL.Path + "?" + q.Encode()
	}
	answer(w, http.StatusOK, map[string]any{"messages": list[min(from, to):to], "links": links, "approx_inbox_count": len(list)})
}

// track tells what has become of a message.
func (s *Service) track(w http.ResponseWriter, r *http.Request, mailbox string) {
	m := s.find(r.URL.Query().Get("messageID"))
	if m == nil || m.from != mailbox {
		refuse(w, Fault{Status: 404})
		return
	}
	answer(w, http.StatusOK, map[string]any{"message_id": m.id, "status": m.state, "local_id": m.local, "status_description": Text,
		"upload_timestamp": "2026-11-22T11:48:05.123456Z", "expiry_time": "2026-11-27T11:48:05.123456"})
}

// collect tells of a message, hands out a chunk, or takes it as collected.
func (s *Service) collect(w http.ResponseWriter, r *http.Request, kind, mailbox string, p []string) {
	m, k := s.find(p[2]), 1
	if kind == "download" && len(p) == 4 {
		k, _ = strconv.Atoi(p[3])
	}
	switch {
	case m == nil:
		refuse(w, Fault{Status: 404})
	case m.to != mailbox:
		refuse(w, Fault{Status: 403})
	case kind == "acknowledge" && (p[3] != "status" || p[4] != "acknowledged"):
		s.violate(w, "no such request")
	case kind == "acknowledge" && m.state == "acknowledged" && !s.Once:
	case m.state != "accepted":
		refuse(w, Fault{Status: 410})
	case kind == "acknowledge":
		m.state = "acknowledged"
	case k < 1 || k > max(m.total, 1):
		refuse(w, Fault{Status: 404})
	default:
		s.hand(w, r, m, k)
	}
}

// hand hands out the kth chunk of a message, or tells of it.
func (s *Service) hand(w http.ResponseWriter, r *http.Request, m *message, k int) {
	h := w.Header()
	for name, v := range map[string]string{"Mex-From": m.from, "Mex-To": m.to, "Mex-WorkflowID": m.workflow, "Mex-FileName": m.file,
		"Mex-LocalID": m.local, "Mex-Subject": m.subject, "Mex-MessageID": m.id, "Mex-StatusTimestamp": "20261122114805"} {
		if v != "" {
			h.Set(name, v)
		}
	}
	if m.code != "" {
		h.Set("Mex-MessageType", "REPORT")
		h.Set("Mex-StatusCode", m.code)
		h.Set("Mex-StatusSuccess", "ERROR")
		h.Set("Mex-LinkedMsgID", m.about)
		h.Set("Mex-StatusDescription", Text)
		return
	}
	h.Set("Mex-MessageType", "DATA")
	h.Set("Mex-StatusCode", "00")
	h.Set("Mex-StatusSuccess", "SUCCESS")
	h.Set("Mex-Chunk-Range", strconv.Itoa(k)+":"+strconv.Itoa(m.total))
	h.Set("Mex-Total-Chunks", strconv.Itoa(m.total))
	status := http.StatusOK
	if k < m.total && r.Method != http.MethodHead {
		status = http.StatusPartialContent
	}
	body := s.wire(h, m, k, r.Header.Get("Accept-Encoding") == "gzip")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// wire is a chunk as it goes out.
func (s *Service) wire(h http.Header, m *message, k int, takes bool) []byte {
	body := m.chunks[k-1]
	packed := m.gzip
	if s.Split { // each is a part of one stream
		whole := pack(m.plain())
		size := len(whole)/m.total + 1
		body, packed = whole[min((k-1)*size, len(whole)):min(k*size, len(whole))], true
	}
	switch {
	case packed && (s.Plain || !takes):
		body, packed = unpack(body), false
	case !packed && !s.Plain && takes:
		body, packed = pack(body), true
	}
	if packed {
		h.Set("Content-Encoding", "gzip")
	}
	return body
}

func (m *message) plain() (all []byte) {
	for _, c := range m.chunks {
		if m.gzip {
			c = unpack(c)
		}
		all = append(all, c...)
	}
	return all
}

func pack(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

func unpack(b []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	all, _ := io.ReadAll(z)
	return all
}
