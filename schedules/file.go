package schedules

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed *.yaml
var builtIn embed.FS

// Load reads the jobs that are built in and those of an operator's folder, of
// which one takes the place of a built-in one of its name; an empty folder name
// stands for no folder. feeds are the feeds that an extract may name. The error
// is everything that is wrong, with file, line and remedy.
func Load(folder string, feeds []string) (Set, error) { return load(folder, feeds, false) }

// Exchanging is Load for an installation that holds the exchange with the national
// data opt-out service: the job that is built in for it is on, and the night that
// is built in comes after it.
func Exchanging(folder string, feeds []string) (Set, error) { return load(folder, feeds, true) }

func load(folder string, feeds []string, exchanging bool) (Set, error) {
	files, err := read(builtIn, "built in: ", ".")
	night := files["nightly"]
	if exchanging && err == nil {
		f := files["optout"]
		f.adapt = func(r *raw) { r.Off = value{} }
		files["optout"] = f
	}
	if err == nil && folder != "" {
		var own map[string]file
		own, err = read(os.DirFS(folder), "", folder)
		maps.Copy(files, own)
	}
	if err != nil {
		return Set{}, err
	}
	if f := files["nightly"]; exchanging && f.shown == night.shown && files["optout"].on() {
		f.adapt = func(r *raw) { r.After, r.Wait = value{text: "optout"}, value{text: "ended"} }
		files["nightly"] = f
	}
	return assemble(files, feeds)
}

// on reports whether a file is of a job that runs. One that cannot be read is for
// others to complain of.
func (f file) on() bool {
	r, err := f.read()
	return err == nil && r.Off.line == 0
}

// read decodes a file, and adapts what is built in to the installation.
func (f file) read() (raw, error) {
	r, err := decode(f.text)
	if err == nil && f.adapt != nil {
		f.adapt(&r)
	}
	return r, err
}

// file is the text of a file, what is read from it, and what is wrong with it.
type file struct {
	shown string // as errors name it
	text  []byte
	adapt func(*raw) // what is otherwise here than in the text; nil: nothing
	raw   raw
	errs  []error
}

// read reads the files of a folder, by the names of their jobs.
func read(folder fs.FS, prefix, name string) (map[string]file, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("schedules: %w", err)
	}
	files := make(map[string]file)
	for _, e := range entries {
		shown := prefix + filepath.Join(name, e.Name())
		if path.Ext(e.Name()) == ".yml" {
			return nil, fmt.Errorf("schedules: %s: it would not be read; call it .yaml", shown)
		}
		job, ok := strings.CutSuffix(e.Name(), ".yaml")
		if !ok || strings.HasPrefix(job, ".") {
			continue
		}
		text, err := fs.ReadFile(folder, e.Name())
		if err != nil {
			return nil, fmt.Errorf("schedules: %w", err)
		}
		files[job] = file{shown: shown, text: text}
	}
	return files, nil
}

// fail notes what is wrong with a key; line 0 stands for the file.
func (f *file) fail(v value, key, reason string) {
	f.errs = append(f.errs, fmt.Errorf("schedules: %s:%d: %s: %s", f.shown, cmp.Or(v.line, 1), key, reason))
}

// word is the shape of the name of a job.
var word = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// job reads a file into a job, as far as it can without the others.
func (f *file) job(name string, feeds []string) Job {
	var err error
	if f.raw, err = f.read(); err != nil {
		f.errs = append(f.errs, fmt.Errorf("schedules: %s%w", f.shown, err))
		return Job{}
	}
	j := Job{Name: name, Off: f.off(), From: f.shown, After: f.raw.After.text, Cron: f.raw.Cron.text}
	if f.raw.Name.text != name || !word.MatchString(name) {
		f.fail(f.raw.Name, "name", "must be what the file is called before .yaml, a word of lower case letters, digits and hyphens")
	}
	if j.Off != "" {
		return j
	}
	f.when(&j)
	j.Ended = f.wait()
	j.Runs = f.steps(feeds)
	j.CatchUp = f.catchUp()
	f.deadline(&j)
	j.Retry = f.retry(j.Deadline)
	return j
}

// off is the reason why a job never runs.
func (f *file) off() string {
	why := strings.Join(strings.Fields(f.raw.Off.text), " ")
	if f.raw.Off.line > 0 && !strings.Contains(why, " ") {
		f.fail(f.raw.Off, "off", "must say why, in some words; take the key out for the job to run")
	}
	return why
}

// wait is whether the job that this one comes after has only to have ended.
func (f *file) wait() bool {
	switch w := f.raw.Wait; {
	case w.text != "" && f.raw.After.text == "":
		f.fail(w, "wait", "means nothing without after; take it out, or name the job that is waited for")
	case w.text != "" && w.text != "done" && w.text != "ended":
		f.fail(w, "wait", "must be done (that job must have succeeded; so it is when the key is left out) or ended (or have failed)")
	}
	return f.raw.Wait.text == "ended"
}

// when reads the cron spec and its zone.
func (f *file) when(j *Job) {
	zone := cmp.Or(f.raw.Zone.text, "Europe/London")
	at, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		f.fail(f.raw.Zone, "zone", "no such zone; write one as Europe/London or UTC")
		return
	}
	j.Zone = at
	switch {
	case j.Cron == "" && j.After == "":
		f.fail(f.raw.Cron, "cron", "is missing; write when, as \"30 2 * * *\", or after which job")
	case j.Cron == "" && f.raw.Zone.line > 0:
		f.fail(f.raw.Zone, "zone", "means nothing without cron: the job goes by the clock of the one it follows; take it out")
	case j.Cron != "":
		if j.times, err = parse(j.Cron, at); err == nil {
			err = j.times.clash()
		}
		if err != nil {
			f.fail(f.raw.Cron, "cron", err.Error())
		}
	}
}

var stepWords = []string{"extract", "reload", "publish", "compact", "optout", "verify"}

// steps reads what runs.
func (f *file) steps(feeds []string) []Step {
	if len(f.raw.Runs) == 0 {
		f.fail(value{}, "runs", "is missing; name "+strings.Join(stepWords, ", ")+" or a list of them")
	}
	var out []Step
	for _, v := range f.raw.Runs {
		parts := strings.Fields(v.text)
		s := Step{}
		switch {
		case len(parts) == 0 || !slices.Contains(stepWords, parts[0]):
			f.fail(v, "runs", "no such step; there are "+strings.Join(stepWords, ", "))
			continue
		case len(parts) == 2 && (parts[0] == "extract" || parts[0] == "reload") && slices.Contains(feeds, parts[1]):
			s.Feed = parts[1]
		case len(parts) > 1 && (parts[0] == "extract" || parts[0] == "reload"):
			f.fail(v, "runs", "no such feed; the configuration has "+cmp.Or(strings.Join(feeds, ", "), "none")+"; extract alone takes all")
			continue
		case len(parts) > 1:
			f.fail(v, "runs", "only extract takes a feed; write each step as an item of a list")
			continue
		}
		s.Word = parts[0]
		if slices.Contains(out, s) {
			f.fail(v, "runs", "the step is there twice; take one out")
		}
		out = append(out, s)
	}
	return out
}

var upTo = regexp.MustCompile(`^all up to ([1-9]\d{0,2})$`)

// catchUp reads what is done about times that were missed.
func (f *file) catchUp() CatchUp {
	v := f.raw.CatchUp
	switch m := upTo.FindStringSubmatch(v.text); {
	case v.line == 0:
		f.fail(v, "catch_up", "is missing; write latest, all up to N (the newest N), or none")
	case v.text == "latest":
		return 1
	case len(m) == 2:
		n, _ := strconv.Atoi(m[1])
		return CatchUp(n)
	case v.text != "none":
		f.fail(v, "catch_up", "must be latest, all up to N (N from 1 to 999), or none")
	}
	return 0
}

// deadline reads by when the job must be done, and what is done then.
func (f *file) deadline(j *Job) {
	at, then := f.raw.Deadline, f.raw.AtDeadline
	switch {
	case at.line == 0 && then.line == 0:
		return
	case at.line == 0:
		f.fail(then, "at_deadline", "there is no deadline; write one, or take this out")
	case then.line == 0:
		f.fail(at, "deadline", "write under at_deadline what is done then: warn or stop")
	case then.text != Warn && then.text != Stop:
		f.fail(then, "at_deadline", "must be warn (it is said, the job goes on) or stop (it is told to end)")
	}
	if at.line > 0 {
		j.Deadline = f.span(at, "deadline")
	}
	j.AtDeadline = then.text
}

// most is the longest span that a file may name.
const most = 31 * 24 * time.Hour

// span reads a span of whole minutes.
func (f *file) span(v value, key string) time.Duration {
	d, err := time.ParseDuration(v.text)
	if err != nil || d < time.Minute || d > most || d%time.Minute != 0 {
		f.fail(v, key, "not a span such as 20m, 5h or 1h30m, of up to 744h")
		return 0
	}
	return d
}

var failures = []Failure{Failed, Check, Refused, CutOff}

// retry reads how often the job is tried again.
func (f *file) retry(deadline time.Duration) Retry {
	in := f.raw.Retry
	if in.Times.line == 0 && in.Every.line == 0 && in.On == nil {
		return Retry{}
	}
	if in.Times.line == 0 || in.Every.line == 0 || in.On == nil {
		at := slices.Concat(values{in.Times, in.Every}, in.On)
		slices.SortFunc(at, func(a, b value) int { return b.line - a.line })
		f.fail(at[0], "retry", "it needs times (how often), every (how far apart) and on (after which failures)")
		return Retry{}
	}
	n, err := strconv.Atoi(in.Times.text)
	if err != nil || n < 1 || n > 100 {
		f.fail(in.Times, "retry.times", "must be from 1 to 100; without retry nothing is tried again")
	}
	r := Retry{Times: n, Every: f.span(in.Every, "retry.every")}
	for _, v := range in.On {
		kind := Failure(v.text)
		if !slices.Contains(failures, kind) || slices.Contains(r.On, kind) {
			f.fail(v, "retry.on", "must be some of failed, check, refused and cut-off, each once")
		}
		r.On = append(r.On, kind)
	}
	if deadline > 0 && time.Duration(n)*r.Every >= deadline {
		f.fail(in.Times, "retry", "the last try would begin after the deadline; try less often, sooner, or allow more time")
	}
	return r
}

// faults is everything that is wrong with the files, in the order of their names.
func faults(files map[string]file) error {
	var all []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		all = append(all, files[name].errs...)
	}
	return errors.Join(all...)
}
