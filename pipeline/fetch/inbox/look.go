package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// taken is the folder into which files are moved, beside them.
const taken = "taken"

// file is a file of the folder, as one look has seen it.
type file struct {
	no    int       // its number in the order of names; 0 for one in taken
	name  string    // what it was sent as
	path  string    // where it lies: its name, or below taken
	group int       // the delivery in taken with which it lies, or inFolder
	size  int64     //
	at    time.Time // of its last change
	node  uint64    // which file it is, where the system says so
	same  string    // a digest of size, time and node
	odd   string    // why it cannot be taken
}

// stamp is a text that is another one when the file has changed.
func stamp(info fs.FileInfo) (stamp string, node uint64) {
	text := fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano())
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		node = s.Ino
		text += fmt.Sprint(" ", s.Ino, " ", s.Ctim.Sec, " ", s.Ctim.Nsec)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8]), node
}

// sight is what one look has seen.
type sight struct {
	complete   []file // by name
	incomplete []file
	next       int // the number of the next delivery, as far as taken says
}

// The bounds of what is a folder of a feed.
const (
	deepest = 16
	most    = 1 << 20
)

var errUnlike = errors.New("it holds too many files, or folders in folders; it does not look like a feed's")

// look looks through the folder. With all it looks through taken too: the
// newest file of each name counts.
func (b *Inbox) look(ctx context.Context, f Reader, all bool) (sight, error) {
	list, err := walk(ctx, f, ".", 0, nil)
	if err != nil {
		return sight{}, err
	}
	number(list)
	for _, x := range list {
		if x.odd != "" {
			return sight{}, &fileError{x.no, errors.New(x.odd + "; take it away, none of the files is taken before")}
		}
	}
	s := b.judge(list)
	groups, err := b.groups(ctx, f)
	if err != nil {
		return s, err
	}
	if n := len(groups); n > 0 {
		s.next = groups[n-1]
	}
	if s.next++; all {
		err = b.addTaken(ctx, f, &s, groups)
	}
	return s, err
}

// walk lists a folder and those below it. Hidden files are none of ours: who
// sends a file under a hidden name has not finished.
func walk(ctx context.Context, f Reader, dir string, depth int, list []file) ([]file, error) {
	if depth > deepest {
		return nil, errUnlike
	}
	infos, err := f.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) && depth > 0 {
		return list, nil // it has gone since the folder above was read
	}
	if err != nil {
		return nil, err
	}
	for _, info := range infos {
		base := info.Name()
		if strings.HasPrefix(base, ".") && base != ".." && !strings.Contains(base, "/") || dir == "." && base == taken {
			continue
		}
		name := path.Join(dir, base)
		if strings.ContainsAny(base, "/\x00") || base == ".." || base == "" {
			list = append(list, file{name: base, odd: "its name leads out of the folder"})
			continue
		}
		if info.IsDir() {
			if list, err = walk(ctx, f, name, depth+1, list); err != nil {
				return nil, err
			}
			continue
		}
		x := file{name: name, path: name, group: inFolder, size: info.Size(), at: info.ModTime(), odd: oddity(info.Mode())}
		x.same, x.node = stamp(info)
		if list = append(list, x); len(list) > most {
			return nil, errUnlike
		}
	}
	return list, ctx.Err()
}

func oddity(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return ""
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "a device, pipe or socket"
}

func number(list []file) {
	slices.SortFunc(list, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for i := range list {
		list[i].no = i + 1
	}
}

// judge tells files that are complete from those that are not, and from their
// markers.
func (b *Inbox) judge(list []file) (s sight) {
	if b.policy.Marker == "" {
		s.complete = list
		return s
	}
	byName := make(map[string]*file, len(list))
	for i := range list {
		byName[list[i].name] = &list[i]
	}
	for _, x := range list {
		m := byName[x.name+b.policy.Marker]
		switch {
		case strings.HasSuffix(x.name, b.policy.Marker):
		case m != nil && !m.at.Before(x.at): // an older one is of what was there before
			s.complete = append(s.complete, x)
		default:
			s.incomplete = append(s.incomplete, x)
		}
	}
	return s
}

// groups returns the numbers of the deliveries that lie in taken. Where files
// are moved the folder must be there: an empty folder without it is a share
// that is not mounted.
func (b *Inbox) groups(ctx context.Context, f Reader) (numbers []int, err error) {
	infos, err := f.List(ctx, taken)
	switch {
	case errors.Is(err, fs.ErrNotExist) && b.policy.Keep:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("the folder has no folder named taken, into which files are moved; make it once, it shows that this is the right folder")
	case err != nil:
		return nil, err
	}
	for _, info := range infos {
		n, err := strconv.Atoi(info.Name())
		if err == nil && n > 0 && info.IsDir() && info.Name() == group(n) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// group is the name of the folder of a delivery in taken.
func group(n int) string { return fmt.Sprintf("%06d", n) }

// addTaken adds what was taken before: the newest file of each name; of whole
// extracts the newest, unless there is one in the folder.
func (b *Inbox) addTaken(ctx context.Context, f Reader, s *sight, groups []int) error {
	have := make(map[string]bool, len(s.complete))
	for _, x := range s.complete {
		have[x.name] = true
	}
	for _, n := range slices.Backward(groups) {
		if b.policy.Everything && len(s.complete) > 0 {
			break
		}
		dir := path.Join(taken, group(n))
		list, err := walk(ctx, f, dir, 1, nil)
		if err != nil {
			return err
		}
		old := b.rid(list, dir)
		for _, x := range old {
			if !have[x.name] {
				have[x.name], x.group = true, n
				s.complete = append(s.complete, x)
			}
		}
	}
	slices.SortFunc(s.complete, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return nil
}

// rid leaves the files of a delivery in taken, by the names they were sent as,
// without their markers.
func (b *Inbox) rid(list []file, dir string) (files []file) {
	for _, x := range list {
		if x.odd == "" && (b.policy.Marker == "" || !strings.HasSuffix(x.name, b.policy.Marker)) {
			x.name = strings.TrimPrefix(x.path, dir+"/")
			files = append(files, x)
		}
	}
	return files
}
