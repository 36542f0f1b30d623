package sourcetest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// toy is the smallest adapter that keeps every promise: lines like
// {"id":"1","who":"9000000009","codes":["a","b"]}. It is slow and plain. Each
// fault breaks one promise, so that the suite can be seen to find it.
type toy struct {
	dir   string
	fault string
	last  []record.Of[row.Problem] // for the fault "keeps the block"
}

type toyLine struct {
	ID    string   `json:"id"`
	Who   string   `json:"who"`
	Codes []string `json:"codes"`
	Gone  bool     `json:"gone"`
}

func (s *toy) Shards(context.Context, source.Pass) ([]source.Shard, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && s.fault != "missing folder passes" {
		return nil, fmt.Errorf("toy: %w", err)
	}
	var list []source.Shard
	for _, e := range entries {
		if info, err := e.Info(); err == nil && !e.IsDir() && strings.Contains(e.Name(), ".ndjson") {
			list = append(list, source.Shard{File: e.Name(), Bytes: info.Size()})
		}
	}
	if s.fault == "shard twice" {
		list = append(list, list...)
	}
	if len(list) == 0 && s.fault != "missing folder passes" {
		return nil, errors.New("toy: empty folder")
	}
	return list, nil
}

func (s *toy) Read(ctx context.Context, pass source.Pass, sh source.Shard, b *record.Block, yield func() error) error {
	if s.fault != "never resets" {
		b.Reset()
	}
	data, err := os.ReadFile(filepath.Join(s.dir, sh.File))
	if err != nil {
		return err
	}
	cut := false
	if strings.HasSuffix(sh.File, ".gz") {
		if data, cut = gunzip(data); s.fault == "truncated gzip passes" {
			cut = false
		}
	}
	if trimmed := bytes.TrimLeft(data, " \r\n"); len(trimmed) == 0 || trimmed[0] != '{' && trimmed[0] < 'A' || trimmed[0] > 0x7F {
		if s.fault != "empty passes" || len(data) > 0 {
			s.reject(b, 0, "not a file of lines", nil)
		}
		return yield()
	}
	if err := s.lines(ctx, pass, sh, data, b, yield); err != nil {
		return err
	}
	if cut {
		s.reject(b, int64(bytes.Count(data, []byte("\n")))+1, "the file is cut off", nil)
	}
	err = yield()
	if s.fault == "yields after an error" {
		yield()
	}
	return err
}

func gunzip(data []byte) ([]byte, bool) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return []byte("{}"[:0]), false
	}
	out, err := io.ReadAll(z)
	if err == nil {
		return out, false
	}
	return out[:bytes.LastIndexByte(out, '\n')+1], len(out) > 0 && bytes.IndexByte(out, '\n') >= 0
}

func (s *toy) lines(ctx context.Context, pass source.Pass, sh source.Shard, data []byte, b *record.Block, yield func() error) error {
	end := int64(len(data))
	if sh.Length > 0 {
		end = sh.Offset + sh.Length
	}
	if sh.Picked != nil && s.fault != "reads all that lies beside" {
		for _, p := range *sh.Picked {
			s.line(pass, data[p.From:p.From+p.Size], record.Head{From: p.From, Size: p.Size}, b)
		}
		return nil
	}
	line, at := int64(0), int64(0)
	for _, text := range bytes.SplitAfter(data, []byte("\n")) {
		line++
		start := at
		at += int64(len(text))
		if start < sh.Offset || start >= end || len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if err := ctx.Err(); err != nil && s.fault != "ignores ctx" {
			return err
		}
		h := record.Head{Line: line, From: start, Size: int64(len(bytes.TrimRight(text, "\n")))}
		if strings.HasSuffix(sh.File, ".gz") {
			h.From, h.Size = 0, 0
		}
		if s.fault == "tells a wrong place" {
			h.Size--
		}
		s.line(pass, text, h, b)
		if len(b.Problems) < source.BlockRows {
			continue
		}
		if err := yield(); err != nil {
			return err
		}
		b.Reset()
	}
	return nil
}

func (s *toy) line(pass source.Pass, text []byte, h record.Head, b *record.Block) {
	line := h.Line
	var l toyLine
	if err := json.Unmarshal(text, &l); err != nil || l.ID == "" || len(text) > 1<<20 {
		if s.fault == "panics" {
			panic("bad line")
		}
		if s.fault == "line off by one" {
			line--
		}
		if s.fault != "drops bad lines" {
			s.reject(b, line, "not a record", text)
		}
		return
	}
	b.Read++
	id := record.Ref{Kind: record.Condition, ID: l.ID}
	if l.Gone {
		b.Deletions = append(b.Deletions, record.Of[row.Tombstone]{Head: record.Head{ID: id, Line: line, From: h.From, Size: h.Size}})
		return
	}
	if l.Who != "" {
		p := record.Person{Of: record.Of[row.Person]{Head: record.Head{ID: record.Ref{Kind: record.Patient, ID: l.ID}, Line: line, From: h.From, Size: h.Size}}}
		var err error
		if p.Number, err = identity.Parse([]byte(l.Who)); err != nil {
			p.Fault = record.BadForm
		}
		if s.fault != "forgets people" || pass == source.Rows {
			b.Persons = append(b.Persons, p)
		}
		return
	}
	h.ID = id
	s.problems(b, l, h)
}

func (s *toy) problems(b *record.Block, l toyLine, h record.Head) {
	for _, c := range l.Codes {
		h.Codings = append(h.Codings, record.Coding{System: term.Other, Code: term.Code(c)})
	}
	if s.fault == "keeps the block" && len(s.last) > 0 {
		h.Subject = s.last[0].ID
	}
	for i := range max(1, len(l.Codes)) {
		h.Part = int32(i)
		if s.fault == "parts differ" {
			h.Codings = slices.Clone(h.Codings[min(i, len(h.Codings)):])
		}
		b.Problems = append(b.Problems, record.Of[row.Problem]{Head: h})
	}
	if s.fault == "counts parts" {
		b.Read += int64(len(l.Codes))
	}
	s.last = b.Problems
}

func (s *toy) reject(b *record.Block, line int64, reason string, text []byte) {
	if s.fault == "tells the value" {
		reason += ": " + string(text)
	}
	b.Read++
	b.Rejects = append(b.Rejects, record.Reject{Line: line, Reason: reason})
}
