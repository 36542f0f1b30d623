package tabular

import (
	"bytes"
	"io"
	"os"
	"time"

	"secondaryuse/pipeline/source"
)

// mark is where a shard of a plain CSV file begins: always with a record.
type mark struct{ offset, line int64 }

// marked is the marks of a file as it was.
type marked struct {
	size     int64
	modified time.Time
	marks    []mark
}

// shardsOf lists the shards of one file and checks its columns.
func (s *Source) shardsOf(name string, t *table) ([]source.Shard, error) {
	f, form, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	whole := []source.Shard{{File: name, Bytes: info.Size()}}
	if form == columnar {
		return parquetShards(whole[0], t, f)
	}
	txt := unpack(f, form)
	defer txt.close()
	c := t.header(txt, source.Rows)
	if c.lack != nil && c.whole {
		return nil, c.lack
	}
	if c.fault != "" || c.lack != nil || form != plain || info.Size() <= s.block {
		return whole, nil
	}
	marks, err := s.marksOf(name, f, info)
	if err != nil {
		return nil, err
	}
	list := make([]source.Shard, len(marks))
	for i, m := range marks {
		end := info.Size()
		if i+1 < len(marks) {
			end = marks[i+1].offset
		}
		list[i] = source.Shard{File: name, Offset: m.offset, Length: end - m.offset, Bytes: end - m.offset}
	}
	return list, nil
}

// marksOf finds where the shards of a file begin, or remembers it.
func (s *Source) marksOf(name string, f *os.File, info os.FileInfo) ([]mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.marks[name]; ok && m.size == info.Size() && m.modified.Equal(info.ModTime()) {
		return m.marks, nil
	}
	marks, err := findMarks(io.NewSectionReader(f, 0, info.Size()), s.block)
	if err == nil {
		s.marks[name] = marked{info.Size(), info.ModTime(), marks}
	}
	return marks, err
}

// findMarks passes over a text once and finds the first record behind every
// multiple of block. A line end within quotes ends no record; inside and
// outside are told apart by counting quotes.
func findMarks(r io.Reader, block int64) ([]mark, error) {
	marks := []mark{{0, 1}}
	buf := make([]byte, readSize)
	var at, lines int64 // passed so far
	quoted := false
	for next := block; ; {
		n, err := r.Read(buf)
		for part := buf[:n]; len(part) > 0; {
			if ahead := next - at; ahead > 0 { // nothing to be found before next
				skip := part[:min(int64(len(part)), ahead)]
				quoted = quoted != (bytes.Count(skip, []byte{'"'})%2 == 1)
				lines += int64(bytes.Count(skip, []byte{'\n'}))
				at, part = at+int64(len(skip)), part[len(skip):]
				continue
			}
			c := part[0]
			at, part = at+1, part[1:]
			if c == '"' {
				quoted = !quoted
			}
			if c == '\n' {
				lines++
				if !quoted {
					marks = append(marks, mark{at, lines + 1})
					next = at + block
				}
			}
		}
		if err == io.EOF {
			if last := len(marks) - 1; last > 0 && marks[last].offset == at {
				marks = marks[:last] // nothing lies behind it
			}
			return marks, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// lineAt returns the number of the line that a shard begins with.
func (s *Source) lineAt(f *os.File, sh source.Shard) (int64, error) {
	s.mu.Lock()
	m := s.marks[sh.File].marks
	s.mu.Unlock()
	for _, m := range m {
		if m.offset == sh.Offset {
			return m.line, nil
		}
	}
	line := int64(1)
	buf := make([]byte, readSize)
	for r := io.NewSectionReader(f, 0, sh.Offset); ; {
		n, err := r.Read(buf)
		line += int64(bytes.Count(buf[:n], []byte{'\n'}))
		if err == io.EOF {
			return line, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
