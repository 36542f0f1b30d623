package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"secondaryuse/testdata/population"
)

// TestWatched has the real daemon run a job over a population with faults while
// it is scraped, and then has things fail; and searches all that whoever watches
// gets to see: the log, the metrics, the summaries of failures. They hold no
// identifier and no small count, and tell what they ought to.
func TestWatched(t *testing.T) {
	t.Parallel()
	s := watchedSite(t)
	log, scraped := serveAndScrape(s)
	s.edit("lists/objections.csv", "nhs_number,kind", s.subjects()[3].NHSNumber+",kind")
	s.run(exitRefused, "run", "often", "--as-of", time.Now().UTC().Add(-20*time.Minute).Format(time.RFC3339))
	s.run(exitRefused, "run", "--metrics-file", s.seen("own.prom"))
	var left []string
	for _, name := range []string{"told", "ohc.prom", "own.prom"} {
		text, err := os.ReadFile(s.seen(name))
		s.must(err)
		left = append(left, string(text))
	}
	if told := map[string]any{}; json.Unmarshal([]byte(left[0]), &told) != nil || told["kind"] != "refused" || told["job"] != "often" {
		t.Errorf("on_failure was told%s", s.shown(left[0]))
	}
	// Not the landing, which holds what was fetched.
	if f := s.searched(filepath.Join(s.left, "log"), filepath.Join(s.left, "seen"), filepath.Join(s.left, "tmp"), filepath.Join(s.left, "home")); f.Files["other"] < 7 {
		t.Errorf("searched %v", f.Files)
	}
	s.logHolds(log)
	for i, text := range append(left[1:], scraped) {
		s.exposed(text)
		if failed := strings.Contains(text, `ohc_job_failed{job_name="often"} 1`); failed != (i < 2) {
			t.Errorf("of %d: the job has failed: %v", i, failed)
		}
	}
}

// seen is a file that whoever watches sees.
func (s *site) seen(name string) string { return filepath.Join(s.left, "seen", name) }

// watchedSite is a site of which all is watched, and a feed is fetched.
func watchedSite(t *testing.T) *site {
	s := newSite(t, population.Plan{Persons: 300, Seed: 5, Faults: population.Usual()})
	s.must(os.Mkdir(s.seen(""), 0o700))
	s.often("runs: [extract, publish]\n")
	s.edit("config.yaml", "    path: hospital\n", "    fetch: {drop: {folder: hospital, marker: .done, then: keep}}\n")
	s.edit("config.yaml", "feeds:\n", "metrics_file: ../left/seen/ohc.prom\non_failure: [sh, -c, \"cat >> "+s.seen("told")+"\"]\nfeeds:\n")
	files, err := filepath.Glob(s.path("hospital/*"))
	s.must(err)
	for _, f := range files {
		s.must(os.WriteFile(f+".done", nil, 0o600))
	}
	return s
}

// serveAndScrape serves until the job has gone well and that is exposed, and
// returns the log and the scrape.
func serveAndScrape(s *site) (log, scraped string) {
	s.t.Helper()
	cmd := s.command("serve", "--config", s.config, "--metrics", "127.0.0.1:0")
	s.must(cmd.Start())
	path := cmd.Stdout.(*os.File).Name()
	address := regexp.MustCompile(`"msg":"metrics".*"address":"([^"]+)"`)
	at := await(s, cmd, func() string {
		text, _ := os.ReadFile(path)
		if m := address.FindSubmatch(text); m != nil {
			return string(m[1])
		}
		return ""
	})
	scraped = await(s, cmd, func() string {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Get("http://" + at + "/metrics")
		if err != nil {
			return ""
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		if !bytes.Contains(text, []byte("ohc_job_last_success_timestamp_seconds")) || !bytes.Contains(text, []byte(`ohc_folder_bytes{folder="stage"}`)) {
			return ""
		}
		return string(text)
	})
	s.must(os.WriteFile(s.seen("scraped"), []byte(scraped), 0o600))
	s.must(cmd.Process.Signal(syscall.SIGTERM))
	code, log := s.said(cmd, cmd.Wait())
	if code != 0 {
		s.t.Errorf("exit code %d%s", code, s.shown(log))
	}
	return log, scraped
}

// await polls until there is something.
func await(s *site, cmd *exec.Cmd, f func() string) string {
	s.t.Helper()
	for {
		if got := f(); got != "" {
			return got
		}
		if cmd.Process.Signal(syscall.Signal(0)) != nil {
			s.t.Fatal("it has ended before")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// logHolds holds that every line is JSON and says of which run it is, that the
// only numbers in it are spans, bytes and tries, and that every part of the
// steps is there with how long it took.
func (s *site) logHolds(log string) {
	s.t.Helper()
	numbers := []string{"seconds", "bytes", "of_bytes", "bytes_per_second", "try", "jobs", "times"}
	run := regexp.MustCompile(`^\d{8}T\d{6}\.\d{3}Z$`)
	var parts []string
	for l := range strings.Lines(log) {
		var line map[string]any
		if err := json.Unmarshal([]byte(l), &line); err != nil {
			s.t.Errorf("not JSON%s", s.shown(l))
			continue
		}
		id, ok := line["run"].(string)
		if !ok || line["step"] != nil && !run.MatchString(id) {
			s.t.Errorf("of no run%s", s.shown(l))
		}
		for key, value := range line {
			if _, is := value.(float64); is && !slices.Contains(numbers, key) {
				s.t.Errorf("%s is a number%s", key, s.shown(l))
			}
		}
		if part, ok := line["part"].(string); ok && line["seconds"] != nil {
			parts = append(parts, part)
		}
	}
	for _, want := range []string{"fetch hospital", "persons", "records", "settle", "seal", "marts"} {
		if !slices.Contains(parts, want) {
			s.t.Errorf("nothing is said of %s, but of %v", want, parts)
		}
	}
}

// exposed holds that metrics are as Prometheus wants them, are all there that
// alerts are about, and hold no small count.
func (s *site) exposed(text string) {
	s.t.Helper()
	if tool, err := exec.LookPath("promtool"); err == nil {
		cmd := exec.Command(tool, "check", "metrics")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			s.t.Errorf("promtool: %v\n%s", err, out)
		}
	}
	alerts, err := os.ReadFile("../../schedules/install/prometheus-alerts.yaml")
	s.must(err)
	for _, name := range regexp.MustCompile(`\bohc_[a-z_]+`).FindAllString(string(alerts), -1) {
		if !strings.Contains(text, "\n"+name+"{") && !strings.Contains(text, "\n"+name+" ") {
			s.t.Errorf("there is no %s", name)
		}
	}
	for l := range strings.Lines(text) { // every word of ours is known as one
		if strings.Contains(l, `="other"`) {
			s.t.Errorf("of another: %s", l)
		}
	}
	counts := 0
	for _, m := range regexp.MustCompile(`(?m)^ohc_(?:records|stage_rows|feed_fetched_records)\{.*\} (\S+)$`).FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		if counts++; err != nil || n < 8 || math.Mod(n, 5) != 0 {
			s.t.Errorf("a count of %s is told", m[1])
		}
	}
	if counts < 30 {
		s.t.Errorf("%d counts are told", counts)
	}
}
