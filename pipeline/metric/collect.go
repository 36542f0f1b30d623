package metric

import (
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"secondaryuse/pipeline/guard"
)

// kind is a metric, and says what it takes.
type kind struct {
	desc *prometheus.Desc
	as   prometheus.ValueType
}

func gauge(name, help string, labels ...string) kind {
	return kind{prometheus.NewDesc("ohc_"+name, help, labels, nil), prometheus.GaugeValue}
}

func counter(name, help string, labels ...string) kind {
	return kind{prometheus.NewDesc("ohc_"+name, help, labels, nil), prometheus.CounterValue}
}

// The metrics.
var (
	buildInfo = gauge("build_info", "1, and which build of the program says so.", "version", "revision", "goversion")
	measured  = gauge("measured_timestamp_seconds", "When this was measured.")
	readable  = gauge("readable", "1 where a part of the installation could be read for these metrics.", "part")
	serving   = gauge("clock_serving", "1 while a process serves the work folder.")

	jobSuccess = gauge("job_last_success_timestamp_seconds", "When a turn of the job was last done.", "job_name")
	jobEnd     = gauge("job_last_end_timestamp_seconds", "When a turn of the job last ended in any way.", "job_name")
	jobNext    = gauge("job_next_due_timestamp_seconds", "When the job is due next.", "job_name")
	jobRunning = gauge("job_running_since_timestamp_seconds", "Since when a turn of the job is going on.", "job_name")
	jobTries   = gauge("job_tries", "How often the newest turn of the job was tried.", "job_name")
	jobFailed  = gauge("job_failed", "1 where the turn of the job that ended last has failed.", "job_name")
	jobLate    = gauge("job_late", "1 where a turn of the job ought to be done, and is not.", "job_name")
	jobTurns   = counter("job_turns_total", "Logical times of the job that are settled, by how, and by the kind of the last failure.", "job_name", "status", "kind")
	jobRuns    = counter("job_runs_total", "Runs that have ended, by how; those called by hand are of the job none.", "job_name", "status")

	runSeconds  = gauge("run_duration_seconds", "How long the newest run of a command took that ended well.", "command")
	stepSeconds = gauge("step_duration_seconds", "How long its steps took.", "command", "step")
	stepBytes   = gauge("step_bytes", "How many bytes its steps read or fetched.", "command", "step")

	listReadable = gauge("list_readable", "1 where the list of a gate can be read, and is of its kind.", "list")
	listIssued   = gauge("list_issued_timestamp_seconds", "When the list of a gate, as it lies there now, was issued.", "list")
	listExpires  = gauge("list_expires_timestamp_seconds", "Until when it may be used.", "list")
	listUsed     = gauge("list_used_issued_timestamp_seconds", "When the list was issued on which stands what is published.", "list")

	feedNewest     = gauge("feed_newest_timestamp_seconds", "Of which time the newest data of the feed is.", "feed")
	feedPublished  = gauge("feed_published_timestamp_seconds", "Of which time the newest published delivery of a fetched feed is.", "feed")
	feedArrived    = gauge("feed_fetched_timestamp_seconds", "When the newest delivery of a fetched feed had arrived.", "feed")
	feedBytes      = gauge("feed_fetched_bytes", "How many bytes of it came over the wire.", "feed")
	feedRecords    = gauge("feed_fetched_records", "How many records its system says it has: to the nearest 5, and none below 8.", "feed")
	feedIncomplete = gauge("feed_incomplete", "1 where its system says that something is missing in it.", "feed")

	records   = gauge("records", "Records of the newest run that has published, by what became of them: to the nearest 5, and none below 8.", "feed", "dataset", "outcome", "gate", "reason")
	stageRows = gauge("stage_rows", "Rows in the stage: to the nearest 5, and none below 8.", "dataset")
	layers    = gauge("stage_layers", "Layers of the stage.")
	published = gauge("published_timestamp_seconds", "When a snapshot was last published.")
	asOf      = gauge("snapshot_as_of_timestamp_seconds", "The day that the published marts are for.")

	folderBytes = gauge("folder_bytes", "What a folder takes on its disk.", "folder")
	diskFree    = gauge("disk_free_bytes", "What is free on the disk of a folder.", "folder")
	diskSize    = gauge("disk_size_bytes", "The size of the disk of a folder.", "folder")
)

// The words that labels are taken from, beside those that a State names.
var (
	statuses = []string{"published", "done", "failed", "refused", "interrupted", "cut-off", "missed"}
	kinds    = []string{"failed", "check", "refused", "cut-off", "busy", "configuration", "interrupted", "deadline"}
	commands = []string{"run", "publish", "extract", "reload", "verify", "compact", "optout"}
	steps    = []string{"persons", "persons again", "records", "records again", "settle", "seal", "marts", "verify", "stage", "snapshot", "compact", "fetch", "optout", "leak"}
	outcomes = []string{"kept", "excluded", "rejected", "superseded", "deleted", "deletion", "unused", "cut"}
)

// Other is the label of what is not one of the words.
const Other = "other"

func word(of []string, text string) string {
	if text == "" || slices.Contains(of, text) {
		return text
	}
	return Other
}

// collector makes the series of a state. It describes nothing beforehand, for
// which of them there are depends on the state.
type collector struct{ read func() State }

func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect makes every series of the state as it is now.
func (c collector) Collect(out chan<- prometheus.Metric) {
	err := guard.Try(func() error {
		o := outlet{out, c.read()}
		o.self()
		o.jobs()
		o.runs()
		o.lists()
		o.feeds()
		o.held()
		return nil
	})
	if err != nil { // in a goroutine of the library's: the scrape fails, and nothing else
		out <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
	}
}

// outlet puts the series of a state out.
type outlet struct {
	out chan<- prometheus.Metric
	s   State
}

func (o outlet) put(k kind, v float64, labels ...string) {
	o.out <- prometheus.MustNewConstMetric(k.desc, k.as, v, labels...)
}

// time puts a moment out, where it is known.
func (o outlet) time(k kind, t time.Time, labels ...string) {
	if !t.IsZero() {
		o.put(k, float64(t.UnixMilli())/1000, labels...)
	}
}

func (o outlet) is(k kind, yes bool, labels ...string) {
	v := 0.0
	if yes {
		v = 1
	}
	o.put(k, v, labels...)
}

// count puts a count of records out, where it may be told.
func (o outlet) count(k kind, n int64, labels ...string) {
	if told, ok := Rounded(n); ok {
		o.put(k, float64(told), labels...)
	}
}

func (o outlet) self() {
	version, revision, goVersion := "unknown", "unknown", "unknown"
	if b, ok := debug.ReadBuildInfo(); ok {
		version, goVersion = b.Main.Version, b.GoVersion
		for _, s := range b.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	o.put(buildInfo, 1, version, revision, goVersion)
	o.time(measured, o.s.At)
	o.is(serving, o.s.Serving)
	for part, ok := range o.s.Readable {
		o.is(readable, ok, part)
	}
}

func (o outlet) jobs() {
	var names []string
	for _, j := range o.s.Jobs {
		names = append(names, j.Name)
		o.time(jobSuccess, j.Succeeded, j.Name)
		o.time(jobEnd, j.Ended, j.Name)
		o.time(jobNext, j.Next, j.Name)
		o.time(jobRunning, j.Running, j.Name)
		o.put(jobTries, float64(j.Tries), j.Name)
		o.is(jobFailed, j.Failed, j.Name)
		o.is(jobLate, j.Late, j.Name)
	}
	sums := make(map[[3]string]int64)
	for _, t := range o.s.Turns {
		sums[[3]string{word(names, t.Job), word(statuses, t.Status), word(kinds, t.Kind)}] += t.Number
	}
	for l, n := range sums {
		o.put(jobTurns, float64(n), l[:]...)
	}
	ended := make(map[[2]string]int64)
	for _, r := range o.s.Runs {
		job := word(names, r.Job)
		if job == "" {
			job = "none"
		}
		ended[[2]string{job, word(statuses, strings.ReplaceAll(r.Status, " ", "-"))}] += r.Number
	}
	for l, n := range ended {
		o.put(jobRuns, float64(n), l[:]...)
	}
}

func (o outlet) runs() {
	for _, c := range o.s.Commands {
		if !slices.Contains(commands, c.Name) {
			continue
		}
		o.put(runSeconds, c.Took.Seconds(), c.Name)
		took, bytes := make(map[string]time.Duration), make(map[string]int64)
		for _, s := range c.Steps {
			name, _, _ := strings.Cut(s.Name, " ")
			name = word(steps, name)
			took[name] += s.Took
			bytes[name] += s.Bytes
		}
		for name, d := range took {
			o.put(stepSeconds, d.Seconds(), c.Name, name)
			o.put(stepBytes, float64(bytes[name]), c.Name, name)
		}
	}
}

func (o outlet) lists() {
	for _, l := range o.s.Lists {
		o.is(listReadable, l.Readable, l.Name)
		o.time(listIssued, l.Issued, l.Name)
		o.time(listExpires, l.Until, l.Name)
		o.time(listUsed, l.Used, l.Name)
	}
}

func (o outlet) feeds() {
	for _, f := range o.s.Feeds {
		o.time(feedNewest, f.Newest, f.Name)
		if !f.Fetched {
			continue
		}
		o.time(feedPublished, f.Published, f.Name)
		o.time(feedArrived, f.Arrived, f.Name)
		o.is(feedIncomplete, f.Incomplete, f.Name)
		if !f.Arrived.IsZero() {
			o.put(feedBytes, float64(f.Bytes), f.Name)
			o.count(feedRecords, f.Records, f.Name)
		}
	}
}

// held is what there is in the stage, the marts and on the disk.
func (o outlet) held() {
	for l, n := range o.tallies() {
		o.count(records, n, l[:]...)
	}
	rows := make(map[string]int64)
	for _, r := range o.s.Rows {
		rows[word(o.s.Datasets, r.Dataset)] += r.Records
	}
	for dataset, n := range rows {
		o.count(stageRows, n, dataset)
	}
	o.put(layers, float64(o.s.Layers))
	o.time(published, o.s.Published)
	o.time(asOf, o.s.AsOf)
	for _, f := range o.s.Folders {
		for k, n := range map[kind]int64{folderBytes: f.Bytes, diskFree: f.Free, diskSize: f.Size} {
			if n >= 0 {
				o.put(k, float64(n), f.Name)
			}
		}
	}
}

// tallies adds up what has the same labels, before any of it is rounded. The
// reasons of what could not be read, and of what no dataset takes, come with the
// data and are left out.
func (o outlet) tallies() map[[5]string]int64 {
	var feeds []string
	for _, f := range o.s.Feeds {
		feeds = append(feeds, f.Name)
	}
	gates := slices.Collect(maps.Keys(o.s.Reasons))
	sums := make(map[[5]string]int64)
	for _, t := range o.s.Tallies {
		reason := word(o.s.Reasons[t.Gate], t.Reason)
		if t.Gate == "" {
			reason = ""
		}
		sums[[5]string{word(feeds, t.Feed), word(o.s.Datasets, t.Dataset), word(outcomes, t.Outcome), word(gates, t.Gate), reason}] += t.Records
	}
	return sums
}
