package metric

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	alerts = "../../schedules/install/prometheus-alerts.yaml"
	scraps = "../../schedules/install/prometheus.yaml"
	cases  = "testdata/alerts.test.yaml"
)

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	selector = regexp.MustCompile(`\b(ohc_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)
	alertOf  = regexp.MustCompile(`(?m)^ +- alert: (\w+)`)
)

// series are the label sets that each metric is exposed with.
func series(t *testing.T) map[string][]map[string]string {
	out := make(map[string][]map[string]string)
	for _, m := range line.FindAllStringSubmatch(said(t, t.TempDir(), full()), -1) {
		labels := map[string]string{"instance": "ohc:9464", "job": "ohc-pipeline"} // of the target
		for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
			labels[l[1]] = l[2]
		}
		out[m[1]] = append(out[m[1]], labels)
	}
	return out
}

// TestAlertsNameMetrics holds that every metric, and every label, that an alert
// or its test names is one that is exposed; values of labels in alerts as well.
func TestAlertsNameMetrics(t *testing.T) {
	there := series(t)
	for file, values := range map[string]bool{alerts: true, cases: false} {
		named := selector.FindAllStringSubmatch(readText(t, file), -1)
		if len(named) < 15 {
			t.Fatalf("%s names %d metrics", file, len(named))
		}
		for _, m := range named {
			fits := func(labels map[string]string) bool {
				for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
					if v, ok := labels[l[1]]; !ok || values && v != l[2] {
						return false
					}
				}
				return true
			}
			if !slices.ContainsFunc(there[m[1]], fits) {
				t.Errorf("%s: nothing exposed is like %s", file, m[0])
			}
		}
	}
}

// TestAlertsAreTested holds that each alert has a case in which it fires, and one
// in which it does not.
func TestAlertsAreTested(t *testing.T) {
	text := readText(t, cases)
	for _, m := range alertOf.FindAllStringSubmatch(readText(t, alerts), -1) {
		fires := regexp.MustCompile(`alertname: ` + m[1] + `\n +exp_alerts:\n`).MatchString(text)
		quiet := regexp.MustCompile(`alertname: ` + m[1] + `\n +exp_alerts: \[\]\n`).MatchString(text)
		if !fires || !quiet {
			t.Errorf("%s: fires %v, is quiet %v", m[1], fires, quiet)
		}
	}
}

func promtool(t *testing.T, in string, args ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not there")
	}
	cmd := exec.Command(tool, args...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestAlerts has Prometheus' own tool check the alerts and the configuration, and
// run the cases; and holds that it would find an alert that does not fire.
func TestAlerts(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", alerts}, {"check", "config", scraps}, {"test", "rules", cases}} {
		if out, err := promtool(t, "", args...); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
	dir := t.TempDir()
	spoilt := strings.Replace(readText(t, alerts), "ohc_job_late == 1", "ohc_job_late == 2", 1)
	err := os.WriteFile(filepath.Join(dir, "alerts.yaml"), []byte(spoilt), 0o600)
	if err == nil {
		text := strings.Replace(readText(t, cases), "../../../schedules/install/prometheus-alerts.yaml", "alerts.yaml", 1)
		groups := strings.SplitAfter(text, "\n  - interval: 1m") // only those of that alert: each takes a while
		text = groups[0] + strings.Join(slices.DeleteFunc(groups[1:], func(g string) bool { return !strings.Contains(g, "OhcJobLate") }), "")
		text = strings.TrimSuffix(text, "\n  - interval: 1m") + "\n"
		err = os.WriteFile(filepath.Join(dir, "cases.yaml"), []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, err := promtool(t, "", "test", "rules", filepath.Join(dir, "cases.yaml")); err == nil || !strings.Contains(out, "OhcJobLate") {
		t.Errorf("an alert that does not fire was not found: %v\n%s", err, out)
	}
}

// TestLint has Prometheus' own tool look at what is exposed, and holds that it
// would find a bad name.
func TestLint(t *testing.T) {
	text := said(t, t.TempDir(), full())
	if out, err := promtool(t, text, "check", "metrics"); err != nil || out != "" {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := promtool(t, strings.ReplaceAll(text, "ohc_job_turns_total", "ohc_job_turns"), "check", "metrics"); err == nil {
		t.Errorf("a bad name was not found\n%s", out)
	}
}
